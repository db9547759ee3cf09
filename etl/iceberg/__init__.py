"""The Iceberg tables as every job writes them: catalog, schema, commits, data files and their layout."""
