"""DDL over the Glue Data Catalog: DROP TABLE, CREATE and DROP VIEW, MSCK REPAIR TABLE, SHOW and DESCRIBE.

Sources: https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html and the page of each statement there. Dropping
an external table leaves its objects: https://docs.aws.amazon.com/athena/latest/ug/drop-table.html. MSCK REPAIR TABLE
adds what lies under ``key=value`` prefixes, and removes nothing. How failures are worded is Hive's
(https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html shows some), as is how lists are laid out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from .errors import ErrorName, HiveFailedError, QueryFailedError, not_supported
from .glue_tables import DDL_TASK, NO_DATABASE, GlueTables, is_iceberg
from .glue_types import named_columns
from .scopes import Output
from .session import Session
from .statements import CreateView, DropTable, DropView, Listing, RepairTable, Show, Statement
from .views import encode_view

_WIDTH = 20  # Hive pads what it lists
_UNESCAPED = " !$&()+,-.;<>@_~|"


@singledispatch
def run_ddl(statement: Statement, session: Session) -> list[str]:
    """Do what a statement asks for and return the lines that it answers.

    Raises QueryFailedError if Athena would refuse it.
    """
    raise NotImplementedError(type(statement).__name__)


@run_ddl.register
def _drop_table(statement: DropTable, session: Session) -> list[str]:
    tables, (database, name) = GlueTables(session.glue), session.place(statement.table)
    if statement.if_exists and tables.find(database, name) is None:
        return []
    found = tables.get(database, name)
    if found.get("TableType") == "VIRTUAL_VIEW":
        message = f"{DDL_TASK} Cannot drop a view with DROP TABLE"
        raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, message)
    if is_iceberg(found):
        raise not_supported("DROP TABLE of an Iceberg table (it removes the data too)")
    tables.delete(database, name)
    return []


@run_ddl.register
def _create_view(statement: CreateView, session: Session) -> list[str]:
    tables = GlueTables(session.glue)
    database, name = session.place(statement.view)
    if not tables.has_database(database):
        raise HiveFailedError(ErrorName.SCHEMA_NOT_FOUND, NO_DATABASE.format(database))
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
        tables.replace(database, definition)
    else:
        tables.create(database, definition)
    return []


@run_ddl.register
def _drop_view(statement: DropView, session: Session) -> list[str]:
    tables, (database, name) = GlueTables(session.glue), session.place(statement.view)
    found = tables.find(database, name)
    if found and found.get("TableType") == "VIRTUAL_VIEW":
        tables.delete(database, name)
    elif found or not statement.if_exists:
        message = f"line 1:1: View 'awsdatacatalog.{database}.{name}' does not exist"
        hint = ", but a table with that name exists." if found else ""
        raise QueryFailedError(ErrorName.TABLE_NOT_FOUND, message + hint)
    return []


@run_ddl.register
def _repair_table(statement: RepairTable, session: Session) -> list[str]:
    tables, (database, name) = GlueTables(session.glue), session.place(statement.table)
    found = tables.get(database, name)
    if found.get("TableType") == "VIRTUAL_VIEW" or is_iceberg(found):
        raise not_supported("MSCK REPAIR TABLE on a view or an Iceberg table")
    keys = [key["Name"].lower() for key in found.get("PartitionKeys", [])]
    if not keys:
        message = f"FAILED: SemanticException Table {name} is not partitioned"
        raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, message)
    registered = {tuple(partition["Values"]) for partition in tables.partitions(found)}
    new = sorted(_stored(session.s3, found, keys) - registered)
    if not new:
        return []
    names = [_partition_name(keys, values) for values in new]
    location = found["StorageDescriptor"]["Location"].rstrip("/")
    tables.add_partitions(found, [(values, f"{location}/{at}/") for values, at in zip(new, names, strict=True)])
    told = [f"{name}:{at}" for at in names]
    missing = "\t".join(["Partitions not in metastore:", *told])
    return [missing, *(f"Repair: Added partition to metastore {at}" for at in told)]


def _partition_name(keys: Sequence[str], values: Sequence[str]) -> str:
    """Return ``key=value/…``, with signs that a path cannot hold escaped."""
    return "/".join(f"{key}={quote(value, safe=_UNESCAPED)}" for key, value in zip(keys, values, strict=True))


def _stored(s3: Any, definition: dict[str, Any], keys: list[str]) -> set[tuple[str, ...]]:
    """The values of the partitions that have objects."""
    location = urlsplit(definition["StorageDescriptor"]["Location"])
    prefix = location.path.strip("/")
    prefix = f"{prefix}/" if prefix else ""
    found = set()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=location.netloc, Prefix=prefix):
        for item in page.get("Contents", []):
            folders = [folder.partition("=") for folder in item["Key"][len(prefix) :].split("/")[:-1]]
            if [name.lower() for name, _, _ in folders[: len(keys)]] == keys:
                found.add(tuple(unquote(value) for _, _, value in folders[: len(keys)]))
    return found


def _view_columns(outputs: tuple[Output, ...]) -> list[dict[str, str]]:
    return [{"name": (output.label or "").lower(), "type": _view_type(output)} for output in outputs]


def _view_type(output: Output) -> str:
    """A view declares a timestamp without its precision."""
    return str(output.type).replace("timestamp(3)", "timestamp")


@run_ddl.register
def _show(statement: Show, session: Session) -> list[str]:
    tables = GlueTables(session.glue)
    if statement.listing is Listing.DATABASES:
        return _matching(tables.databases(), statement.pattern)
    if statement.listing in (Listing.TABLES, Listing.VIEWS):
        found = tables.tables(statement.database or session.database)
        is_wanted = statement.listing is Listing.TABLES
        names = [item["Name"] for item in found if is_wanted or item.get("TableType") == "VIRTUAL_VIEW"]
        return _matching(names, statement.pattern)
    assert statement.table is not None
    definition = tables.get(*session.place(statement.table))
    if statement.listing is Listing.PARTITIONS:
        return _partitions(tables, definition)
    return _columns(definition) if statement.listing is Listing.COLUMNS else _description(definition)


def _matching(names: list[str], pattern: str | None) -> list[str]:
    return sorted(name for name in names if pattern is None or re.fullmatch(pattern, name.lower()))


def _partitions(tables: GlueTables, definition: dict[str, Any]) -> list[str]:
    """Projected partitions are not listed: https://docs.aws.amazon.com/athena/latest/ug/show-partitions.html."""
    keys = [key["Name"] for key in definition.get("PartitionKeys", [])]
    if not keys:
        message = f"FAILED: Execution Error: Table {definition['Name']} is not a partitioned table"
        raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, message)
    return sorted(_partition_name(keys, partition["Values"]) for partition in tables.partitions(definition))


def _stored_columns(definition: dict[str, Any]) -> list[dict[str, Any]]:
    return [*definition["StorageDescriptor"].get("Columns", []), *definition.get("PartitionKeys", [])]


def _columns(definition: dict[str, Any]) -> list[str]:
    return [column["Name"].ljust(_WIDTH) for column in _stored_columns(definition)]


def _description(definition: dict[str, Any]) -> list[str]:
    if is_iceberg(definition):
        raise not_supported("DESCRIBE of an Iceberg table")
    lines = [_described(column) for column in _stored_columns(definition)]
    keys = definition.get("PartitionKeys", [])
    if keys:
        header = "\t".join(text.ljust(_WIDTH) for text in ("# col_name", "data_type", "comment"))
        lines += ["\t \t ", "# Partition Information\t \t ", header, "\t \t ", *(_described(key) for key in keys)]
    return lines


def _described(column: dict[str, Any]) -> str:
    parts = (column["Name"], column.get("Type", "string"), column.get("Comment", ""))
    return "\t".join(part.ljust(_WIDTH) for part in parts)
