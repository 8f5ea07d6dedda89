variable "project" {
  description = "Id of the Google Cloud project."
  type        = string
}

variable "name" {
  description = "The function's folder below functions/, and its name in the cloud."
  type        = string
}

variable "region" {
  description = "Region, as europe-west1."
  type        = string
}

variable "source_bucket" {
  description = "Bucket of the zip."
  type        = string
}

variable "source_object" {
  description = "The zip; its name changes with its content."
  type        = string
}

variable "memory" {
  description = "Memory of an instance."
  type        = string
  default     = "512Mi"
}

variable "concurrency" {
  description = "Requests an instance serves at once; gunicorn gets as many threads."
  type        = number
  default     = 80
}

variable "min_instances" {
  description = "Instances that are kept warm."
  type        = number
  default     = 0
}

variable "max_instances" {
  description = "Instances at most."
  type        = number
  default     = 20
}

variable "timeout_seconds" {
  description = "How long a request may take; 3600 at most."
  type        = number
  default     = 60
}

variable "environment" {
  description = "Environment variables besides THREADS and GOOGLE_CLOUD_PROJECT."
  type        = map(string)
  default     = {}
}

variable "invokers" {
  description = "Who may call the function, as members of IAM."
  type        = set(string)
  default     = []
}
