"""Athena for the local cloud: Trino SQL over Parquet tables of the Glue Data Catalog, run by DuckDB."""

from .plane import AthenaPlane

__all__ = ["AthenaPlane"]
