"""Every record against its contract, by the rules of the API: rows for the table, and bad records with reasons."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from etl.files import events, names
from etl.files.contract import FileContract
from etl.files.records import BadRecord, Batch, Refused


@dataclass(frozen=True)
class Checked:
    """A batch after the check."""

    rows: pa.Table
    bad: list[BadRecord]


class Checker:
    """Checks the records of one file."""

    def __init__(self, contract: FileContract, file_id: str, received_at: datetime.datetime) -> None:
        """`received_at` is in UTC, without a time zone."""
        self._contract, self._file_id, self._received_at = contract, file_id, received_at
        self._renaming = events.Renaming(contract)
        self._found: dict[str, str] | None = None

    def require_columns(self, columns: Sequence[str]) -> None:
        """Raises Refused for a file that cannot have a single good row, saying which columns it lacks."""
        self._found = names.matched(columns, self._contract.known)
        present = set(self._found.values())
        missing = [
            field.name
            for field in self._contract.fields
            if field.required and not present.intersection((field.name, *field.aliases))
        ]
        if missing:
            given = ", ".join(columns[:50])
            raise Refused(
                f"has no column for the required {'field' if len(missing) == 1 else 'fields'} {', '.join(missing)}; "
                f"its columns are {given}"
            )

    def notes(self) -> list[str]:
        """What the sender should know about the names of columns."""
        return names.renamed(self._found if self._found is not None else self._renaming.found)

    def check(self, batch: Batch) -> Checked:
        """Check a batch; the rows are in the order of their numbers."""
        if batch.columns is not None:
            given = events.from_columns(batch, self._contract, self._found or {})
        else:
            given = events.from_json(batch.events or [], self._renaming)
        accepted, bad = self.by_event(given, batch.numbers.tolist(), batch.lines.tolist())
        return Checked(self.table(accepted), sorted([*bad, *batch.bad], key=lambda record: record.number))

    def by_event(
        self, given: Iterable[Any], numbers: list[int], lines: list[int]
    ) -> tuple[list[tuple[int, dict[str, Any]]], list[BadRecord]]:
        """The rows by the number of their record, and the bad records: the generated check for each."""
        accepted, bad = [], []
        check = self._contract.check
        for event, number, line in zip(given, numbers, lines, strict=True):
            if type(event) is not dict:
                bad.append(BadRecord(number, line, event, [{"field": "event", "reason": "must be a JSON object"}]))
                continue
            row, errors = check(event)
            if errors or row is None:
                bad.append(BadRecord(number, line, event, errors))
            else:
                accepted.append((number, row))
        return accepted, bad

    def table(self, accepted: list[tuple[int, dict[str, Any]]]) -> pa.Table:
        """Rows as the generated check gives them, as a table with ids and times."""
        rows = [row for _, row in accepted]
        arrays = []
        for field in self._contract.schema:
            if field.name == "ingest_id":
                arrays.append(pa.array([f"{self._file_id}-{number}" for number, _ in accepted], pa.string()))
            elif field.name == "received_at":
                arrays.append(pa.array([self._received_at] * len(rows), field.type))
            else:
                arrays.append(_column([row.get(field.name) for row in rows], field.type))
        return self.completed(pa.Table.from_arrays(arrays, schema=self._contract.schema))

    def completed(self, rows: pa.Table) -> pa.Table:
        """Rows without a key get their own id as the key, those without a time the moment of receipt."""
        for name, other in ((self._contract.primary_key, "ingest_id"), (self._contract.event_time, "received_at")):
            rows = _filled(rows, name, other)
        return rows


def _filled(rows: pa.Table, name: str, other: str) -> pa.Table:
    column = rows[name]
    if pa.types.is_string(column.type):
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
    if not column.null_count:
        return rows
    return rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), pc.coalesce(column, rows[other]))


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Values as the generated check leaves them: moments and dates are texts, decimals doubles of few digits."""
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pa.array(values, pa.string()).cast(kind)
    if pa.types.is_decimal(kind):
        return pa.array([None if value is None else Decimal(repr(value)) for value in values], kind)
    if pa.types.is_floating(kind):
        return pa.array([None if value is None else float(value) for value in values], kind)
    return pa.array(values, kind)
