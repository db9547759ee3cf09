"""The engine for what one machine is quick enough for: a batch of rows in memory at a time, however many there are."""

import datetime
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table

from etl.contract import CompiledContract
from etl.curation import fingerprints, known, repeats
from etl.curation.fetching import fetched
from etl.curation.fingerprints import Hashes, Sieve
from etl.curation.inputs import UnreadableObject
from etl.curation.known import KnownKeys
from etl.curation.ledger import Input
from etl.engines.engine import Addition
from etl.iceberg import data_files
from etl.iceberg.row_order import Numbers

MAX_BATCH_ROWS = 500_000
MAX_BATCH_BYTES = 128 * 1024 * 1024
"""Rows in memory, and their bytes, that are worked on at once; what a killed run does again is as much."""
FILE_ROWS = 262_144
"""Rows of a file: of a large batch more than one are written at once."""


class PyArrowEngine:
    """Makes data files of delivered objects, a batch at a time."""

    def __init__(self, s3: Any, bucket: str, contract: CompiledContract) -> None:
        self._s3, self._bucket, self._contract = s3, bucket, contract
        self._known = KnownKeys(contract)

    def additions(self, table: Table, pending: Iterator[Input]) -> Iterator[Addition]:
        """What each batch adds to the table; it must be committed before the next one is asked for."""
        self._known.forget()
        schema = _small_offsets(schema_to_pyarrow(table.schema(), include_field_ids=False))
        addition, batch = Addition(), _Batch()
        for item in fetched(self._s3, self._bucket, pending, self._contract, schema):
            if batch.is_full or (item.is_large and addition.inputs):
                yield self._finish(table, batch, addition)
                self._known.committed(table)
                addition, batch = Addition(), _Batch()
            try:
                for rows in item.rows():
                    if item.is_large and batch.is_full:
                        self._add(table, batch.taken(), addition)
                    batch.add(rows)
                addition.inputs.append(item.input)
            except UnreadableObject as error:
                if item.is_large:
                    # Some of its rows may have been written: nothing refers to those files.
                    self._known.forget()
                    addition, batch = Addition(failed=addition.failed), _Batch()
                addition.failed[item.input] = str(error)
        if addition.inputs or addition.failed:
            yield self._finish(table, batch, addition)
            self._known.committed(table)

    def _finish(self, table: Table, batch: "_Batch", addition: Addition) -> Addition:
        if batch.rows:
            self._add(table, batch.taken(), addition)
        return addition

    def _add(self, table: Table, rows: pa.Table, addition: Addition) -> None:
        """Write those rows of a batch that win, and anew the files that held a row which does not any more."""
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        hashes = fingerprints.of(rows[self._contract.primary_key])
        repeated, replaced = self._repeats(table, rows, hashes, now)
        addition.rows_read += rows.num_rows
        addition.rows_added += rows.num_rows - len(repeated) - replaced.num_rows
        addition.rows_replaced += replaced.num_rows
        for path, _, positions in data_files.by_file(replaced):
            self._rewrite(table, path, positions, addition)
        if len(repeated) < rows.num_rows:
            chosen = np.ones(rows.num_rows, np.bool_)
            chosen[repeated] = False
            event_time, keys = self._contract.event_time, rows.select([self._contract.primary_key, "received_at"])
            for file, numbers in data_files.write_chosen(table, rows, event_time, np.flatnonzero(chosen), FILE_ROWS):
                self._known.wrote(file)
                self._known.remember(file, keys, numbers, hashes)
                addition.files.append(file)

    def _repeats(
        self, table: Table, rows: pa.Table, hashes: Hashes, now: datetime.datetime
    ) -> tuple[Numbers, pa.Table]:
        """The numbers of those rows that lose, and the places of rows that lose to one of them."""
        contract = self._contract
        since = known.horizon_start(pc.min(rows["received_at"]).as_py(), contract, now)
        held = self._known.look_up(table, hashes, since)
        suspects = fingerprints.repeated(hashes)
        if held.num_rows:
            again = Sieve(fingerprints.of(held[contract.primary_key])).among(hashes)
            suspects = np.union1d(suspects, again)
        if not len(suspects):
            return suspects, data_files.PLACES.empty_table()

        def whole(places: pa.Table) -> pa.Table:
            return data_files.take(table, places, self._known.file)

        settled = repeats.settle(rows.take(pa.array(suspects)), held, contract, now, whole)
        return suspects[settled.repeats.to_numpy()], settled.replaced

    def _rewrite(self, table: Table, path: str, positions: Numbers, addition: Addition) -> None:
        file = self._known.file(path)
        rest = data_files.without(
            table, file, np.union1d(positions, self._known.deleted(path)), self._contract.event_time
        )
        if self._known.remove(path):
            addition.replaced.append(file)
        else:
            addition.files.remove(file)
        if rest:
            self._known.wrote(rest)
            addition.files.append(rest)


class _Batch:
    """Rows that are worked on at once."""

    def __init__(self) -> None:
        self._parts: list[pa.Table] = []
        self.rows = 0
        self._bytes = 0

    def add(self, rows: pa.Table) -> None:
        self._parts.append(rows)
        self.rows += rows.num_rows
        self._bytes += rows.nbytes

    @property
    def is_full(self) -> bool:
        return self.rows >= MAX_BATCH_ROWS or self._bytes >= MAX_BATCH_BYTES

    def taken(self) -> pa.Table:
        """All rows; the batch is empty then."""
        names = self._parts[0].column_names
        columns = [[part.column(place) for part in self._parts] for place in range(len(names))]
        self._parts, self.rows, self._bytes = [], 0, 0
        whole = []
        while columns:
            # Column by column, so that no more than one is there twice.
            parts = columns.pop(0)
            column = pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)
            del parts
            whole.append(data_files.whole(column))
        return pa.Table.from_arrays(whole, names=names)


def _small_offsets(schema: pa.Schema) -> pa.Schema:
    """Text with offsets of 32 bits, which is what a batch needs."""
    return pa.schema(
        [field.with_type(pa.string()) if pa.types.is_large_string(field.type) else field for field in schema]
    )
