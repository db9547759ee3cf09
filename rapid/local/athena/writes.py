"""CREATE TABLE AS, INSERT INTO and UNLOAD: a query's rows as objects, and what the catalog learns of them.

Sources: https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html,
https://docs.aws.amazon.com/athena/latest/ug/insert-into.html, https://docs.aws.amazon.com/athena/latest/ug/unload.html.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from .errors import ErrorName, HiveFailedError, QueryFailedError, not_supported
from .functions import coerce
from .glue_tables import GlueTables
from .glue_types import hive_type, named_columns
from .hive_types import storage_of
from .partition_ddl import partition_location
from .queries import Plan
from .result_files import ResultFiles
from .results import ResultColumn
from .row_files import Column, FileFormat, file_format
from .scopes import Value
from .serdes import HIVE_JSON, LAZY_SIMPLE, PARQUET
from .session import Session
from .statements import CreateTableAs, InsertInto, PropertyValue, Statement, Unload
from .table_writer import Target, Written, check_empty, write_rows
from .tables import ObjectTable, Table, TableColumn
from .trino_types import STRUCTURES, common

ENFORCED_LOCATION = (
    "The Create Table As Select query failed because it was submitted with an 'external_location' property to an "
    "Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
    "'external_location' property and resubmit the query."
)
_ROWS = [ResultColumn("rows", "bigint", 19, 0, False)]
_CTAS_PROPERTIES = frozenset(
    {"external_location", "format", "partitioned_by", "write_compression", "parquet_compression", "field_delimiter",
     "table_type", "is_external"}
)  # fmt: skip
_UNLOAD_PROPERTIES = frozenset({"format", "compression", "field_delimiter", "partitioned_by"})
_INSERTED = {PARQUET: "PARQUET", HIVE_JSON: "JSON", LAZY_SIMPLE: "TEXTFILE"}
_COMPRESSION_PARAMETERS = ("write.compression", "parquet.compression", "parquet.compress")


@singledispatch
def write(statement: Statement, session: Session, files: ResultFiles, *, is_enforced: bool) -> None:
    """Run a statement that writes rows; ``is_enforced``: the work group decides where they go.

    Raises QueryFailedError if Athena would fail it.
    """
    raise NotImplementedError(type(statement).__name__)


@write.register
def _create_table_as(statement: CreateTableAs, session: Session, files: ResultFiles, *, is_enforced: bool) -> None:
    properties = statement.properties
    _check_properties(properties, _CTAS_PROPERTIES, "CREATE TABLE AS")
    if str(properties.get("table_type", "HIVE")).upper() != "HIVE" or properties.get("is_external") is False:
        raise not_supported("CREATE TABLE AS of an Iceberg table")
    if is_enforced and "external_location" in properties:
        raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, ENFORCED_LOCATION)
    tables, (database, name) = GlueTables(session.glue), session.place(statement.table)
    full_name = f"awsdatacatalog.{database}.{name}"
    if not tables.has_database(database):
        raise QueryFailedError(ErrorName.SCHEMA_NOT_FOUND, f"line 1:1: Schema '{database}' does not exist")
    if tables.find(database, name):
        if statement.if_not_exists:
            files.manifest([])
            _finish(session, files, Written(0, {}))
            return
        message = f"line 1:1: Destination table '{full_name}' already exists"
        raise QueryFailedError(ErrorName.TABLE_ALREADY_EXISTS, message)
    planned = session.plan(statement.tree)
    own_place = f"{session.execution.output_location}/"
    location = str(properties.get("external_location") or own_place).rstrip("/") + "/"
    compression = properties.get("write_compression") or properties.get("parquet_compression")
    target = _target(planned, location, properties, compression)
    check_empty(session, location, f"table '{database}.{name}'")
    batches = session.rows(planned) if statement.with_data else iter(())
    written = write_rows(session, target, batches, files.manifest)
    tables.create(database, _table_definition(name, target))
    if target.partition_columns:
        definition = tables.get(database, name)
        tables.add_partitions(
            definition, [(list(at), partition_location(definition, list(at))) for at in written.files]
        )
    _finish(session, files, written)


@write.register
def _insert_into(statement: InsertInto, session: Session, files: ResultFiles, *, is_enforced: bool) -> None:
    table = session.table(statement.table)
    if not isinstance(table, ObjectTable):
        raise not_supported(f"INSERT INTO {'an Iceberg table' if isinstance(table, Table) else 'a view'}")
    tables = GlueTables(session.glue)
    definition = tables.get(table.database, table.name)
    if table.projection:
        raise not_supported("INSERT INTO a table with partition projection")
    planned = _as_columns(session.plan(statement.tree), statement, table)
    stored = [_column(column) for column in table.columns]
    keys = [_column(column) for column in table.partition_columns]
    location = f"s3://{table.bucket}/{table.prefix}"
    target = Target(location, _format_of(definition), stored, keys)
    written = write_rows(session, target, session.rows(planned), files.manifest)
    if keys:
        present = {tuple(partition["Values"]) for partition in tables.partitions(definition)}
        _register(tables, definition, [list(values) for values in written.files if values not in present])
    _finish(session, files, written)


@write.register
def _unload(statement: Unload, session: Session, files: ResultFiles, *, is_enforced: bool) -> None:
    properties = statement.properties
    _check_properties(properties, _UNLOAD_PROPERTIES, "UNLOAD")
    if "format" not in properties:
        raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, "UNLOAD needs the property format")
    planned = session.plan(statement.tree)
    target = _target(planned, statement.location, properties, properties.get("compression"))
    check_empty(session, statement.location, "UNLOAD")
    _finish(session, files, write_rows(session, target, session.rows(planned), files.manifest))


def _register(tables: GlueTables, definition: dict[str, Any], partitions: list[list[str]]) -> None:
    tables.add_partitions(definition, [(values, partition_location(definition, values)) for values in partitions])


def _finish(session: Session, files: ResultFiles, written: Written) -> None:
    session.execution.written_rows = written.rows
    files.metadata(_ROWS)


def _check_properties(properties: Mapping[str, PropertyValue], known: frozenset[str], statement: str) -> None:
    for name in properties:
        if name not in known:
            raise not_supported(f"Property {name} of {statement}")


def _target(
    planned: Plan, location: str, properties: Mapping[str, PropertyValue], compression: PropertyValue | None
) -> Target:
    """Return where a new table's or an UNLOAD's rows go; the partition's columns must be the query's last."""
    named_columns(planned.outputs)
    columns = [((output.label or "").lower(), output.type) for output in planned.outputs]
    for name, type_ in columns:
        if type_.kind in STRUCTURES:
            raise not_supported(f"Column '{name}': writing type {type_}")
    keys = properties.get("partitioned_by", ())
    if not isinstance(keys, tuple):
        raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, "partitioned_by must be an ARRAY of column names")
    wanted = [key.lower() for key in keys]
    if len(wanted) >= len(columns):
        raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, "Table contains only partition columns")
    first = len(columns) - len(wanted)
    if [name for name, _ in columns[first:]] != wanted:
        message = (
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
            f"[{', '.join(wanted)}]"
        )
        raise QueryFailedError(ErrorName.HIVE_COLUMN_ORDER_MISMATCH, message)
    delimiter = properties.get("field_delimiter")
    format_ = file_format(
        str(properties.get("format", "PARQUET")),
        None if compression is None else str(compression),
        None if delimiter is None else str(delimiter),
    )
    return Target(location, format_, columns[:first], columns[first:])


def _table_definition(name: str, target: Target) -> dict[str, Any]:
    storage = storage_of(target.format.name, target.format.field_delimiter)
    compression = {"PARQUET": "parquet.compression"}.get(target.format.name, "write.compression")
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "has_encrypted_data": "false",
            compression: target.format.compression,
            "transient_lastDdlTime": str(int(time.time())),
        },
        "PartitionKeys": [{"Name": key, "Type": hive_type(type_)} for key, type_ in target.partition_columns],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": hive_type(type_)} for column, type_ in target.columns],
            "Location": target.location,
            "InputFormat": storage.input_format,
            "OutputFormat": storage.output_format,
            "Compressed": False,
            "NumberOfBuckets": 0,
            "SerdeInfo": {
                "Name": name,
                "SerializationLibrary": storage.serde,
                "Parameters": dict(storage.serde_properties),
            },
            "StoredAsSubDirectories": False,
        },
    }


def _as_columns(planned: Plan, statement: InsertInto, table: ObjectTable) -> Plan:
    """Return the plan with a column for each of the table's, in their order and of their types."""
    every = [*table.columns, *table.partition_columns]
    names = list(statement.columns or [column.name for column in every])
    known = {column.name for column in every}
    for name in names:
        if name not in known:
            message = f"line 1:1: Insert column name does not exist in target table: {name}"
            raise QueryFailedError(ErrorName.COLUMN_NOT_FOUND, message)
    if len(set(names)) != len(names):
        raise QueryFailedError(ErrorName.DUPLICATE_COLUMN_NAME, "line 1:1: Insert column name is specified twice")
    found = [output.type for output in planned.outputs]
    wanted = [_column(table.column(name))[1] for name in names]
    is_fit = len(found) == len(wanted) and all(
        common(had, want) == want for had, want in zip(found, wanted, strict=True)
    )
    if not is_fit:
        shown = [", ".join(str(type_) for type_ in types) for types in (wanted, found)]
        message = f"line 1:1: Insert query has mismatched column types: Table: [{shown[0]}], Query: [{shown[1]}]"
        raise QueryFailedError(ErrorName.TYPE_MISMATCH, message)
    columns = []
    for index, column in enumerate(every):
        type_ = _column(column)[1]
        at = names.index(column.name) if column.name in names else None
        value = f"CAST(NULL AS {type_.duckdb})" if at is None else coerce(Value(f"c{at}", found[at]), type_).sql
        columns.append(f"{value} AS c{index}")
    return dataclasses.replace(planned, sql=f"SELECT {', '.join(columns)} FROM ({planned.sql})")


def _column(column: TableColumn) -> Column:
    if column.type is None:
        raise not_supported(f"Column '{column.name}': type {column.type_text}")
    return column.name, column.type


def _format_of(definition: dict[str, Any]) -> FileFormat:
    """Return the format that INSERT INTO writes; raises QueryFailedError for a SerDe that Athena cannot insert into."""
    info = definition["StorageDescriptor"].get("SerdeInfo", {})
    library, serde = info.get("SerializationLibrary", ""), info.get("Parameters", {})
    if library not in _INSERTED:
        raise not_supported(f"INSERT INTO a table of SerDe '{library}'")
    if definition["StorageDescriptor"].get("BucketColumns"):
        raise not_supported("INSERT INTO a bucketed table")
    parameters = definition.get("Parameters", {})
    if parameters.get("skip.header.line.count", "0") != "0":
        raise not_supported("INSERT INTO a table with skip.header.line.count")
    compression = next((parameters[name] for name in _COMPRESSION_PARAMETERS if name in parameters), None)
    name = _INSERTED[library]
    delimiter = serde.get("field.delim") if name == "TEXTFILE" else None
    format_ = file_format(name, compression, delimiter)
    return dataclasses.replace(format_, null_text=serde.get("serialization.null.format", format_.null_text))
