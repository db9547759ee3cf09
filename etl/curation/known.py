"""The keys that a table holds: which of its rows share a key with new ones, found without holding all of its keys."""

import datetime
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyiceberg.expressions import GreaterThanOrEqual
from pyiceberg.io.pyarrow import _read_all_delete_files
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from etl.contract import CompiledContract
from etl.curation import fingerprints
from etl.curation.fingerprints import Hashes, Sieve
from etl.iceberg import data_files
from etl.iceberg.row_order import Numbers

MAX_REMEMBERED_BYTES = 192 * 1024 * 1024
"""Keys that are kept in memory; those of other files are read again for each batch."""
READERS = 4


class _Keys(NamedTuple):
    """The keys of consecutive rows of a file."""

    rows: pa.Table
    """Their keys and moments of receipt, which may be among others and in another order: `numbers` are theirs."""
    numbers: Numbers | None
    hashes: Hashes
    first_position: int

    @property
    def nbytes(self) -> int:
        """What it takes to remember them."""
        share = len(self.hashes) / max(1, self.rows.num_rows)
        numbers_bytes = 0 if self.numbers is None else self.numbers.nbytes
        return int(self.rows.nbytes * share) + self.hashes.nbytes + numbers_bytes


def horizon_start(
    first_received: datetime.datetime, contract: CompiledContract, now: datetime.datetime
) -> datetime.datetime:
    """Since when a row was received that one received then can repeat. Receipts in the future count as now."""
    return min(first_received, now) - datetime.timedelta(days=contract.repeat_horizon_days)


def horizon_files(table: Table, since: datetime.datetime) -> Iterator[FileScanTask]:
    """The data files that hold a row received since then, by their statistics."""
    yield from table.scan(GreaterThanOrEqual("received_at", since.isoformat())).plan_files()


class KnownKeys:
    """Looks keys up in a table and in what was written for it and is not committed yet.

    A normal run looks once, and then reads the keys of each file in pieces and forgets them. From the second time on,
    as with a backlog, it remembers as many as there is room for.
    """

    def __init__(self, contract: CompiledContract) -> None:
        self._contract = contract
        self._snapshot_id: int | None = None
        self._since = datetime.datetime.max
        self._files: dict[str, FileScanTask] = {}
        """The files of the horizon as of the snapshot, less those that were removed since, and those written since."""
        self._written: dict[str, FileScanTask] = {}
        self._removed: set[str] = set()
        self._deleted: dict[str, Numbers] = {}
        """Positions of rows that delete files of another engine have removed."""
        self._remembered: dict[str, list[_Keys]] = {}
        self._remembered_bytes = 0
        self._remembering = threading.Lock()
        self._looks = 0

    def look_up(self, table: Table, hashes: Hashes, since: datetime.datetime) -> pa.Table:
        """The rows received since then whose keys may be among the hashed ones: key, `received_at`, `file`, `position`.

        May be: equal hashes are few, and whoever asks compares the keys.
        """
        self._plan(table, since)
        self._looks += 1
        key = self._contract.primary_key
        file = ("file", pa.dictionary(pa.int32(), pa.string()))
        schema = pa.schema([(key, pa.string()), ("received_at", pa.int64()), file, ("position", pa.int64())])
        if not self._files:
            return schema.empty_table()
        sieve = Sieve(hashes)
        with ThreadPoolExecutor(READERS) as pool:
            found = pool.map(lambda task: list(self._found(table, task, sieve)), self._files.values())
            parts = [part for parts in found for part in parts]
        return pa.concat_tables([schema.empty_table(), *parts]).unify_dictionaries()

    def wrote(self, file: DataFile) -> None:
        """A file was written, to be committed."""
        self._written[file.file_path] = self._files[file.file_path] = FileScanTask(file)

    def remember(self, file: DataFile, rows: pa.Table, numbers: Numbers, hashes: Hashes) -> None:
        """Keep the keys of a file that was written, if there is room; else they are read when they are needed.

        `rows` are keys and moments of receipt, `numbers` those that the file has, in its order.
        """
        self._remember(file.file_path, [_Keys(rows, numbers, hashes[numbers], 0)])

    def file(self, path: str) -> DataFile:
        """The file that look_up found a row in."""
        return self._files[path].file

    def remove(self, path: str) -> bool:
        """A file is replaced; whether it is the table's, not one that was written since the last commit."""
        self._removed.add(path)
        del self._files[path]
        self._remembered_bytes -= _size(self._remembered.pop(path, ()))
        return self._written.pop(path, None) is None

    def deleted(self, path: str) -> Numbers:
        """Positions in a file that delete files have removed."""
        return self._deleted.get(path, np.empty(0, np.intp))

    def committed(self, table: Table) -> None:
        """What was written and removed is in the table now."""
        snapshot = table.current_snapshot()
        if snapshot is None or snapshot.parent_snapshot_id != self._snapshot_id:
            self.forget()
            return
        self._snapshot_id = snapshot.snapshot_id
        self._written, self._removed = {}, set()

    def forget(self) -> None:
        """What was written will not be committed; the table is looked at anew."""
        self._since = datetime.datetime.max
        self._written, self._removed = {}, set()

    def _plan(self, table: Table, since: datetime.datetime) -> None:
        snapshot = table.current_snapshot()
        snapshot_id = snapshot.snapshot_id if snapshot else None
        if snapshot_id == self._snapshot_id and since >= self._since:
            return
        tasks = {task.file.file_path: task for task in horizon_files(table, since)} if snapshot else {}
        self._files = {path: task for path, task in tasks.items() if path not in self._removed} | self._written
        self._deleted = {
            path: np.concatenate([part.to_numpy() for part in positions]).astype(np.intp)
            for path, positions in _read_all_delete_files(table.io, tasks.values()).items()
        }
        for path in self._remembered.keys() - self._files.keys():
            self._remembered_bytes -= _size(self._remembered.pop(path))
        self._snapshot_id, self._since = snapshot_id, since

    def _found(self, table: Table, task: FileScanTask, sieve: Sieve) -> Iterator[pa.Table]:
        key, path = self._contract.primary_key, task.file.file_path
        deleted = self.deleted(path)
        for keys in self._keys(table, task.file):
            places = sieve.among(keys.hashes)
            positions = places + keys.first_position
            if len(deleted):
                alive = ~np.isin(positions, deleted)
                places, positions = places[alive], positions[alive]
            if len(places):
                rows = keys.rows.take(pa.array(places if keys.numbers is None else keys.numbers[places]))
                yield pa.table(
                    {
                        key: rows[key].cast(pa.string()),
                        "received_at": rows["received_at"].cast(pa.int64()),
                        "file": pa.DictionaryArray.from_arrays(np.zeros(len(places), np.int32), [path]),
                        "position": pa.array(positions),
                    }
                )

    def _keys(self, table: Table, file: DataFile) -> Iterator[_Keys]:
        """The keys of a file, part by part; remembered if there is room."""
        if (remembered := self._remembered.get(file.file_path)) is not None:
            yield from remembered
            return
        parts: list[_Keys] | None = [] if self._looks > 1 else None
        for position, rows in data_files.read(table, file, [self._contract.primary_key, "received_at"]):
            keys = _Keys(rows, None, fingerprints.of(rows[self._contract.primary_key]), position)
            yield keys
            if parts is not None:
                parts.append(keys)
                if self._remembered_bytes + _size(parts) > MAX_REMEMBERED_BYTES:
                    parts = None
        if parts is not None:
            self._remember(file.file_path, parts)

    def _remember(self, path: str, keys: list[_Keys]) -> None:
        with self._remembering:
            if self._remembered_bytes + _size(keys) <= MAX_REMEMBERED_BYTES:
                self._remembered[path] = keys
                self._remembered_bytes += _size(keys)


def _size(parts: "list[_Keys] | tuple[()]") -> int:
    return sum(part.nbytes for part in parts)
