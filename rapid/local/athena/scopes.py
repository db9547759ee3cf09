"""What names mean inside a query: scans of tables, relations in FROM, the columns they offer, what a query yields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .tables import Table
from .trino_types import Type, row

Uses = frozenset[tuple[int, str]]
"""Stored columns that something needs: pairs of a scan's index and a column's name."""


@dataclass(frozen=True)
class Value:
    """A translated expression: DuckDB SQL and the Trino type of what it yields."""

    sql: str
    type: Type


def quoted_text(text: str) -> str:
    """Return a text literal."""
    return "'" + text.replace("'", "''") + "'"


def packed(fields: Iterable[str]) -> str:
    """Return the SQL of a row: a struct whose fields are called f0, f1 …."""
    return f"struct_pack({', '.join(f'f{index} := {field}' for index, field in enumerate(fields))})"


def row_of(values: Sequence[Value]) -> Value:
    """Return a row with anonymous fields."""
    return Value(packed(value.sql for value in values), row([value.type for value in values]))


def quoted(name: str) -> str:
    """Return an identifier in DuckDB's quotes."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Bound:
    """A condition on one stored column that rows must pass: ``operator`` is < <= > >= or IN.

    ``values`` are constants in DuckDB's SQL, of the column's type; only IN has several.
    """

    column: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class EvaluatedBound:
    """A bound with the values of its constants."""

    column: str
    operator: str
    values: tuple[Any, ...]


@dataclass
class Scan:
    """One reading of a table: what of it the query needs, filled in while the query is translated.

    ``partition_predicates`` are DuckDB conditions over partition columns only (written against ``alias``); a partition
    for which one of them is not true cannot contribute a row. A row outside one of the ``bounds`` cannot either.
    """

    index: int
    alias: str
    table: Table
    partition_predicates: list[str] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)


@dataclass(frozen=True)
class Lineage:
    """How a scan's rows reach a relation: which of its columns (by index) are stored columns (by name), unchanged.

    A row of the scan has a part only in such rows of the relation as are equal to it in these columns.
    """

    scan: Scan
    columns: Mapping[int, str]


@dataclass(frozen=True)
class Column:
    """A column that an expression may name; ``value`` is None if its type (``type_text``) is not known here."""

    name: str
    value: Value | None
    uses: Uses
    type_text: str = ""


@dataclass(frozen=True)
class Relation:
    """One item of FROM: its name (None for a subquery without alias), schema if a table, and columns."""

    name: str | None
    schema: str | None
    columns: tuple[Column, ...]
    lineages: tuple[Lineage, ...] = ()


@dataclass(frozen=True)
class Scope:
    """The relations that a query block sees, and those of the block around it."""

    relations: tuple[Relation, ...] = ()
    parent: Scope | None = None

    def find(self, schema: str | None, relation: str | None, column: str) -> tuple[list[Column], bool]:
        """Return the columns of the innermost block that a (qualified) name matches, and if that block is an outer
        one.
        """
        scope: Scope | None = self
        while scope is not None:
            found = [
                candidate
                for offered in scope.relations
                if (relation is None or offered.name == relation) and (schema is None or offered.schema == schema)
                for candidate in offered.columns
                if candidate.name == column
            ]
            if found:
                return found, scope is not self
            scope = scope.parent
        return [], False


@dataclass(frozen=True)
class Output:
    """An output column: its name as written (None if it has none), its type, and the stored columns it is made from."""

    label: str | None
    type: Type
    uses: Uses


@dataclass(frozen=True)
class Translated:
    """A query in DuckDB's SQL; its columns are called c0, c1 … ``lineages``: scans that an outer WHERE may prune."""

    sql: str
    outputs: tuple[Output, ...]
    lineages: tuple[Lineage, ...] = ()


@dataclass(frozen=True)
class WithQuery:
    """A query of a WITH clause: the name it has in DuckDB, and its output columns."""

    name: str
    outputs: tuple[Output, ...]


class Demand:
    """Collects which stored columns are needed, so that a column no result depends on is never read."""

    def __init__(self) -> None:
        self._sets: list[set[tuple[int, str]]] = [set()]
        self._touched: list[list[Column]] = []

    def need(self, column: Column) -> None:
        """Note that what is being translated uses ``column``."""
        self._sets[-1] |= column.uses
        for touched in self._touched:
            touched.append(column)

    def need_all(self, uses: Uses) -> None:
        """Note that what is being translated uses these stored columns."""
        self._sets[-1] |= uses

    @contextmanager
    def apart(self) -> Iterator[set[tuple[int, str]]]:
        """Collect into a set of its own: the caller decides whether it is needed."""
        self._sets.append(set())
        try:
            yield self._sets[-1]
        finally:
            self._sets.pop()

    @contextmanager
    def watching(self) -> Iterator[list[Column]]:
        """Also list the columns that are named meanwhile."""
        self._touched.append([])
        try:
            yield self._touched[-1]
        finally:
            self._touched.pop()

    @property
    def needed(self) -> Uses:
        """What the whole query needs."""
        return frozenset(self._sets[0])


class Statement:
    """What all parts of one DuckDB statement share, the queries of views included."""

    def __init__(self) -> None:
        self.demand = Demand()
        self.scans: list[Scan] = []
        self._numbers = count()

    def fresh(self, letter: str) -> str:
        """Return a name that nothing else in the statement has."""
        return f"{letter}{next(self._numbers)}"

    def scan(self, table: Table) -> Scan:
        """Return a new reading of a table."""
        scan = Scan(len(self.scans), self.fresh("r"), table)
        self.scans.append(scan)
        return scan
