"""Athena for the local cloud: Trino SQL over tables and views of the Glue Data Catalog, run by DuckDB.

Tables are Parquet or JSON objects under a prefix, or Iceberg tables. The way of a query, file by file:

1. ``plane`` answers the API. ``workgroups`` says where the result goes; ``statement_parsing`` (with
   ``statement_tokens``) tells what a text asks for, as one of ``statements``; ``parsing`` makes a query's syntax tree.
2. ``executions`` keeps the record, ``runner`` runs it in a worker, with a ``session``: the caller's (``asker``) S3 and
   Glue, and an engine.
3. ``queries`` writes a query as one DuckDB statement: ``from_clause`` its tables, ``clauses`` and ``scopes`` what may
   stand where and what a name means, ``expressions`` each value with its Trino type (``trino_types``, ``literals``,
   ``operators``, ``casts``, ``time_zones``), ``calls`` the functions.
4. Functions are tables of Trino's signatures and DuckDB's templates, read by ``functions``: ``text_functions``,
   ``math_functions``, ``moment_functions`` (with ``java_dates``), ``array_functions``, ``conditional_functions``,
   ``aggregate_functions``. **A function is added there, as a row.** What no template says stands in ``macros``, or in
   Python: ``python_functions``, ``json_documents``, ``java_numbers``.
5. ``catalog`` finds what a name in FROM means in Glue (``tables``, ``projection``, ``glue_types``), ``views``
   translates a view's query in its place, ``iceberg`` reads an Iceberg table's metadata.
6. ``pruning`` hands conditions down to the tables; ``reader`` reads what they leave (``parquet_objects``,
   ``json_objects``, kept in an ``object_cache``); ``parquet_scan`` and ``parquet_footer`` count the bytes as Athena
   does.
7. ``engine`` runs the statement in DuckDB and words its failures as Trino's (``errors``).
8. ``result_files`` writes the rows (``result_texts``, ``results``); ``result_pages`` reads them for GetQueryResults.

Beside it: ``writes`` is CREATE TABLE AS and UNLOAD; ``ddl`` (with ``glue_tables``) DROP, CREATE VIEW, MSCK REPAIR,
SHOW and DESCRIBE; ``prepared_statements`` PREPARE; ``catalog_operations`` the API's metadata. Whatever is in none of
these is refused by name, never answered otherwise: docs/athena-sql.md.
"""

from .plane import AthenaPlane

__all__ = ["AthenaPlane"]
