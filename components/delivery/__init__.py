"""From the API into the lakehouse: one delivery stream a source."""
