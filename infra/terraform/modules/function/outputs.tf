output "url" {
  description = "The function's own address."
  value       = google_cloudfunctions2_function.this.url
}

output "service_account_email" {
  description = "The function's account, to be granted what the function needs."
  value       = google_service_account.this.email
}
