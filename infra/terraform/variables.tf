variable "project" {
  description = "Id of the Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region of the functions, as europe-west1."
  type        = string
}

variable "source_bucket" {
  description = "Bucket that holds one zip per function."
  type        = string
}

variable "source_objects" {
  description = "Function name to its zip in source_bucket. The name must hold the zip's hash: a function is only deployed anew when it changes."
  type        = map(string)
  default     = {}
}

variable "chat_min_instances" {
  description = "Instances of chat that are kept warm."
  type        = number
  default     = 0
}

variable "firestore_database" {
  description = "The Firestore database of the product; as REGGIE_FIRESTORE_DATABASE of the functions."
  type        = string
  default     = "(default)"
}
