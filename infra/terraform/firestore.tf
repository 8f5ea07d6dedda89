# The indexes of the database. The list is in the Firebase CLI's format; ../README.md tells how it is kept.
locals {
  firestore = jsondecode(file("${path.module}/../../shared/adapters/firestore/firestore.indexes.json"))

  firestore_indexes = {
    for index in local.firestore.indexes :
    join(" ", concat([index.collectionGroup], [for field in index.fields : "${field.fieldPath} ${try(field.order, field.arrayConfig, "VECTOR")}"])) => index
  }
  firestore_fields = { for field in local.firestore.fieldOverrides : "${field.collectionGroup} ${field.fieldPath}" => field }
}

resource "google_firestore_index" "composite" {
  for_each = local.firestore_indexes

  project     = var.project
  database    = var.firestore_database
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields

    content {
      field_path   = fields.value.fieldPath
      order        = try(fields.value.order, null)
      array_config = try(fields.value.arrayConfig, null)

      dynamic "vector_config" {
        for_each = try([fields.value.vectorConfig], [])

        content {
          dimension = vector_config.value.dimension
          flat {}
        }
      }
    }
  }
}

# The field * stands for all that are not named. Without any indexes in it, index_config exempts what Firestore would index by itself.
resource "google_firestore_field" "single" {
  for_each = local.firestore_fields

  project    = var.project
  database   = var.firestore_database
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes

      content {
        query_scope  = indexes.value.queryScope
        order        = try(indexes.value.order, null)
        array_config = try(indexes.value.arrayConfig, null)
      }
    }
  }
}
