"""The engine past one machine's size. Read and cut by key, settled bucket by bucket, written day by day."""

import datetime
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from etl import shares
from etl.contract import CompiledContract
from etl.curation.known import horizon_files, horizon_start
from etl.curation.ledger import Input
from etl.engines.engine import Addition
from etl.engines.spark import work
from etl.engines.spark.placement import Placement
from etl.engines.spark.work import Failed, Job, Read, Replaced, Settled
from etl.iceberg.row_order import Numbers

MAX_BATCH_BYTES = 64 * 1024**3
"""Delivered Parquet that one commit takes in: 2,000 tasks read it, into as many buckets."""
READ_BYTES = 32 * 1024**2
"""Parquet that one task reads."""
READ_OBJECTS = 100
"""Objects that one task reads; each takes a request or two."""
BUCKET_BYTES = 32 * 1024**2
"""Delivered Parquet whose keys one task settles; several times as much when it is decoded."""
_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
_FILE_IO = ("s3.endpoint", "s3.region")

_Item = TypeVar("_Item")


class TaskFailed(Exception):
    """A task of Spark failed as often as Spark repeats it; nothing is committed. The message is the task's own."""


class SparkEngine:
    """Makes data files of delivered objects by the tasks of a SparkContext; all that is pending in one addition.

    `context` gives the SparkContext; it is asked for when there is something to do.
    """

    def __init__(
        self, context: Callable[[], Any], bucket: str, contract: CompiledContract, s3: Callable[[], Any] = work.s3
    ) -> None:
        self._context, self._bucket, self._contract, self._s3 = context, bucket, contract, s3

    def additions(self, table: Table, pending: Iterator[Input]) -> Iterator[Addition]:
        """What each batch adds to the table; it must be committed before the next one is asked for.

        Raises TaskFailed.
        """
        from py4j.protocol import Py4JJavaError

        while batch := _batch(pending):
            try:
                addition = self._addition(self._context(), table, batch)
            except Py4JJavaError as error:
                raise TaskFailed(_reason(str(error.java_exception))) from error
            yield addition

    def _addition(self, context: Any, table: Table, batch: Sequence[Input]) -> Addition:
        from pyspark import StorageLevel

        job = Job(
            self._contract,
            self._bucket,
            table.metadata_location,
            {name: value for name, value in table.io.properties.items() if name in _FILE_IO},
            {name: os.environ[name] for name in _VARIABLES if name in os.environ},
            max(context.defaultParallelism, -(-sum(item.size_bytes for item in batch) // BUCKET_BYTES)),
            datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
            self._s3,
        )
        delivered = _by_bucket(context, job, work.read, _shares(batch, _input_bytes, context.defaultParallelism))
        # What readers tell stands in a partition of its own. What they read stays on the executors' disks meanwhile.
        told = context.runJob(delivered, work.second_of_each, [job.buckets])
        known = _known_files(table, job, told)
        if known:
            each = _shares(list(known.values()), _file_bytes, context.defaultParallelism)
            delivered = delivered.union(_by_bucket(context, job, work.read_known, each))
        # Its days are counted before their files are written. On disk, for it may be as much as the input.
        settled = delivered.mapPartitionsWithIndex(partial(work.settle, job)).persist(StorageLevel.DISK_ONLY)
        try:
            summary = settled.map(work.without_block).collect()
            files = _write(settled, job, Placement(item for item in summary if isinstance(item, Settled)))
        finally:
            settled.unpersist()
        failed = {item.input: item.reason for item in told if isinstance(item, Failed)}
        replaced = _positions(item for item in summary if isinstance(item, Replaced))
        rows_replaced = sum(len(positions) for positions in replaced.values())
        return Addition(
            inputs=[item for item in batch if item not in failed],
            files=files + _rewrite(context, job, [(known[path], positions) for path, positions in replaced.items()]),
            replaced=[known[path].file for path in replaced],
            failed=failed,
            rows_read=sum(item.rows for item in told if isinstance(item, Read)),
            rows_added=sum(item.rows for item in summary if isinstance(item, Settled)) - rows_replaced,
            rows_replaced=rows_replaced,
        )


def _reason(java_error: str) -> str:
    """What the Python code of a task raised, out of Java's account of it."""
    lines = [line for line in java_error.partition("\n\tat ")[0].splitlines() if line.strip()]
    return lines[-1] if lines else java_error


def _batch(pending: Iterator[Input]) -> list[Input]:
    batch: list[Input] = []
    size = 0
    while size < MAX_BATCH_BYTES and (item := next(pending, None)):
        batch.append(item)
        size += item.size_bytes
    return batch


def _known_files(table: Table, job: Job, told: Iterable[Read | Failed]) -> dict[str, FileScanTask]:
    """The table's files, by path, that may hold a key of the delivered rows."""
    moments = [item.first_received for item in told if isinstance(item, Read) and item.first_received]
    if not moments or table.current_snapshot() is None:
        return {}
    since = horizon_start(min(moments), job.contract, job.now)
    return {task.file.file_path: task for task in horizon_files(table, since)}


def _positions(replaced: Iterable[Replaced]) -> dict[str, Numbers]:
    """The positions of replaced rows by path of the data file."""
    found: dict[str, list[Numbers]] = {}
    for item in replaced:
        found.setdefault(item.path, []).append(item.positions)
    return {path: np.concatenate(parts) for path, parts in found.items()}


def _by_bucket(context: Any, job: Job, reader: Callable[..., Any], each: Iterable[Any]) -> Any:
    """What a reader makes of each share, in a partition for each bucket and one more."""
    listed = list(each)
    return (
        context.parallelize(listed, len(listed)).flatMap(partial(reader, job)).partitionBy(job.buckets + 1, work.itself)
    )


def _write(settled: Any, job: Job, placement: Placement) -> list[DataFile]:
    if not placement.tasks:
        return []
    placed = settled.filter(work.is_settled).map(placement.place).partitionBy(placement.tasks, work.itself)
    return [pickle.loads(file) for file in placed.mapPartitions(partial(work.write, job)).collect()]


def _rewrite(context: Any, job: Job, replaced: list[tuple[FileScanTask, Numbers]]) -> list[DataFile]:
    if not replaced:
        return []
    rewritten = context.parallelize(replaced, len(replaced)).flatMap(partial(work.rewrite, job))
    return [pickle.loads(file) for file in rewritten.collect()]


def _input_bytes(item: Input) -> int:
    return item.size_bytes


def _file_bytes(task: FileScanTask) -> int:
    return task.file.file_size_in_bytes


def _shares(items: Sequence[_Item], size: Callable[[_Item], int], parallel: int) -> Iterator[tuple[_Item, ...]]:
    """What each task reads, so that all of `parallel` have something to do if there is enough."""
    limit = min(READ_BYTES, -(-sum(map(size, items)) // parallel))
    return map(tuple, shares.by_size(items, size, limit, READ_OBJECTS))
