"""DDL over the Glue Data Catalog: what CREATE, DROP and ALTER do there.

Sources: https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html and the page of each statement there. Dropping
an external table leaves its objects: https://docs.aws.amazon.com/athena/latest/ug/drop-table.html. How failures are
worded is Hive's (https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html shows some).
"""

from __future__ import annotations

import time
from functools import singledispatch
from typing import Any

from .errors import ErrorName, HiveFailedError, QueryFailedError, not_supported
from .glue_tables import DDL_TASK, GlueTables, is_iceberg
from .glue_types import named_columns
from .outputs import Output
from .partition_ddl import add_partitions, drop_partitions
from .session import Session
from .statements import (
    AddColumns,
    AddPartitions,
    ColumnDefinition,
    CreateDatabase,
    CreateTable,
    CreateView,
    DropDatabase,
    DropPartitions,
    DropTable,
    DropView,
    SetTableProperties,
    Statement,
    TableName,
)
from .view_definitions import encode_view


@singledispatch
def run_ddl(statement: Statement, session: Session) -> None:
    """Do what a CREATE, DROP or ALTER statement asks for; raises QueryFailedError if Athena would refuse it."""
    raise NotImplementedError(type(statement).__name__)


@run_ddl.register
def _create_table(statement: CreateTable, session: Session) -> None:
    tables = GlueTables(session.glue)
    database, name = _new_table(tables, session, statement.table)
    if tables.find(database, name):
        if statement.if_not_exists:
            return
        message = f"{DDL_TASK} AlreadyExistsException(message:Table {name} already exists.)"
        raise HiveFailedError(ErrorName.TABLE_ALREADY_EXISTS, message)
    repeated = {column.name for column in statement.columns} & {column.name for column in statement.partition_columns}
    if repeated:
        message = "FAILED: SemanticException [Error 10035]: Column repeated in partitioning columns"
        raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, message)
    storage = statement.storage
    comment = {"comment": statement.comment} if statement.comment else {}
    created = str(int(time.time()))
    tables.create(
        database,
        {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", **comment, **statement.properties, "transient_lastDdlTime": created},
            "PartitionKeys": [_column(column) for column in statement.partition_columns],
            "StorageDescriptor": {
                "Columns": [_column(column) for column in statement.columns],
                "Location": statement.location,
                "InputFormat": storage.input_format,
                "OutputFormat": storage.output_format,
                "Compressed": False,
                "NumberOfBuckets": -1,
                "SerdeInfo": {
                    "SerializationLibrary": storage.serde,
                    "Parameters": dict(storage.serde_properties),
                },
                "BucketColumns": [],
                "SortColumns": [],
                "StoredAsSubDirectories": False,
            },
        },
    )


@run_ddl.register
def _drop_table(statement: DropTable, session: Session) -> None:
    tables, (database, name) = GlueTables(session.glue), session.place(statement.table)
    if statement.if_exists and tables.find(database, name) is None:
        return
    found = tables.get(database, name)
    if found.get("TableType") == "VIRTUAL_VIEW":
        message = f"{DDL_TASK} Cannot drop a view with DROP TABLE"
        raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, message)
    if is_iceberg(found):
        raise not_supported("DROP TABLE of an Iceberg table (it removes the data too)")
    tables.delete(database, name)


@run_ddl.register
def _create_view(statement: CreateView, session: Session) -> None:
    tables = GlueTables(session.glue)
    database, name = _new_table(tables, session, statement.view)
    planned = session.plan(statement.tree)
    columns = named_columns(planned.outputs)
    existing = tables.find(database, name)
    full_name = f"awsdatacatalog.{database}.{name}"
    if existing and existing.get("TableType") != "VIRTUAL_VIEW":
        message = f"line 1:1: Table already exists: '{full_name}'"
        raise QueryFailedError(ErrorName.TABLE_ALREADY_EXISTS, message)
    if existing and not statement.is_replacing:
        raise QueryFailedError(ErrorName.TABLE_ALREADY_EXISTS, f"line 1:1: View already exists: '{full_name}'")
    definition = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": type_text} for column, type_text in columns],
            "Location": "",
            "SerdeInfo": {},
        },
        "ViewOriginalText": encode_view(statement.sql, session.database, _view_columns(planned.outputs)),
        "ViewExpandedText": "/* Presto View */",
    }
    if existing:
        tables.change(existing, **definition)
    else:
        tables.create(database, definition)


@run_ddl.register
def _drop_view(statement: DropView, session: Session) -> None:
    tables, (database, name) = GlueTables(session.glue), session.place(statement.view)
    found = tables.find(database, name)
    if found and found.get("TableType") == "VIRTUAL_VIEW":
        tables.delete(database, name)
    elif found or not statement.if_exists:
        message = f"line 1:1: View 'awsdatacatalog.{database}.{name}' does not exist"
        hint = ", but a table with that name exists." if found else ""
        raise QueryFailedError(ErrorName.TABLE_NOT_FOUND, message + hint)


@run_ddl.register
def _create_database(statement: CreateDatabase, session: Session) -> None:
    tables = GlueTables(session.glue)
    if tables.has_database(statement.name):
        if statement.if_not_exists:
            return
        message = f"{DDL_TASK} Database {statement.name} already exists"
        raise HiveFailedError(ErrorName.SCHEMA_ALREADY_EXISTS, message)
    optional = {
        "Description": statement.comment,
        "LocationUri": statement.location,
        "Parameters": dict(statement.properties),
    }
    tables.create_database({"Name": statement.name, **{key: value for key, value in optional.items() if value}})


@run_ddl.register
def _drop_database(statement: DropDatabase, session: Session) -> None:
    tables, name = GlueTables(session.glue), statement.name
    if not tables.has_database(name) and statement.if_exists:
        return
    if tables.tables(name) and not statement.is_cascading:
        text = f"InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)"
        raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, f"{DDL_TASK} {text}")
    tables.delete_database(name)


@run_ddl.register
def _add_columns(statement: AddColumns, session: Session) -> None:
    tables, (database, name) = GlueTables(session.glue), session.place(statement.table)
    found = tables.hive_table(database, name, "ALTER TABLE ADD COLUMNS")
    storage = found["StorageDescriptor"]
    present = {column["Name"].lower() for column in (*storage["Columns"], *found.get("PartitionKeys", []))}
    for column in statement.columns:
        if column.name in present:
            message = f"FAILED: SemanticException [Error 10036]: Duplicate column name: {column.name}"
            raise HiveFailedError(ErrorName.DUPLICATE_COLUMN_NAME, message)
    columns = [*storage["Columns"], *(_column(column) for column in statement.columns)]
    tables.change(found, StorageDescriptor={**storage, "Columns": columns})


@run_ddl.register
def _set_properties(statement: SetTableProperties, session: Session) -> None:
    tables, (database, name) = GlueTables(session.glue), session.place(statement.table)
    found = tables.hive_table(database, name, "ALTER TABLE SET TBLPROPERTIES")
    tables.change(found, Parameters={**found.get("Parameters", {}), **statement.properties})


run_ddl.register(AddPartitions)(add_partitions)
run_ddl.register(DropPartitions)(drop_partitions)


def _new_table(tables: GlueTables, session: Session, name: TableName) -> tuple[str, str]:
    """Return the place of a table that is to be made; raises QueryFailedError if its database is missing."""
    database, table = session.place(name)
    if not tables.has_database(database):
        message = f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}"
        raise HiveFailedError(ErrorName.SCHEMA_NOT_FOUND, message)
    return database, table


def _column(column: ColumnDefinition) -> dict[str, Any]:
    comment = {"Comment": column.comment} if column.comment else {}
    return {"Name": column.name, "Type": column.type_text, **comment}


def _view_columns(outputs: tuple[Output, ...]) -> list[dict[str, str]]:
    return [{"name": (output.label or "").lower(), "type": _view_type(output)} for output in outputs]


def _view_type(output: Output) -> str:
    """A view declares a timestamp without its precision."""
    return str(output.type).replace("timestamp(3)", "timestamp")
