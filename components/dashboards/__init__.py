"""QuickSight over the lakehouse."""
