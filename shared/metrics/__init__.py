"""Metrics: what runs cost, and later how many, how fast and how well."""
