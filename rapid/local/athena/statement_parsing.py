"""From a statement's text to what it asks for: Trino's grammar for queries and views, Hive's for the rest.

Sources: https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html,
https://docs.aws.amazon.com/athena/latest/ug/unload.html, https://docs.aws.amazon.com/athena/latest/ug/create-view.html,
https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements-sql-statements.html,
https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from sqlglot import exp

from .errors import InvalidRequestError
from .parsing import Parameters, check_length, parse
from .statement_tokens import Grammar, TokenKind, TokenReader
from .statements import (
    CreateTableAs,
    CreateView,
    Deallocate,
    DropTable,
    DropView,
    Execute,
    Listing,
    Prepare,
    Query,
    RepairTable,
    Show,
    Statement,
    TableName,
    Unload,
)

S = TypeVar("S", bound=Statement)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_REFUSED = frozenset(
    {
        "ALTER", "ANALYZE", "CALL", "COMMIT", "CREATE", "DELETE", "DENY", "DESC", "DESCRIBE", "DROP", "EXPLAIN",
        "GRANT", "INSERT", "MERGE", "MSCK", "OPTIMIZE", "REFRESH", "RESET", "REVOKE", "ROLLBACK", "SET", "SHOW",
        "START", "TRUNCATE", "UPDATE", "USE", "VACUUM",
    }
)  # fmt: skip
_OF_TWO_WORDS = frozenset({"ALTER", "CREATE", "DESC", "DESCRIBE", "DROP", "SHOW"})
_IN_FULL = {
    "CREATE EXTERNAL": "CREATE EXTERNAL TABLE",
    "CREATE TABLE": "CREATE TABLE (without EXTERNAL: an Iceberg table)",
}
_PREPARABLE = (Query, CreateTableAs, Unload)
_STATEMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_@:]{0,255}")


def parse_statement(text: str, parameters: Parameters = None) -> Statement:
    """Return what a statement asks for, with ``parameters`` (texts of values) in the places of its question marks.

    Without parameters (None) question marks stay in the tree: the statement can be looked at, not run.

    Raises InvalidRequestError as StartQueryExecution does: not Athena's grammar, several statements, a statement of a
    kind that the local cloud does not run (the message names it), or a text that is too long.
    """
    check_length(text)
    bare = " ".join(_COMMENT.sub(" ", text).split())
    for start, grammar, read in _STATEMENTS:
        if re.match(start, bare, re.IGNORECASE):
            return read(_Reader(text, grammar, parameters))
    first, _, rest = bare.upper().partition(" ")
    if first in _REFUSED:
        words = f"{first} {re.split(r'[^A-Z]', rest)[0]}".strip() if first in _OF_TWO_WORDS else first
        raise InvalidRequestError(
            f"Queries of this type are not supported: the local cloud runs no {_IN_FULL.get(words, words)} statements",
            "INVALID_QUERY_TYPE",
        )
    return Query(parse(text, parameters))


def prepared(sql: str) -> Statement:
    """Return the statement that a prepared statement holds; raises InvalidRequestError if it cannot be prepared."""
    statement = parse_statement(sql)
    if not isinstance(statement, _PREPARABLE):
        raise InvalidRequestError("Only SELECT, CREATE TABLE AS and UNLOAD statements can be prepared")
    return statement


def takes_parameters(statement: Statement) -> bool:
    """Whether values can be given for a statement's question marks."""
    return isinstance(statement, (*_PREPARABLE, Execute))


class _Reader(TokenReader):
    """Reads a statement's parts; the query in it is parsed with the values of its question marks."""

    def __init__(self, text: str, grammar: Grammar, parameters: Parameters) -> None:
        super().__init__(text, grammar)
        self._parameters = parameters

    def query(self, start: int, end: int) -> exp.Expr:
        """Parse a part of the text as a query that stands where it stands in the whole."""
        before = re.sub(r"[^\n]", " ", self.text[:start])
        return parse(before + self.text[start:end], self._parameters)

    def table(self) -> TableName:
        """Read a table's name, with its database or without."""
        names = [self.expect_name().lower()]
        while self.take_words("."):
            names.append(self.expect_name().lower())
        if len(names) == 3 and names[0] == "awsdatacatalog":
            names = names[1:]
        if len(names) > 2:
            raise InvalidRequestError(f"Catalog {names[0]} is not supported by the local cloud")
        return TableName(names[0] if len(names) == 2 else None, names[-1])

    def properties(self) -> dict[str, str]:
        """Read ``(name = value, …)``: a string's value, anything else as written."""
        self.expect_words("(")
        found: dict[str, str] = {}
        while True:
            name = self.expect_name().lower()
            self.expect_words("=")
            found[name] = self.expect_string() if self.next.kind is TokenKind.STRING else self._value()
            if not self.take_words(","):
                self.expect_words(")")
                return found

    def values(self) -> list[str]:
        """Return the texts between the commas that stand outside parentheses, up to the end."""
        values = [self._value()]
        while self.take_words(","):
            values.append(self._value())
        return values

    def _value(self) -> str:
        """Go to the next comma or closing parenthesis that belongs to no other; return the text before it."""
        start = end = self.next.start
        depth = 0
        while self.next.kind is not TokenKind.END:
            sign = self.next.text if self.next.kind is TokenKind.SIGN else ""
            if depth == 0 and sign in {",", ")"}:
                break
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
            end = self.take().end
        if end == start:
            raise self.unexpected()
        return self.text[start:end]


def _create_table_as(reader: _Reader) -> CreateTableAs:
    reader.expect_words("CREATE TABLE")
    if_not_exists = reader.take_words("IF NOT EXISTS")
    table = reader.table()
    properties = reader.properties() if reader.take_words("WITH") else {}
    reader.expect_words("AS")
    start = reader.next.start
    ending = re.search(r"\bWITH\s+(NO\s+)?DATA\s*;?\s*$", reader.text[start:], re.IGNORECASE)
    end = start + ending.start() if ending else len(reader.text)
    return CreateTableAs(table, if_not_exists, properties, reader.query(start, end), not (ending and ending[1]))


def _unload(reader: _Reader) -> Unload:
    reader.expect_words("UNLOAD")
    inside = reader.skip_parenthesised()
    reader.expect_words("TO")
    location = reader.expect_string()
    reader.expect_words("WITH")
    properties = reader.properties()
    reader.expect_end()
    return Unload(reader.query(*inside), location, properties)


def _create_view(reader: _Reader) -> CreateView:
    reader.expect_words("CREATE")
    is_replacing = reader.take_words("OR REPLACE")
    reader.expect_words("VIEW")
    view = reader.table()
    reader.expect_words("AS")
    start = reader.next.start
    sql = reader.text[start:].rstrip().rstrip(";").rstrip()
    return CreateView(view, is_replacing, sql, reader.query(start, len(reader.text)))


def _drop_view(reader: _Reader) -> DropView:
    reader.expect_words("DROP VIEW")
    if_exists = reader.take_words("IF EXISTS")
    return _ended(reader, DropView(reader.table(), if_exists))


def _drop_table(reader: _Reader) -> DropTable:
    reader.expect_words("DROP TABLE")
    if_exists = reader.take_words("IF EXISTS")
    return _ended(reader, DropTable(reader.table(), if_exists))


def _repair(reader: _Reader) -> RepairTable:
    reader.expect_words("MSCK REPAIR TABLE")
    return _ended(reader, RepairTable(reader.table()))


def _prepare(reader: _Reader) -> Prepare:
    reader.expect_words("PREPARE")
    name = reader.expect_name()
    if not _STATEMENT_NAME.fullmatch(name):
        raise InvalidRequestError(f"Prepared statement name {name} is not valid")
    reader.expect_words("FROM")
    sql = reader.text[reader.next.start :].rstrip().rstrip(";")
    prepared(sql)
    return Prepare(name, sql)


def _execute(reader: _Reader) -> Execute:
    reader.expect_words("EXECUTE")
    name = reader.expect_name()
    return _ended(reader, Execute(name, tuple(reader.values() if reader.take_words("USING") else ())))


def _deallocate(reader: _Reader) -> Deallocate:
    reader.expect_words("DEALLOCATE PREPARE")
    return _ended(reader, Deallocate(reader.expect_name()))


def _show(reader: _Reader) -> Show:
    reader.expect_words("SHOW")
    listing = Listing[{"SCHEMAS": "DATABASES"}.get(word := reader.take().text.upper(), word)]
    if listing is Listing.PARTITIONS:
        return _ended(reader, Show(listing, table=reader.table()))
    if listing is Listing.COLUMNS:
        if not reader.take_words("IN"):
            reader.expect_words("FROM")
        table = reader.table()
        if reader.take_words("IN") or reader.take_words("FROM"):
            table = TableName(reader.expect_name().lower(), table.name)
        return _ended(reader, Show(listing, table=table))
    database = None
    if listing is not Listing.DATABASES and (reader.take_words("IN") or reader.take_words("FROM")):
        database = reader.expect_name().lower()
    is_like = listing is not Listing.TABLES and reader.take_words("LIKE")
    has_pattern = is_like or (listing is Listing.TABLES and reader.next.kind is TokenKind.STRING)
    pattern = _regex(reader.expect_string()) if has_pattern else None
    return _ended(reader, Show(listing, database, pattern=pattern))


def _describe(reader: _Reader) -> Show:
    reader.take()
    return _ended(reader, Show(Listing.DESCRIPTION, table=reader.table()))


def _ended(reader: _Reader, statement: S) -> S:
    reader.expect_end()
    return statement


def _regex(pattern: str) -> str:
    """Only ``*`` (any text) and ``|`` (a choice) have a meaning in a pattern of SHOW."""
    return "|".join(".*".join(map(re.escape, choice.split("*"))) for choice in pattern.lower().split("|"))


_NAME = r'(?:[\w$]+|"[^"]*")'
# How a statement begins, without comments and with single spaces; whose grammar it is of; what reads it.
_STATEMENTS: tuple[tuple[str, Grammar, Callable[[_Reader], Statement]], ...] = (
    (
        rf"CREATE TABLE (IF NOT EXISTS )?{_NAME}( ?\. ?{_NAME})* ?(WITH ?\(|WITH\b|AS\b)",
        Grammar.TRINO,
        _create_table_as,
    ),
    (r"CREATE (OR REPLACE )?VIEW\b", Grammar.TRINO, _create_view),
    (r"DROP VIEW\b", Grammar.TRINO, _drop_view),
    (r"UNLOAD\b", Grammar.TRINO, _unload),
    (r"PREPARE\b", Grammar.TRINO, _prepare),
    (r"EXECUTE\b", Grammar.TRINO, _execute),
    (r"DEALLOCATE\b", Grammar.TRINO, _deallocate),
    (r"DROP TABLE\b", Grammar.HIVE, _drop_table),
    (r"MSCK\b", Grammar.HIVE, _repair),
    (r"SHOW (DATABASES|SCHEMAS|TABLES|VIEWS|COLUMNS|PARTITIONS)\b", Grammar.HIVE, _show),
    (r"DESC(RIBE)? (?!(EXTENDED|FORMATTED) \S)", Grammar.HIVE, _describe),
)
