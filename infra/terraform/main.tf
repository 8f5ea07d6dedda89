# A skeleton: one function per name in functions/routes.yaml whose zip is given, and in firestore.tf the database's indexes. The database
# itself, buckets, topics, subscriptions, schedules, the load balancer and what the functions may do are not here yet, so nothing reaches them.
locals {
  routes    = yamldecode(file("${path.module}/../../functions/routes.yaml"))
  functions = toset([for route in local.routes : route.function if route.function != "every"])
}

module "function" {
  source   = "./modules/function"
  for_each = { for name in local.functions : name => var.source_objects[name] if contains(keys(var.source_objects), name) }

  project       = var.project
  name          = each.key
  region        = var.region
  source_bucket = var.source_bucket
  source_object = each.value
  min_instances = each.key == "chat" ? var.chat_min_instances : 0
  environment   = local.identity_environment
}

output "function_urls" {
  description = "Function name to its address."
  value       = { for name, function in module.function : name => function.url }
}
