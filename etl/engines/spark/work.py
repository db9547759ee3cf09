"""What executors do: read objects, settle a bucket of keys, write data files. Each is a function of its input alone.

Spark runs a task again where an executor is lost, and twice where one is slow; what one of the two returned is taken.
So a task returns all that matters, and whoever reads the same again makes the same rows in the same bucket.
"""

import datetime
import functools
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io.pyarrow import _read_all_delete_files, schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, StaticTable, Table

from etl.contract import CompiledContract
from etl.curation import fingerprints, repeats
from etl.curation.fetching import fetched
from etl.curation.fingerprints import Sieve
from etl.curation.inputs import UnreadableObject
from etl.curation.ledger import Input
from etl.engines.spark import blocks
from etl.iceberg import data_files
from etl.iceberg.days import MICROSECONDS_PER_DAY
from etl.iceberg.row_order import Numbers

FLOOD_ROWS = 1000
"""A key that one task reads more often is a flood: its rows are settled there, or they would all go to one bucket."""


@dataclass(frozen=True)
class Job:
    """What every task is told."""

    contract: CompiledContract
    processed_bucket: str
    metadata_location: str
    """The table as it is while this job works."""
    file_io: Mapping[str, str]
    """Properties of pyiceberg's access to files; no credentials, each executor finds those of the job's role."""
    environment: Mapping[str, str]
    """Variables for boto3, set where an executor lacks them."""
    buckets: int
    now: datetime.datetime
    """UTC, without zone."""
    s3: Callable[[], Any]
    """Makes a client of S3, or what stands for one."""


class Delivered(NamedTuple):
    """Rows of delivered objects, of one bucket, as a block."""

    block: bytes


class Known(NamedTuple):
    """Key, `received_at` and `position` of rows of a data file of the table, of one bucket, as a block."""

    path: str
    block: bytes


class Read(NamedTuple):
    """How many rows a task has read from delivered objects, and when the first of them was received."""

    rows: int
    first_received: datetime.datetime | None


class Failed(NamedTuple):
    """An object that could not be read, and why."""

    input: Input
    reason: str


class Settled(NamedTuple):
    """Rows that are added, of one bucket and one day of event time (days since 1970-01-01)."""

    day: int
    bucket: int
    rows: int
    size_bytes: int
    """In memory."""
    block: bytes


class Replaced(NamedTuple):
    """Positions in a data file of the table of rows that gave way to one that is added."""

    path: str
    positions: Numbers


def read(job: Job, objects: Iterable[Input]) -> Iterator[tuple[int, Delivered | Read | Failed]]:
    """Delivered rows by bucket; and as of one more bucket, what is to be told of them."""
    contract = job.contract
    schema = schema_to_pyarrow(_table(job).schema(), include_field_ids=False)
    parts = [schema.empty_table()]
    for item in fetched(_s3(job), job.processed_bucket, iter(objects), contract, schema):
        try:
            parts += [part.cast(schema) for part in item.rows()]
        except UnreadableObject as error:
            yield job.buckets, Failed(item.input, str(error))
    rows = pa.concat_tables(parts)
    yield job.buckets, Read(rows.num_rows, pc.min(rows["received_at"]).as_py())
    rows = _without_floods(job, rows)
    for bucket, part in blocks.cut(rows, blocks.bucket_of(rows[contract.primary_key], job.buckets)):
        yield bucket, Delivered(blocks.pack(part))


def read_known(job: Job, files: Iterable[FileScanTask]) -> Iterator[tuple[int, Known]]:
    """The keys of data files of the table by bucket."""
    table, key = _table(job), job.contract.primary_key
    for task in files:
        deleted = _deleted(table, task)
        for begin, rows in data_files.read(table, task.file, [key, "received_at"]):
            positions = np.arange(begin, begin + rows.num_rows)
            keys = pa.table(
                {
                    key: rows[key].cast(pa.string()),
                    "received_at": rows["received_at"].cast(pa.int64()),
                    "position": positions,
                }
            ).filter(pa.array(~np.isin(positions, deleted)))
            for bucket, part in blocks.cut(keys, blocks.bucket_of(keys[key], job.buckets)):
                yield bucket, Known(task.file.file_path, blocks.pack(part))


def settle(job: Job, bucket: int, items: Iterable[tuple[int, Any]]) -> Iterator[Settled | Replaced]:
    """Settle which rows of a bucket are added, by day, and which of the table's rows they replace."""
    delivered: list[bytes] = []
    known: list[Known] = []
    for _, item in items:
        if isinstance(item, Delivered):
            delivered.append(item.block)
        elif isinstance(item, Known):
            known.append(item)
    if not delivered:
        return
    table, contract = _table(job), job.contract
    rows = blocks.unpack(delivered, schema_to_pyarrow(table.schema(), include_field_ids=False))
    hashes = fingerprints.of(rows[contract.primary_key])
    held = _held(contract.primary_key, known, Sieve(hashes))
    suspects = np.union1d(
        fingerprints.repeated(hashes), Sieve(fingerprints.of(held[contract.primary_key])).among(hashes)
    )
    if len(suspects):
        settled = repeats.settle(
            rows.take(pa.array(suspects)),
            held,
            contract,
            job.now,
            lambda places: data_files.take(table, places, lambda path: DataFile.from_args(file_path=path)),
        )
        lost = suspects[settled.repeats.to_numpy()]
        rows = rows.take(pa.array(np.delete(np.arange(rows.num_rows), lost)))
        for path, _, positions in data_files.by_file(settled.replaced):
            yield Replaced(path, positions)
    days = np.floor_divide(rows[contract.event_time].cast(pa.int64()).to_numpy(), MICROSECONDS_PER_DAY)
    for day, part in blocks.cut(rows, days):
        yield Settled(day, bucket, part.num_rows, part.nbytes, blocks.pack(part))


def write(job: Job, items: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
    """Store the rows of all blocks as data files; returns pyiceberg's description of each, pickled."""
    table = _table(job)
    rows = blocks.unpack((block for _, block in items), schema_to_pyarrow(table.schema(), include_field_ids=False))
    yield from (pickle.dumps(file) for file in data_files.write(table, rows, job.contract.event_time))


def rewrite(job: Job, replaced: tuple[FileScanTask, Numbers]) -> Iterator[bytes]:
    """A data file written anew without the rows at some positions, if any are left; as `write` returns it."""
    table = _table(job)
    task, positions = replaced
    rest = data_files.without(table, task.file, np.union1d(positions, _deleted(table, task)), job.contract.event_time)
    if rest:
        yield pickle.dumps(rest)


def itself(number: int) -> int:
    """The partition of what is numbered by partition."""
    return number


def second_of_each(items: Iterable[tuple[int, Any]]) -> Iterator[Any]:
    """What stands under the number of a partition."""
    return (item for _, item in items)


def without_block(item: Settled | Replaced) -> Settled | Replaced:
    """What the driver needs to know of what is settled."""
    return item._replace(block=b"") if isinstance(item, Settled) else item


def is_settled(item: Settled | Replaced) -> bool:
    """Whether it is rows that are added."""
    return isinstance(item, Settled)


def _without_floods(job: Job, rows: pa.Table) -> pa.Table:
    hashes = fingerprints.of(rows[job.contract.primary_key])
    unique, counts = np.unique(hashes, return_counts=True)
    if not np.any(counts > FLOOD_ROWS):
        return rows
    flooded = np.isin(hashes, unique[counts > FLOOD_ROWS])
    thinned = repeats.first_of_each(rows.filter(pa.array(flooded)), job.contract, job.now)
    return pa.concat_tables([rows.filter(pa.array(~flooded)), thinned])


def _held(key: str, known: Iterable[Known], sieve: Sieve) -> pa.Table:
    """Those known rows that may share a key with a new one, as `repeats.settle` takes them."""
    found = [pa.schema([(key, pa.string()), ("received_at", pa.int64()), *data_files.PLACES]).empty_table()]
    for path, block in known:
        rows = pa.ipc.open_stream(block).read_all()
        rows = rows.take(pa.array(sieve.among(fingerprints.of(rows[key]))))
        found.append(rows.add_column(2, "file", pa.repeat(path, rows.num_rows)))
    return pa.concat_tables(found)


def _deleted(table: Table, task: FileScanTask) -> Numbers:
    """Positions in a data file that delete files of another engine have removed."""
    positions = [part.to_numpy() for parts in _read_all_delete_files(table.io, [task]).values() for part in parts]
    return np.concatenate([np.empty(0, np.intp), *positions]).astype(np.intp)


def _table(job: Job) -> Table:
    _set_environment(job)
    return _load(job.metadata_location, tuple(sorted(job.file_io.items())))


def s3() -> Any:
    """A client of S3."""
    return boto3.client("s3")


def _s3(job: Job) -> Any:
    _set_environment(job)
    return _client(job.s3)


def _set_environment(job: Job) -> None:
    for name, value in job.environment.items():
        os.environ.setdefault(name, value)


# Spark keeps its Python processes from task to task.
@functools.lru_cache(maxsize=1)
def _load(metadata_location: str, file_io: tuple[tuple[str, str], ...]) -> Table:
    return StaticTable.from_metadata(metadata_location, dict(file_io))


@functools.cache
def _client(s3: Callable[[], Any]) -> Any:
    return s3()
