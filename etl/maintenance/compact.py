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

from etl import shares
from etl.iceberg import data_files, layout
from etl.iceberg.commits import Conflicts, add_snapshot
from etl.iceberg.days import date_of, day_of, files_of_days

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
        group = next(shares.by_size(days, days.__getitem__, COMMIT_BYTES, COMMIT_DAYS))
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


class _Size(NamedTuple):
    """What is to be known of a data file to say whether it is written anew."""

    size_bytes: int
    is_in_order: bool
    """Whether its rows have the order that the table has now."""


def _size(table: Table, file: DataFile) -> _Size:
    return _Size(file.file_size_in_bytes, file.sort_order_id == table.metadata.default_sort_order_id)


def _chosen(sizes: Sequence[_Size], settled: bool) -> list[int]:
    """The numbers of those of a day's files that are to be written anew: the smallest, and those of an older order.

    `sizes` are ascending.
    """
    count = worth_merging([file.size_bytes for file in sizes], settled)
    return [number for number, file in enumerate(sizes) if number < count or (settled and not file.is_in_order)]


def _days(table: Table, today: datetime.date) -> dict[int, int]:
    """The days worth compacting, as days since 1970, with the bytes to merge; the files are only counted."""
    sizes: defaultdict[int, list[_Size]] = defaultdict(list)
    snapshot = table.current_snapshot()
    for manifest in snapshot.manifests(table.io) if snapshot else ():
        if manifest.content == ManifestContent.DATA:
            for entry in manifest.fetch_manifest_entry(table.io):
                sizes[day_of(table, entry.data_file)].append(_size(table, entry.data_file))
    merged = {}
    for day, found in sorted(sizes.items()):
        ascending = sorted(found)
        if chosen := _chosen(ascending, date_of(day) < today):
            merged[day] = sum(ascending[number].size_bytes for number in chosen)
    return merged


def _replace(table: Table, event_time: str, days: list[int], today: datetime.date, done: Compaction) -> None:
    """Merge the files of some days in one commit."""
    removed: list[DataFile] = []
    added: list[DataFile] = []
    merged_days = set()
    for day, found in files_of_days(table, event_time, days).items():
        # A file with delete files would outlive them.
        tasks = [task for task in found if not task.delete_files]
        for merge in _merges(table, event_time, tasks, date_of(day) < today):
            removed += (task.file for task in merge.tasks)
            read = 0
            for condition in merge.parts:
                rows = ArrowScan(table.metadata, table.io, table.schema(), condition).to_table(merge.tasks)
                read += rows.num_rows
                added += data_files.write(table, rows, event_time)
            held = sum(task.file.record_count for task in merge.tasks)
            if read != held:
                raise RowsDiffer(f"{'.'.join(table.name())}, {date_of(day)}: {read} rows read, {held} expected")
            merged_days.add(day)
    if not removed:
        return
    transaction = table.transaction()
    add_snapshot(transaction, removed, added, same_rows=True)
    transaction.commit_transaction()
    before, after = (sum(file.file_size_in_bytes for file in files) for files in (removed, added))
    done.compacted_days += len(merged_days)
    done.compacted_files += len(removed)
    done.written_files += len(added)
    done.bytes_before += before
    done.bytes_after += after
    print(
        f"{'.'.join(table.name())}: {date_of(min(merged_days))} to {date_of(max(merged_days))}, "
        f"{len(merged_days)} days: "
        f"{len(removed):,} files of {before:,} bytes are now {len(added):,} of {after:,}",
        flush=True,
    )


class _Merge(NamedTuple):
    """Files whose rows become one file for each of the conditions, of which each row meets one."""

    tasks: list[FileScanTask]
    parts: list[BooleanExpression]


def _merges(table: Table, event_time: str, tasks: list[FileScanTask], settled: bool) -> Iterator[_Merge]:
    """What is to be done to a day."""
    ascending = sorted(tasks, key=lambda task: _size(table, task.file))
    chosen = [ascending[number] for number in _chosen([_size(table, task.file) for task in ascending], settled)]
    count = -(-sum(task.file.file_size_in_bytes for task in chosen) // TARGET_BYTES)
    if count > 1 and (parts := _ranges(table, event_time, chosen, count)):
        if len(parts) < len(chosen) or not _are_in_order(table, chosen):
            yield _Merge(chosen, parts)
        return
    for batch in _batches(table, event_time, chosen):
        if len(batch) > 1 or not _are_in_order(table, batch):
            yield _Merge(batch, [AlwaysTrue()])


def _are_in_order(table: Table, tasks: Sequence[FileScanTask]) -> bool:
    return all(_size(table, task.file).is_in_order for task in tasks)


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

    return shares.by_size(sorted(tasks, key=first), lambda task: task.file.file_size_in_bytes, TARGET_BYTES)
