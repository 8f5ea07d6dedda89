"""The bus on Pub/Sub: published over REST, received by push with an OIDC token."""
