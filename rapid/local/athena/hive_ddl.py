"""Hive's DDL: CREATE, DROP and ALTER, SHOW, DESCRIBE and MSCK REPAIR, from text to what they ask for.

Sources: https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html and the page of each statement there.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from .errors import InvalidRequestError
from .hive_types import read_properties, read_storage, read_type
from .statement_tokens import Grammar, TokenKind, TokenReader
from .statements import (
    AddColumns,
    AddPartitions,
    ColumnDefinition,
    CreateDatabase,
    CreateTable,
    DropDatabase,
    DropPartitions,
    DropTable,
    Listing,
    PartitionValues,
    RepairTable,
    SetTableProperties,
    Show,
    Statement,
    TableName,
)


def parse_hive(text: str) -> Statement:
    """Return what a statement asks for.

    Raises InvalidRequestError for what is not Hive's grammar in Athena, and for what the local cloud does not run.
    """
    reader = TokenReader(text, Grammar.HIVE)
    for words, parse in _STATEMENTS.items():
        if reader.take_words(words):
            statement = parse(reader)
            reader.expect_end()
            return statement
    words = f"{reader.take().text} {reader.next.text}".upper().strip()
    raise _unsupported(words)


def _unsupported(words: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"Queries of this type are not supported: the local cloud runs no {words} statements", "INVALID_QUERY_TYPE"
    )


def _create_table(reader: TokenReader) -> CreateTable:
    if_not_exists = reader.take_words("IF NOT EXISTS")
    table = _table(reader)
    columns = _columns(reader)
    comment = reader.expect_string() if reader.take_words("COMMENT") else None
    partition_columns = _columns(reader) if reader.take_words("PARTITIONED BY") else ()
    if reader.take_words("CLUSTERED BY"):
        raise InvalidRequestError("CLUSTERED BY is not supported by the local cloud")
    storage = read_storage(reader)
    reader.expect_words("LOCATION")
    location = _location(reader)
    properties = read_properties(reader) if reader.take_words("TBLPROPERTIES") else {}
    return CreateTable(table, if_not_exists, columns, partition_columns, storage, location, comment, properties)


def _plain_table(reader: TokenReader) -> Statement:
    raise _unsupported("CREATE TABLE (without EXTERNAL: an Iceberg table)")


def _create_database(reader: TokenReader) -> CreateDatabase:
    if_not_exists = reader.take_words("IF NOT EXISTS")
    name = reader.expect_name().lower()
    comment = reader.expect_string() if reader.take_words("COMMENT") else None
    location = _location(reader) if reader.take_words("LOCATION") else None
    properties = read_properties(reader) if reader.take_words("WITH DBPROPERTIES") else {}
    return CreateDatabase(name, if_not_exists, comment, location, properties)


def _drop_database(reader: TokenReader) -> DropDatabase:
    if_exists = reader.take_words("IF EXISTS")
    name = reader.expect_name().lower()
    is_cascading = reader.take_words("CASCADE")
    if not is_cascading:
        reader.take_words("RESTRICT")
    return DropDatabase(name, if_exists, is_cascading)


def _drop_table(reader: TokenReader) -> DropTable:
    if_exists = reader.take_words("IF EXISTS")
    return DropTable(_table(reader), if_exists)


def _repair(reader: TokenReader) -> RepairTable:
    return RepairTable(_table(reader))


def _alter_table(reader: TokenReader) -> Statement:
    table = _table(reader)
    if reader.take_words("ADD COLUMNS"):
        return AddColumns(table, _columns(reader))
    if reader.take_words("SET TBLPROPERTIES"):
        return SetTableProperties(table, read_properties(reader))
    if reader.take_words("ADD IF NOT EXISTS"):
        return AddPartitions(table, True, _added_partitions(reader))
    if reader.take_words("DROP IF EXISTS"):
        return DropPartitions(table, True, _dropped_partitions(reader))
    action, what = reader.next.text.upper(), reader.after_next().text.upper()
    if what != "PARTITION" or action not in ("ADD", "DROP"):
        raise _unsupported(f"ALTER TABLE … {action} {what}".strip())
    reader.take()
    if action == "ADD":
        return AddPartitions(table, False, _added_partitions(reader))
    return DropPartitions(table, False, _dropped_partitions(reader))


def _added_partitions(reader: TokenReader) -> tuple[tuple[PartitionValues, str | None], ...]:
    found = []
    reader.expect_words("PARTITION")
    while True:
        values = _partition_values(reader)
        found.append((values, _location(reader) if reader.take_words("LOCATION") else None))
        if not reader.take_words("PARTITION"):
            return tuple(found)


def _dropped_partitions(reader: TokenReader) -> tuple[PartitionValues, ...]:
    found = []
    while True:
        reader.expect_words("PARTITION")
        found.append(_partition_values(reader))
        if not reader.take_words(","):
            return tuple(found)


def _partition_values(reader: TokenReader) -> dict[str, str]:
    reader.expect_words("(")
    values = {}
    while True:
        name = reader.expect_name().lower()
        reader.expect_words("=")
        is_number = reader.next.kind is TokenKind.WORD and reader.next.text.isdigit()
        values[name] = reader.take().text if is_number else reader.expect_string()
        if not reader.take_words(","):
            reader.expect_words(")")
            return values


def _show(listing: Listing) -> Callable[[TokenReader], Show]:
    """SHOW DATABASES, TABLES and VIEWS."""

    def parse(reader: TokenReader) -> Show:
        database = None
        if listing is not Listing.DATABASES and (reader.take_words("IN") or reader.take_words("FROM")):
            database = reader.expect_name().lower()
        is_like = listing is not Listing.TABLES and reader.take_words("LIKE")
        has_pattern = is_like or (listing is Listing.TABLES and reader.next.kind is TokenKind.STRING)
        return Show(listing, database, pattern=_regex(reader.expect_string()) if has_pattern else None)

    return parse


def _show_of_table(listing: Listing) -> Callable[[TokenReader], Show]:
    def parse(reader: TokenReader) -> Show:
        return Show(listing, table=_table(reader))

    return parse


def _show_columns(reader: TokenReader) -> Show:
    if not reader.take_words("IN"):
        reader.expect_words("FROM")
    table = _table(reader)
    if reader.take_words("IN") or reader.take_words("FROM"):
        table = TableName(reader.expect_name().lower(), table.name)
    return Show(Listing.COLUMNS, table=table)


def _describe(reader: TokenReader) -> Show:
    for option in ("EXTENDED", "FORMATTED"):
        if reader.next.text.upper() == option and reader.after_next().kind is not TokenKind.END:
            raise _unsupported(f"DESCRIBE {option}")
    return Show(Listing.DESCRIPTION, table=_table(reader))


def _regex(pattern: str) -> str:
    """Only ``*`` (any text) and ``|`` (a choice) have a meaning in a pattern of SHOW."""
    return "|".join(".*".join(map(_escaped, choice.split("*"))) for choice in pattern.lower().split("|"))


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if not sign.isalnum() and sign != "_" else sign for sign in text)


def _columns(reader: TokenReader) -> tuple[ColumnDefinition, ...]:
    reader.expect_words("(")
    found: list[ColumnDefinition] = []
    while True:
        name = reader.expect_name().lower()
        if any(column.name == name for column in found):
            raise InvalidRequestError(f"FAILED: SemanticException [Error 10036]: Duplicate column name: {name}")
        type_text = read_type(reader)
        found.append(
            ColumnDefinition(name, type_text, reader.expect_string() if reader.take_words("COMMENT") else None)
        )
        if not reader.take_words(","):
            reader.expect_words(")")
            return tuple(found)


def _location(reader: TokenReader) -> str:
    location = reader.expect_string()
    parts = urlsplit(location)
    if parts.scheme not in ("s3", "s3a", "s3n") or not parts.netloc:
        raise InvalidRequestError(f"The location '{location}' is not a valid S3 path")
    return location


def _table(reader: TokenReader) -> TableName:
    names = [reader.expect_name().lower()]
    while reader.take_words("."):
        names.append(reader.expect_name().lower())
    if len(names) > 2:
        raise reader.unexpected()
    return TableName(names[0] if len(names) == 2 else None, names[-1])


_STATEMENTS: dict[str, Callable[[TokenReader], Statement]] = {
    "CREATE EXTERNAL TABLE": _create_table,
    "CREATE TABLE": _plain_table,
    "CREATE DATABASE": _create_database,
    "CREATE SCHEMA": _create_database,
    "DROP DATABASE": _drop_database,
    "DROP SCHEMA": _drop_database,
    "DROP TABLE": _drop_table,
    "ALTER TABLE": _alter_table,
    "MSCK REPAIR TABLE": _repair,
    "SHOW DATABASES": _show(Listing.DATABASES),
    "SHOW SCHEMAS": _show(Listing.DATABASES),
    "SHOW TABLES": _show(Listing.TABLES),
    "SHOW VIEWS": _show(Listing.VIEWS),
    "SHOW COLUMNS": _show_columns,
    "SHOW PARTITIONS": _show_of_table(Listing.PARTITIONS),
    "SHOW CREATE TABLE": _show_of_table(Listing.CREATE_TABLE),
    "SHOW CREATE VIEW": _show_of_table(Listing.CREATE_VIEW),
    "SHOW TBLPROPERTIES": _show_of_table(Listing.TABLE_PROPERTIES),
    "DESCRIBE": _describe,
    "DESC": _describe,
}
