"""SHOW and DESCRIBE: lines of text about the catalog, laid out as Hive lays them out.

Sources: https://docs.aws.amazon.com/athena/latest/ug/show-tables.html and its neighbours,
https://docs.aws.amazon.com/athena/latest/ug/describe-table.html.
"""

from __future__ import annotations

import re
from typing import Any

from .errors import ErrorName, HiveFailedError, QueryFailedError, not_supported
from .glue_tables import GlueTables, is_iceberg
from .partition_ddl import partition_name
from .results import ResultColumn
from .session import Session
from .statements import Listing, Show, TableName
from .view_definitions import decode_view

_WIDTH = 20


def text_columns(names: tuple[str, ...]) -> list[ResultColumn]:
    """Return the columns of a text result."""
    return [ResultColumn(name, "string", 0, 0, False) for name in names]


def show(statement: Show, session: Session) -> list[str]:
    """Return the lines of a SHOW or DESCRIBE statement; raises QueryFailedError if what it names is missing."""
    tables = GlueTables(session.glue)
    if statement.listing is Listing.DATABASES:
        return _matching(tables.databases(), statement.pattern)
    if statement.listing in (Listing.TABLES, Listing.VIEWS):
        found = tables.tables(statement.database or session.database)
        is_wanted = statement.listing is Listing.TABLES
        names = [item["Name"] for item in found if is_wanted or item.get("TableType") == "VIRTUAL_VIEW"]
        return _matching(names, statement.pattern)
    assert statement.table is not None
    if statement.listing is Listing.CREATE_VIEW:
        return _create_view(tables, session, statement.table)
    definition = tables.get(*session.place(statement.table))
    if statement.listing is Listing.PARTITIONS:
        return _partitions(tables, definition)
    return {
        Listing.COLUMNS: _columns,
        Listing.CREATE_TABLE: _create_table,
        Listing.TABLE_PROPERTIES: _properties,
        Listing.DESCRIPTION: _description,
    }[statement.listing](definition)


def _matching(names: list[str], pattern: str | None) -> list[str]:
    return sorted(name for name in names if pattern is None or re.fullmatch(pattern, name.lower()))


def _partitions(tables: GlueTables, definition: dict[str, Any]) -> list[str]:
    """Projected partitions are not listed: https://docs.aws.amazon.com/athena/latest/ug/show-partitions.html."""
    keys = [key["Name"] for key in definition.get("PartitionKeys", [])]
    if not keys:
        message = f"FAILED: Execution Error: Table {definition['Name']} is not a partitioned table"
        raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, message)
    return sorted(partition_name(keys, partition["Values"]) for partition in tables.partitions(definition))


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


def _properties(definition: dict[str, Any]) -> list[str]:
    return [f"{name}\t{value}" for name, value in sorted(definition.get("Parameters", {}).items())]


def _create_view(tables: GlueTables, session: Session, name: TableName) -> list[str]:
    database, view = session.place(name)
    found = tables.find(database, view)
    if found is None or found.get("TableType") != "VIRTUAL_VIEW":
        message = f"line 1:1: View 'awsdatacatalog.{database}.{view}' does not exist"
        raise QueryFailedError(ErrorName.TABLE_NOT_FOUND, message)
    decoded = decode_view("awsdatacatalog", database, found, None)
    return [f"CREATE VIEW {database}.{view} AS ", *decoded.sql.split("\n")]


def _create_table(definition: dict[str, Any]) -> list[str]:
    if definition.get("TableType") == "VIRTUAL_VIEW":
        raise not_supported("SHOW CREATE TABLE of a view")
    if is_iceberg(definition):
        raise not_supported("SHOW CREATE TABLE of an Iceberg table")
    storage = definition["StorageDescriptor"]
    serde = storage.get("SerdeInfo", {})
    lines = [f"CREATE EXTERNAL TABLE `{definition['Name']}`(", *_listed(storage["Columns"])]
    if definition.get("Parameters", {}).get("comment"):
        lines += [f"COMMENT {_quoted(definition['Parameters']['comment'])}"]
    if definition.get("PartitionKeys"):
        lines += ["PARTITIONED BY ( ", *_listed(definition["PartitionKeys"])]
    lines += ["ROW FORMAT SERDE ", f"  {_quoted(serde.get('SerializationLibrary', ''))} "]
    if serde.get("Parameters"):
        lines += ["WITH SERDEPROPERTIES ( ", *_assigned(serde["Parameters"], ") ")]
    lines += ["STORED AS INPUTFORMAT ", f"  {_quoted(storage.get('InputFormat', ''))} "]
    lines += ["OUTPUTFORMAT ", f"  {_quoted(storage.get('OutputFormat', ''))}"]
    lines += ["LOCATION", f"  {_quoted(storage.get('Location', ''))}"]
    hidden = ("EXTERNAL", "comment")
    parameters = {key: value for key, value in definition.get("Parameters", {}).items() if key not in hidden}
    return [*lines, "TBLPROPERTIES (", *_assigned(parameters, ")")]


def _listed(columns: list[dict[str, Any]]) -> list[str]:
    written = []
    for column in columns:
        comment = f" COMMENT {_quoted(column['Comment'])}" if column.get("Comment") else ""
        written.append(f"  `{column['Name']}` {column.get('Type', 'string')}{comment}")
    return [*(f"{line}, " for line in written[:-1]), f"{written[-1] if written else ''})"]


def _assigned(properties: dict[str, str], end: str) -> list[str]:
    written = [f"  {_quoted(name)}={_quoted(value)}" for name, value in sorted(properties.items())]
    return [*(f"{line}, " for line in written[:-1]), f"{written[-1] if written else ''}{end}"]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t").replace("\n", "\\n")
    return f"'{escaped}'"
