"""The query of an export: its fields, which rows of the table, and as what."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from etl.exports import described
from etl.exports.described import Column, Expression, NoCounterpart, Table
from etl.exports.errors import ExportError
from etl.exports.plan import Field, FieldType, Plan

UNFIT = "unfit row"
"""Name of the last column: the row as a JSON object where a field cannot hold one of its values, else null."""


class Session(Protocol):
    """A database as it was at one moment."""

    moment: datetime.datetime
    """In UTC, not later than the snapshot."""

    def describe(self, name: str) -> Table:
        """What the catalog says of a table."""

    def table(self, name: str) -> str:
        """A table's name in a query."""

    def quote(self, name: str) -> str:
        """A name in a query."""

    def moment_literal(self, column: Column, moment: datetime.datetime) -> str:
        """A moment to compare a column with."""

    def expression(self, field: Field, column: Column, utc_offset_minutes: int) -> Expression:
        """SQL that makes a field of a column."""

    def json_object(self, pairs: Any) -> str:
        """SQL of a row as a JSON object."""

    def one(self, sql: str) -> tuple[Any, ...] | None:
        """The first row of a query."""

    def batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of a query."""


@dataclass(frozen=True)
class Selection:
    """A table, looked at: what its rows are made into, and by what they are chosen."""

    session: Session
    plan: Plan
    table: Table
    columns: Mapping[Field, Column]
    expressions: Mapping[Field, Expression]

    @property
    def schema(self) -> pa.Schema:
        """The columns of the query."""
        fields = [pa.field(field.name, field.arrow_type) for field in self.plan.fields]
        return pa.schema([*fields, pa.field(UNFIT, pa.string())])

    def rows(self, after: str | None, until: str | None) -> Iterator[pa.RecordBatch]:
        """The rows whose highWater lies after one mark (None: since ever) and not after another."""
        pairs = [(field.name, self.expressions[field]) for field in self.plan.fields]
        conditions = [value.fits for _, value in pairs if value.fits]
        unfit = "NULL"
        if conditions:
            unfit = f"CASE WHEN NOT ({' AND '.join(conditions)}) THEN {self.session.json_object(pairs)} END"
        listed = ", ".join(value.sql for _, value in pairs)
        sql = f"SELECT {listed}, {_text(self.plan, unfit)} FROM {self._from} WHERE {self._between(after, until)}"
        return self.session.batches(sql, self.schema)

    def mark(self) -> str | None:
        """How far an export can go: the mark of the last rows that will not change unseen; None without highWater.

        For a timestamp, `lateBy` seconds before the moment of the snapshot; for an integer, the highest that there is.
        """
        field = self.plan.high_water
        if field is None:
            return None
        if field.type is FieldType.TIMESTAMP:
            return (self.session.moment - datetime.timedelta(seconds=self.plan.late_by)).isoformat(" ", "microseconds")
        found = self.session.one(f"SELECT max({self._high_water}) FROM {self._from}")
        return None if found is None or found[0] is None else str(int(found[0]))

    def start(self, mark: str | None) -> str | None:
        """After what an export begins that follows one up to `mark`."""
        if mark is None or self.plan.high_water is None or self.plan.high_water.type is FieldType.TIMESTAMP:
            return mark
        # What got a lower integer may have become visible later.
        return str(int(mark) - self.plan.late_by)

    def waiting(self, until: str | None) -> int:
        """How many rows lie beyond a mark."""
        if until is None:
            return 0
        found = self.session.one(f"SELECT count(*) FROM {self._from} WHERE {self._high_water} > {self._literal(until)}")
        return int(found[0]) if found else 0

    def require_sound(self, after: str | None, until: str | None) -> None:
        """Raises ExportError where a view has rows without highWater, or two rows of one key."""
        if not self.table.is_view:
            return
        high_water = self._high_water
        if high_water and self.session.one(f"SELECT 1 FROM {self._from} WHERE {high_water} IS NULL LIMIT 1"):
            raise ExportError(
                f"{self.table.name}: has rows without {high_water}, the contract's highWater, which would never be "
                "exported; let the view leave them out, or give them one"
            )
        key = ", ".join(self.session.quote(self.columns[field].name) for field in self.plan.key)
        if self.session.one(
            f"SELECT 1 FROM {self._from} WHERE {self._between(after, until)} GROUP BY {key} HAVING count(*) > 1 LIMIT 1"
        ):
            raise ExportError(
                f"{self.table.name}: has two rows with the same {key}, which the contract's primaryKey says tell rows "
                "apart; correct the contract or the view"
            )

    @property
    def _from(self) -> str:
        return self.session.table(self.plan.table)

    @property
    def _high_water(self) -> str:
        return self.session.quote(self.columns[self.plan.high_water].name) if self.plan.high_water else ""

    def _between(self, after: str | None, until: str | None) -> str:
        bounds = [f"{self._high_water} > {self._literal(after)}"] if after is not None else []
        bounds += [f"{self._high_water} <= {self._literal(until)}"] if until is not None else []
        return " AND ".join(bounds) or "1 = 1"

    def _literal(self, mark: str) -> str:
        field = self.plan.high_water
        if field is None or field.type is FieldType.INTEGER:
            return str(int(mark))
        column = self.columns[field]
        moment = datetime.datetime.fromisoformat(mark)
        if not column.zoned:
            moment += datetime.timedelta(minutes=self.plan.utc_offset_minutes or 0)
        return self.session.moment_literal(column, moment)


def look_at(session: Session, plan: Plan) -> Selection:
    """Match a plan with the table as it is. Raises ExportError naming table and column."""
    table = session.describe(plan.table)
    columns = described.matched(plan, table)
    expressions = {}
    for field, column in columns.items():
        try:
            expressions[field] = session.expression(field, column, plan.utc_offset_minutes or 0)
        except NoCounterpart as error:
            raise ExportError(
                f"{table.name}: the column {column.name!r} is {column.type}, which has no counterpart in a field of "
                f"type {field.words}: {error}"
            ) from None
    return Selection(session, plan, table, columns, expressions)


def _text(plan: Plan, sql: str) -> str:
    """A text column, null or not, as each engine calls it."""
    return f"({sql})::text" if plan.engine == "postgresql" else sql
