"""Every record against its contract, by the rules of the API: rows for the table, and bad records with reasons."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from etl.files import events, json_columns, json_text, names
from etl.files.certain import Certain, json_rows, rows
from etl.files.contract import FileContract
from etl.files.records import BadRecord, Batch, Refused


@dataclass(frozen=True)
class Checked:
    """A batch after the check."""

    rows: pa.Table
    bad: list[BadRecord]
    filtered: list[int]
    """Numbers of the good records that the contract's filter keeps out."""


class Checker:
    """Checks the records of one file."""

    def __init__(self, contract: FileContract, file_id: str, received_at: datetime.datetime) -> None:
        """`received_at` is in UTC, without a time zone."""
        self._contract, self._file_id, self._received_at = contract, file_id, received_at
        self._renaming = events.Renaming(frozenset(contract.known))
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
        if batch.block:
            checked = self._by_line(batch)
        elif batch.columns is not None:
            checked = self._by_column(batch)
        else:
            checked = self._by_event(batch, events.from_json(batch.events or [], self._renaming))
        bad = sorted([*checked.bad, *batch.bad], key=lambda record: record.number)
        return Checked(checked.rows, bad, checked.filtered)

    def _by_column(self, batch: Batch) -> Checked:
        """Whole columns where that is certain, and a look at each of the other rows."""
        found = self._found or {}
        certain = None if self._contract.is_of_interest else rows(batch, self._contract, found)
        if certain is None:
            return self._by_event(batch, events.from_columns(batch, self._contract, found))
        if certain.sure.all():
            return Checked(self._table(certain.columns, batch.numbers), [], [])
        others = batch.only(~certain.sure)
        looked_at = self._by_event(others, events.from_columns(others, self._contract, found))
        return self._together(batch, certain, looked_at)

    def _by_line(self, batch: Batch) -> Checked:
        """Lines that look alike as columns, and all others one by one."""
        read = None if self._contract.is_of_interest else json_columns.read(batch.block)
        certain = json_rows(read, self._contract) if read and len(read.is_read) == len(batch.numbers) else None
        if certain is None:
            return self.check(json_text.parsed(batch))
        if certain.sure.all():
            return Checked(self._table(certain.columns, batch.numbers), [], [])
        return self._together(batch, certain, self.check(json_text.parsed(batch, ~certain.sure)))

    def _together(self, batch: Batch, certain: Certain, others: Checked) -> Checked:
        """The sure rows of a batch, and what a look at each of the others found."""
        sure = self._table(certain.columns, batch.numbers).filter(pa.array(certain.sure))
        if not others.rows.num_rows:
            return Checked(sure, others.bad, others.filtered)
        numbers = batch.numbers[~certain.sure]
        good = np.setdiff1d(numbers, [*(record.number for record in others.bad), *others.filtered], assume_unique=True)
        order = np.argsort(np.concatenate([batch.numbers[certain.sure], good]))
        together = pa.concat_tables([sure, others.rows])
        return Checked(together.take(pa.array(order)), others.bad, others.filtered)

    def _by_event(self, batch: Batch, given: list[Any]) -> Checked:
        """The generated check, and the filter, for each event."""
        numbers, accepted = [], []
        bad: list[BadRecord] = []
        filtered: list[int] = []
        check, is_of_interest = self._contract.check, self._contract.is_of_interest
        for event, number, line in zip(given, batch.numbers.tolist(), batch.lines.tolist(), strict=True):
            if type(event) is not dict:
                bad.append(BadRecord(number, line, event, [{"field": "event", "reason": "must be a JSON object"}]))
                continue
            row, errors = check(event)
            if errors or row is None:
                bad.append(BadRecord(number, line, event, errors))
            elif is_of_interest is not None and not is_of_interest(self._whole(row, number)):
                filtered.append(number)
            else:
                numbers.append(number)
                accepted.append(row)
        columns = {
            field.name: _column([row.get(field.name) for row in accepted], field.type)
            for field in self._contract.schema
            if field.name not in ("received_at", "ingest_id")
        }
        return Checked(self._table(columns, np.array(numbers, np.int64)), bad, filtered)

    def _whole(self, row: dict[str, Any], number: int) -> dict[str, Any]:
        """A row as the transform has it when it asks the filter."""
        own_id, received_at = f"{self._file_id}-{number}", self._received_at.isoformat(" ", "milliseconds")
        key, time = self._contract.primary_key, self._contract.event_time
        own = {key: row.get(key) or own_id, time: row.get(time) or received_at}
        return {**row, **own, "received_at": received_at, "ingest_id": own_id}

    def _table(self, columns: dict[str, pa.Array], numbers: npt.NDArray[np.int64]) -> pa.Table:
        """The columns of the processed table. A row without key has its own id as one, one without time its receipt."""
        ids = pc.binary_join_element_wise(self._file_id, pa.array(numbers).cast(pa.string()), "-")
        received = pa.repeat(pa.scalar(self._received_at, pa.timestamp("ms")), len(numbers))
        columns = {**columns, "ingest_id": ids, "received_at": received}
        for name, other in ((self._contract.primary_key, ids), (self._contract.event_time, received)):
            columns[name] = _filled(columns.get(name), other)
        return pa.Table.from_arrays(
            [
                columns[field.name].cast(field.type) if field.name in columns else pa.nulls(len(numbers), field.type)
                for field in self._contract.schema
            ],
            schema=self._contract.schema,
        )


def _filled(column: pa.Array | None, other: pa.Array) -> pa.Array:
    if column is None or pa.types.is_null(column.type):
        return other
    if pa.types.is_string(column.type):
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
    return pc.coalesce(column, other) if column.null_count else column


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Values as the generated check leaves them: moments and dates are texts, decimals doubles of few digits."""
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pa.array(values, pa.string()).cast(kind)
    if pa.types.is_decimal(kind):
        return pa.array([None if value is None else Decimal(repr(value)) for value in values], kind)
    if pa.types.is_floating(kind):
        return pa.array([None if value is None else float(value) for value in values], kind)
    return pa.array(values, kind)
