"""The bus on a SQLite file: the laptop's stand-in for Pub/Sub."""
