# A skeleton: one function per name in functions/routes.yaml whose zip is given. Database, buckets, topics, the load balancer and the
# functions that no route names (they are called by Pub/Sub and the Scheduler) are not here yet.
locals {
  route_file = yamldecode(file("${path.module}/../../functions/routes.yaml"))
  routes     = try(local.route_file.routes, local.route_file)
  functions  = toset([for route in local.routes : route.function])
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
}

output "function_urls" {
  description = "Function name to its address."
  value       = { for name, function in module.function : name => function.url }
}
