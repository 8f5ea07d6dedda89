"""Background runs, and runs whose instance died; called by Pub/Sub."""
