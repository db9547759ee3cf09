"""Athena for the local cloud: Trino SQL over tables and views of the Glue Data Catalog, run by DuckDB.

Tables are Parquet or JSON objects under a prefix, or Iceberg tables.
"""

from .plane import AthenaPlane

__all__ = ["AthenaPlane"]
