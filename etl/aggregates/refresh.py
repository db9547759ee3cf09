"""Bringing aggregates up to the curated table: the days whose rows changed are made anew, all in one commit."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from etl import shares
from etl.aggregates import rows
from etl.aggregates import table as tables
from etl.aggregates.changes import changed_days
from etl.aggregates.rows import DAY, SumTooLarge
from etl.contract import Aggregate, CompiledContract
from etl.iceberg.commits import Conflicts, add_snapshot
from etl.iceberg.days import day_of, files_of_days
from etl.lake import Lake

READ_BYTES = 64 * 1024 * 1024
"""Curated Parquet that is read at once; bounds memory beside the groups."""


@dataclass
class Refreshed:
    """What was done to an aggregate."""

    table: str
    days: int = 0
    """Days that were made anew."""
    rows: int = 0
    """Groups of these days."""
    conflicts: int = 0
    error: str = ""


@dataclass
class Aggregated:
    """What a run did to the aggregates of one source."""

    aggregates: list[Refreshed]


def refresh(catalog: Catalog, lake: Lake, contract: CompiledContract) -> list[Refreshed]:
    """Bring the aggregates of a source up to its curated table, and its tables up to the contract.

    Each table changes by one commit. A run that is killed leaves it as it was, and the next one does the work again.
    """
    return [_refresh(catalog, lake, contract, aggregate) for aggregate in contract.aggregates]


def _refresh(catalog: Catalog, lake: Lake, contract: CompiledContract, aggregate: Aggregate) -> Refreshed:
    done = Refreshed(aggregate.table)
    location = lake.aggregate_location(contract.source, aggregate.name)
    conflicts = Conflicts()
    while True:
        try:
            curated = catalog.load_table((lake.database, contract.table))
        except NoSuchTableError:
            return done
        table = tables.load_or_create(catalog, lake.database, aggregate, contract.event_time, location)
        # Another run may have brought the aggregate up to a snapshot that was not there a moment ago.
        curated.refresh()
        try:
            _bring_up(table, curated, contract, aggregate, done)
        except SumTooLarge as error:
            done.error = str(error)
        except CommitFailedException:
            # Another run was first. What it committed is looked at before anything is made again.
            conflicts.wait()
            done.conflicts = conflicts.count
            continue
        return done


def _bring_up(table: Table, curated: Table, contract: CompiledContract, aggregate: Aggregate, done: Refreshed) -> None:
    snapshot = curated.current_snapshot()
    now = str(snapshot.snapshot_id) if snapshot else tables.NO_SNAPSHOT
    meaning = tables.definition(aggregate, contract.event_time)
    since = table.properties.get(tables.SNAPSHOT, tables.NO_SNAPSHOT)
    redefined = table.properties.get(tables.DEFINITION) != meaning
    if since == now and not redefined:
        return
    days = None if redefined else changed_days(curated, since)
    transaction = table.transaction()
    if redefined:
        tables.redefine(transaction, aggregate)
    target = Table(table.name(), transaction.table_metadata, table.metadata_location, table.io, table.catalog)
    added: list[DataFile] = []
    removed: list[DataFile] = []
    if days is None:
        removed = [task.file for task in table.scan().plan_files()]
    days_made, groups_made = 0, 0
    sources = _by_month(curated, contract.event_time, days)
    for month in sorted(sources.keys() | {tables.month_of(day) for day in days or ()}):
        changed = None if days is None else {day for day in days if tables.month_of(day) == month}
        made = rows.aggregated(
            _read(curated, contract, aggregate, sources[month]), aggregate, contract.event_time, _schema(target)
        )
        days_made += len(pc.unique(made[DAY])) if changed is None else len(changed)
        groups_made += made.num_rows
        if changed is not None:
            kept = list(_rewritten(table, month, changed))
            removed += [task.file for task in kept]
            made = _with_other_days(table, kept, changed, made, aggregate)
        added += tables.write(target, made, month)
    add_snapshot(transaction, removed, added)
    transaction.set_properties({tables.SNAPSHOT: now, tables.DEFINITION: meaning})
    transaction.commit_transaction()
    done.days, done.rows = days_made, groups_made


def _by_month(curated: Table, event_time: str, days: set[int] | None) -> dict[int, list[FileScanTask]]:
    """The curated table's files of some days (None: all), by month."""
    if days is None:
        tasks = curated.scan().plan_files()
    else:
        tasks = itertools.chain.from_iterable(files_of_days(curated, event_time, days).values())
    found: dict[int, list[FileScanTask]] = defaultdict(list)
    for task in tasks:
        found[tables.month_of(day_of(curated, task.file))].append(task)
    return found


def _read(
    curated: Table, contract: CompiledContract, aggregate: Aggregate, tasks: list[FileScanTask]
) -> Iterator[pa.Table]:
    """The rows of some files, in the columns that an aggregate needs, some files at a time."""
    schema = curated.schema().select(*rows.columns(aggregate, contract.event_time))
    arrow = schema_to_pyarrow(schema, include_field_ids=False)
    for batch in shares.by_size(tasks, lambda task: task.file.file_size_in_bytes, READ_BYTES):
        read = ArrowScan(curated.metadata, curated.io, schema, AlwaysTrue()).to_table(batch)
        yield read.select(arrow.names).cast(arrow)


def _rewritten(table: Table, month: int, days: set[int]) -> Iterator[FileScanTask]:
    """The files of a month to write anew when days of it change: those that hold such days, and those not full."""
    for task in table.scan().plan_files():
        full = task.file.record_count >= tables.FILE_ROWS
        if task.file.partition[0] == month and not (full and not tables.holds(table, task, days)):
            yield task


def _with_other_days(
    table: Table, tasks: list[FileScanTask], days: set[int], made: pa.Table, aggregate: Aggregate
) -> pa.Table:
    """The groups that were made, and of these files those of all other days."""
    if not tasks:
        return made
    held = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue()).to_table(tasks)
    changed = pa.array(sorted(days), pa.int32()).cast(pa.date32())
    others = held.filter(pc.invert(pc.is_in(held[DAY], value_set=changed)))
    together = pa.concat_tables([made, others.select(made.column_names).cast(made.schema)])
    return together.sort_by([(name, "ascending") for name in (DAY, *aggregate.by)])


def _schema(table: Table) -> pa.Schema:
    return schema_to_pyarrow(table.schema(), include_field_ids=True)
