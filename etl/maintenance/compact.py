"""Compaction: the small files of a day become few that are large and sorted; the rows stay what they are.

A commit replaces the files of some days. It is refused if anybody has committed since these files were looked up, so
that a file which is gone never comes back; the days are then looked up again.
"""

import datetime
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, GreaterThanOrEqual, IsNull, LessThan, Or
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.manifest import DataFile, ManifestContent
from pyiceberg.table import FileScanTask, Table
from pyiceberg.types import DoubleType, FloatType

from etl.iceberg import data_files, layout
from etl.iceberg import snapshots as replacement
from etl.iceberg.conflicts import Conflicts
from etl.iceberg.snapshots import ReplaceFiles

MIB = 1024 * 1024
TARGET_BYTES = layout.FILE_BYTES
FULL_BYTES = TARGET_BYTES * 3 // 4
"""A file of this size is left alone, as in Iceberg's own rewrite
(https://iceberg.apache.org/docs/latest/spark-procedures/#rewrite_data_files, min-file-size-bytes)."""
CHEAP_BYTES = 4 * MIB
"""A file up to this size is always worth merging: to open it costs a query more than to read it."""
GROWTH = 4
"""A larger file is merged when the smaller ones of its day come to a quarter of it, so that a few late events never
have a large file written anew."""
UNSETTLED_FILES = 8
"""Files that a day which is not over, or is yet to come, must have."""
COMMIT_BYTES = 1024 * MIB
COMMIT_DAYS = 100
"""What one commit takes in; a killed run does no more than that again."""
_EPOCH = datetime.date(1970, 1, 1)


@dataclass
class Compaction:
    """What was compacted."""

    compacted_days: int = 0
    compacted_files: int = 0
    written_files: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


class RowsDiffer(Exception):
    """The rows read are not as many as the files hold; nothing was committed. The message names the table and day."""


def compact(
    catalog: Catalog, identifier: tuple[str, str], event_time: str, today: datetime.date, done: Compaction
) -> None:
    """Compact all days of a table that are worth it, and add to `done`; each commit is told on standard output.

    Raises RowsDiffer. A run that is killed leaves the days of its commits compacted.
    """
    conflicts = Conflicts()
    table = catalog.load_table(identifier)
    days = _days(table, today)
    while days:
        group = list(_group(days))
        try:
            _replace(table, event_time, group, today, done)
        except CommitFailedException:
            conflicts.wait()
            table = catalog.load_table(identifier)
            continue
        for day in group:
            del days[day]


def worth_merging(sizes: Sequence[int], settled: bool) -> int:
    """How many of a day's files, the smallest ones, are to be merged; `sizes` are ascending, in bytes."""
    small = [size for size in sizes if size < FULL_BYTES]
    for count in range(len(small), 1 if settled else UNSETTLED_FILES - 1, -1):
        if small[count - 1] <= max(CHEAP_BYTES, GROWTH * sum(small[: count - 1])):
            return count
    return 0


def _days(table: Table, today: datetime.date) -> dict[int, int]:
    """The days worth compacting, as days since 1970, with the bytes to merge; the files are only counted."""
    sizes: defaultdict[int, list[int]] = defaultdict(list)
    snapshot = table.current_snapshot()
    for manifest in snapshot.manifests(table.io) if snapshot else ():
        if manifest.content == ManifestContent.DATA:
            for entry in manifest.fetch_manifest_entry(table.io):
                sizes[entry.data_file.partition[0]].append(entry.data_file.file_size_in_bytes)
    merged = {}
    for day, found in sorted(sizes.items()):
        ascending = sorted(found)
        if count := worth_merging(ascending, _date(day) < today):
            merged[day] = sum(ascending[:count])
    return merged


def _group(days: dict[int, int]) -> Iterator[int]:
    """The days of the next commit."""
    size = 0
    for number, (day, day_bytes) in enumerate(days.items()):
        size += day_bytes
        if number and (size > COMMIT_BYTES or number == COMMIT_DAYS):
            return
        yield day


def _replace(table: Table, event_time: str, days: list[int], today: datetime.date, done: Compaction) -> None:
    """Merge the files of some days in one commit."""
    removed: list[DataFile] = []
    added: list[DataFile] = []
    merged_days = set()
    for day, tasks in _tasks(table, event_time, days).items():
        for merge in _merges(table, event_time, tasks, _date(day) < today):
            removed += (task.file for task in merge.tasks)
            read = 0
            for condition in merge.parts:
                rows = ArrowScan(table.metadata, table.io, table.schema(), condition).to_table(merge.tasks)
                read += rows.num_rows
                added += data_files.write(table, rows, event_time)
            held = sum(task.file.record_count for task in merge.tasks)
            if read != held:
                raise RowsDiffer(f"{'.'.join(table.name())}, {_date(day)}: {read} rows read, {held} expected")
            merged_days.add(day)
    if not removed:
        return
    transaction = table.transaction()
    replacement.stage(ReplaceFiles, transaction, removed, added)
    transaction.commit_transaction()
    before, after = (sum(file.file_size_in_bytes for file in files) for files in (removed, added))
    done.compacted_days += len(merged_days)
    done.compacted_files += len(removed)
    done.written_files += len(added)
    done.bytes_before += before
    done.bytes_after += after
    print(
        f"{'.'.join(table.name())}: {_date(min(merged_days))} to {_date(max(merged_days))}, {len(merged_days)} days: "
        f"{len(removed):,} files of {before:,} bytes are now {len(added):,} of {after:,}",
        flush=True,
    )


def _tasks(table: Table, event_time: str, days: list[int]) -> dict[int, list[FileScanTask]]:
    """The files of some days; none that has delete files, which it would outlive."""
    first, end = _date(min(days)), _date(max(days) + 1)
    scan = table.scan(And(GreaterThanOrEqual(event_time, f"{first}T00:00:00"), LessThan(event_time, f"{end}T00:00:00")))
    tasks: dict[int, list[FileScanTask]] = {day: [] for day in days}
    for task in scan.plan_files():
        if task.file.partition[0] in tasks and not task.delete_files:
            tasks[task.file.partition[0]].append(task)
    return tasks


class _Merge(NamedTuple):
    """Files whose rows become one file for each of the conditions, of which each row meets one."""

    tasks: list[FileScanTask]
    parts: list[BooleanExpression]


def _merges(table: Table, event_time: str, tasks: list[FileScanTask], settled: bool) -> Iterator[_Merge]:
    """What is to be done to a day."""
    ascending = sorted(tasks, key=lambda task: task.file.file_size_in_bytes)
    chosen = ascending[: worth_merging([task.file.file_size_in_bytes for task in ascending], settled)]
    count = -(-sum(task.file.file_size_in_bytes for task in chosen) // TARGET_BYTES)
    if count > 1 and (parts := _ranges(table, event_time, chosen, count)):
        if len(parts) < len(chosen):
            yield _Merge(chosen, parts)
        return
    for batch in _batches(table, event_time, chosen):
        if len(batch) > 1:
            yield _Merge(batch, [AlwaysTrue()])


def _ranges(table: Table, event_time: str, tasks: list[FileScanTask], count: int) -> list[BooleanExpression]:
    """Ranges of the column that rows are sorted by first, alike in size, so that a query of one value reads one file.

    None where that is the time, or where one value alone is too much for a file.
    """
    order = table.sort_order().fields
    column = table.schema().find_field(order[0].source_id) if order else None
    if column is None or column.name == event_time or isinstance(column.field_type, FloatType | DoubleType):
        return []
    schema = table.schema().select(column.name)
    values = ArrowScan(table.metadata, table.io, schema, AlwaysTrue()).to_table(tasks)[column.name]
    rows = -(-len(values) // count)
    counted = pa.Table.from_struct_array(pc.value_counts(values)).filter(pc.field("values").is_valid())
    bounds: list[Any] = []
    held = values.null_count
    if max(held, pc.max(counted["counts"]).as_py() or 0) > rows:
        return []
    for row in counted.sort_by("values").to_pylist():
        held += row["counts"]
        if held > rows:
            bounds.append(row["values"])
            held = row["counts"]
    # The column comes first of the sort order, nulls first or last; here they go with the lowest values.
    if not bounds:
        return []
    return [
        Or(IsNull(column.name), LessThan(column.name, bounds[0])),
        *(
            And(GreaterThanOrEqual(column.name, low), LessThan(column.name, high))
            for low, high in itertools.pairwise(bounds)
        ),
        GreaterThanOrEqual(column.name, bounds[-1]),
    ]


def _batches(table: Table, event_time: str, tasks: list[FileScanTask]) -> Iterator[list[FileScanTask]]:
    """Files that come to one together. Neighbours in time stay together, so that files overlap little."""
    time_id = table.schema().find_field(event_time).field_id

    def first(task: FileScanTask) -> int:
        return int.from_bytes((task.file.lower_bounds or {}).get(time_id, b""), "little", signed=True)

    batch: list[FileScanTask] = []
    size = 0
    for task in sorted(tasks, key=first):
        if batch and size + task.file.file_size_in_bytes > TARGET_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += task.file.file_size_in_bytes
    if batch:
        yield batch


def _date(day: int) -> datetime.date:
    return _EPOCH + datetime.timedelta(days=day)
