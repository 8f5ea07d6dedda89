# How people sign in, as docs/configuration.md says of the variables. Every function is told, as each checks what it is told at its start.
variable "identity" {
  description = "builtin; oidc with issuer, client_id and, for a token endpoint on another host, origins; firebase with firebase_api_key."
  type = object({
    kind             = optional(string, "builtin")
    issuer           = optional(string, "")
    client_id        = optional(string, "")
    origins          = optional(list(string), [])
    firebase_api_key = optional(string, "")
  })
  default = {}

  validation {
    condition     = contains(["builtin", "oidc", "firebase"], var.identity.kind)
    error_message = "kind is builtin, oidc or firebase."
  }
  validation {
    condition     = var.identity.kind == "oidc" ? startswith(var.identity.issuer, "https://") && var.identity.client_id != "" : var.identity.issuer == "" && var.identity.client_id == ""
    error_message = "oidc, and nothing else, takes an issuer, an https address, and a client_id."
  }
  validation {
    condition     = alltrue([for origin in var.identity.origins : can(regex("^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?$", origin))]) && (var.identity.kind == "oidc" || length(var.identity.origins) == 0)
    error_message = "origins are https://host or https://host:port, for oidc only."
  }
  validation {
    condition     = (var.identity.kind == "firebase") == (var.identity.firebase_api_key != "")
    error_message = "firebase, and nothing else, takes a firebase_api_key."
  }
}

locals {
  identity_environment = { for name, value in {
    REGGIE_IDENTITY         = var.identity.kind
    REGGIE_OIDC_ISSUER      = var.identity.issuer
    REGGIE_OIDC_CLIENT_ID   = var.identity.client_id
    REGGIE_IDENTITY_ORIGINS = join(",", var.identity.origins)
    REGGIE_FIREBASE_API_KEY = var.identity.firebase_api_key
  } : name => value if value != "" }
}
