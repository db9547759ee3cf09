"""From a statement's text to what it asks for; Trino's grammar here, Hive's DDL in ``hive_ddl``.

Sources: https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html,
https://docs.aws.amazon.com/athena/latest/ug/insert-into.html, https://docs.aws.amazon.com/athena/latest/ug/unload.html,
https://docs.aws.amazon.com/athena/latest/ug/create-view.html,
https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements-sql-statements.html.
"""

from __future__ import annotations

import re

from sqlglot import exp

from .errors import InvalidRequestError
from .hive_ddl import parse_hive
from .parsing import Parameters, check_length, parse
from .statement_tokens import Grammar, TokenKind, TokenReader
from .statements import (
    CreateTableAs,
    CreateView,
    Deallocate,
    DropView,
    Execute,
    InsertInto,
    Prepare,
    PropertyValue,
    Query,
    Statement,
    TableName,
    Unload,
)

_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*(\w*)", re.DOTALL)
_HIVE = frozenset({"ALTER", "CREATE", "DESC", "DESCRIBE", "DROP", "MSCK", "SHOW"})
_TRINO = frozenset({"DEALLOCATE", "EXECUTE", "INSERT", "PREPARE", "UNLOAD"})
_REFUSED = frozenset(
    {
        "ANALYZE", "CALL", "COMMIT", "DELETE", "DENY", "EXPLAIN", "GRANT", "MERGE", "OPTIMIZE", "REFRESH", "RESET",
        "REVOKE", "ROLLBACK", "SET", "START", "TRUNCATE", "UPDATE", "USE", "VACUUM",
    }
)  # fmt: skip
_PREPARABLE = (Query, InsertInto, CreateTableAs, Unload)
_STATEMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_@:]{0,255}")


def parse_statement(text: str, parameters: Parameters = None) -> Statement:
    """Return what a statement asks for, with ``parameters`` (texts of values) in the places of its question marks.

    Without parameters (None) question marks stay in the tree: the statement can be looked at, not run.

    Raises InvalidRequestError as StartQueryExecution does: not Athena's grammar, several statements, a statement of a
    kind that the local cloud does not run (the message names it), or a text that is too long.
    """
    check_length(text)
    match = _FIRST_WORD.match(text)
    word = match[1].upper() if match else ""
    if word in _REFUSED:
        raise InvalidRequestError(
            f"Queries of this type are not supported: the local cloud runs no {word} statements", "INVALID_QUERY_TYPE"
        )
    if word in _TRINO or _is_trino_ddl(text, word):
        return _Trino(text, parameters).statement()
    if word in _HIVE:
        return parse_hive(text)
    return Query(parse(text, parameters))


def prepared(sql: str) -> Statement:
    """Return the statement that a prepared statement holds; raises InvalidRequestError if it cannot be prepared."""
    statement = parse_statement(sql)
    if not isinstance(statement, _PREPARABLE):
        raise InvalidRequestError("Only SELECT, INSERT INTO, CREATE TABLE AS and UNLOAD statements can be prepared")
    return statement


def takes_parameters(statement: Statement) -> bool:
    """Whether values can be given for a statement's question marks."""
    return isinstance(statement, (*_PREPARABLE, Execute))


def is_statement_name(name: str) -> bool:
    """Whether a prepared statement can have the name."""
    return _STATEMENT_NAME.fullmatch(name) is not None


def _is_trino_ddl(text: str, word: str) -> bool:
    """Whether it is CREATE VIEW, DROP VIEW or CREATE TABLE AS, the DDL that Trino's grammar has in Athena."""
    if word not in ("CREATE", "DROP"):
        return False
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    if re.match(r"\s*(CREATE\s+(OR\s+REPLACE\s+)?VIEW|DROP\s+VIEW)\b", bare, re.IGNORECASE):
        return True
    named = r'(?:[\w$]+|"[^"]*")'
    start = rf"\s*CREATE\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?{named}(\s*\.\s*{named})*\s*(WITH\s*\(|WITH\b|AS\b)"
    return re.match(start, bare, re.IGNORECASE) is not None


class _Trino:
    """Parses one statement of Trino's grammar."""

    def __init__(self, text: str, parameters: Parameters) -> None:
        self._text = text
        self._parameters = parameters
        self._reader = TokenReader(text, Grammar.TRINO)

    def statement(self) -> Statement:
        reader = self._reader
        if reader.take_words("PREPARE"):
            return self._prepare()
        if reader.take_words("EXECUTE"):
            return self._execute()
        if reader.take_words("DEALLOCATE PREPARE"):
            name = reader.expect_name()
            reader.expect_end()
            return Deallocate(name)
        if reader.take_words("UNLOAD"):
            return self._unload()
        if reader.take_words("INSERT INTO"):
            return self._insert()
        if reader.take_words("CREATE TABLE"):
            return self._create_table_as()
        if reader.take_words("DROP VIEW"):
            if_exists = reader.take_words("IF EXISTS")
            view = self._table()
            reader.expect_end()
            return DropView(view, if_exists)
        reader.expect_words("CREATE")
        is_replacing = reader.take_words("OR REPLACE")
        reader.expect_words("VIEW")
        view = self._table()
        reader.expect_words("AS")
        start = reader.next.start
        sql = self._text[start:].rstrip().rstrip(";").rstrip()
        return CreateView(view, is_replacing, sql, self._query(start, len(self._text)))

    def _prepare(self) -> Prepare:
        name = self._reader.expect_name()
        self._reader.expect_words("FROM")
        sql = self._text[self._reader.next.start :].rstrip().rstrip(";")
        prepared(sql)
        return Prepare(name, sql)

    def _execute(self) -> Execute:
        reader = self._reader
        name = reader.expect_name()
        values: list[str] = []
        if reader.take_words("USING"):
            values = self._values()
        reader.expect_end()
        return Execute(name, tuple(values))

    def _values(self) -> list[str]:
        """Return the texts between the commas that stand outside parentheses."""
        reader, values, depth, start = self._reader, [], 0, self._reader.next.start
        while True:
            token = reader.next
            is_end = token.kind is TokenKind.END
            if is_end or (token.text == "," and depth == 0 and token.kind is TokenKind.SIGN):
                value = self._text[start : token.start].strip().rstrip(";")
                if not value:
                    raise reader.unexpected()
                values.append(value)
                start = token.end
            if is_end:
                return values
            depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind is TokenKind.SIGN else 0
            reader.take()

    def _unload(self) -> Unload:
        reader = self._reader
        inside = reader.skip_parenthesised()
        reader.expect_words("TO")
        location = reader.expect_string()
        reader.expect_words("WITH")
        properties = self._properties()
        reader.expect_end()
        return Unload(self._query(*inside), location, properties)

    def _insert(self) -> InsertInto:
        reader = self._reader
        table = self._table()
        columns = None
        following = reader.after_next()
        is_query = following.text.upper() in ("SELECT", "WITH", "VALUES", "TABLE", "(")
        if reader.next.text == "(" and not is_query:
            reader.expect_words("(")
            named = [reader.expect_name().lower()]
            while reader.take_words(","):
                named.append(reader.expect_name().lower())
            reader.expect_words(")")
            columns = tuple(named)
        return InsertInto(table, columns, self._query(reader.next.start, len(self._text)))

    def _create_table_as(self) -> CreateTableAs:
        reader = self._reader
        if_not_exists = reader.take_words("IF NOT EXISTS")
        table = self._table()
        properties = self._properties() if reader.take_words("WITH") else {}
        reader.expect_words("AS")
        start = reader.next.start
        rest = self._text[start:]
        ending = re.search(r"\bWITH\s+(NO\s+)?DATA\s*;?\s*$", rest, re.IGNORECASE)
        end = start + ending.start() if ending else len(self._text)
        with_data = not (ending and ending[1])
        return CreateTableAs(table, if_not_exists, properties, self._query(start, end), with_data)

    def _query(self, start: int, end: int) -> exp.Expr:
        """Parse a part of the text as a query that stands where it stands in the whole."""
        before = re.sub(r"[^\n]", " ", self._text[:start])
        return parse(before + self._text[start:end], self._parameters)

    def _table(self) -> TableName:
        names = [self._reader.expect_name().lower()]
        while self._reader.take_words("."):
            names.append(self._reader.expect_name().lower())
        if len(names) == 3 and names[0] == "awsdatacatalog":
            names = names[1:]
        if len(names) > 2:
            raise InvalidRequestError(f"Catalog {names[0]} is not supported by the local cloud")
        return TableName(names[0] if len(names) == 2 else None, names[-1])

    def _properties(self) -> dict[str, PropertyValue]:
        """Read ``(name = value, …)``: strings, numbers, true, false and ARRAY[…] of strings."""
        reader = self._reader
        reader.expect_words("(")
        found: dict[str, PropertyValue] = {}
        while True:
            name = reader.expect_name().lower()
            reader.expect_words("=")
            found[name] = self._property_value()
            if not reader.take_words(","):
                reader.expect_words(")")
                return found

    def _property_value(self) -> PropertyValue:
        reader = self._reader
        if reader.take_words("ARRAY ["):
            values = []
            while not reader.take_words("]"):
                values.append(reader.expect_string())
                if not reader.take_words(",") and reader.next.text != "]":
                    raise reader.unexpected()
            return tuple(values)
        if reader.next.kind is TokenKind.WORD:
            word = reader.next.text
            if word.isdigit():
                reader.take()
                return int(word)
            if word.lower() in ("true", "false"):
                reader.take()
                return word.lower() == "true"
        return reader.expect_string()
