"""Workspaces: the tenant, who may do what in it, and the keys that prove it."""
