"""Adapters over servers that speak the OpenAI API: OpenAI itself, and every compatible one."""
