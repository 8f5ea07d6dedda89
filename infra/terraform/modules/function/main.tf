# One function with an account of its own that may do nothing until it is granted something.
resource "google_service_account" "this" {
  project      = var.project
  account_id   = "fn-${var.name}"
  display_name = "Function ${var.name}"
}

resource "google_cloudfunctions2_function" "this" {
  project  = var.project
  name     = var.name
  location = var.region

  build_config {
    runtime     = "python313"
    entry_point = var.name

    source {
      storage_source {
        bucket = var.source_bucket
        object = var.source_object
      }
    }
  }

  service_config {
    # Serving more than one request at once needs a whole CPU.
    available_cpu                    = "1"
    available_memory                 = var.memory
    max_instance_request_concurrency = var.concurrency
    min_instance_count               = var.min_instances
    max_instance_count               = var.max_instances
    timeout_seconds                  = var.timeout_seconds
    service_account_email            = google_service_account.this.email
    ingress_settings                 = "ALLOW_INTERNAL_AND_GCLB"
    all_traffic_on_latest_revision   = true

    environment_variables = merge(var.environment, {
      GOOGLE_CLOUD_PROJECT = var.project
      THREADS              = tostring(var.concurrency)
    })
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  project  = var.project
  location = var.region
  name     = google_cloudfunctions2_function.this.name
  role     = "roles/run.invoker"
  member   = each.value
}
