"""The Iceberg table of an aggregate: made empty, and its files by month.

A file holds the groups of some days of one month. Most aggregates are small, and a file a day would be more footer
than rows; so a file that is not full is written together with the days that change.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import asdict

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.table import FileScanTask, Table, Transaction
from pyiceberg.transforms import MonthTransform

from etl.aggregates.rows import DAY
from etl.contract import Aggregate
from etl.iceberg import data_files
from etl.iceberg.days import date_of
from etl.iceberg.layout import ROW_GROUP_ROWS
from etl.iceberg.table import COMMITS, iceberg_type, loaded_or_made, schema_of

SNAPSHOT = "rapid.curated-snapshot"
"""The property that names the curated table's snapshot which the rows were made from."""
DEFINITION = "rapid.definition"
"""The property that says what the rows tell: a hash of the aggregate's definition."""
NO_SNAPSHOT = "none"

PARTITION = "month"
FILE_ROWS = 500_000
"""Rows of a full file. Fewer are written anew with what changes in their month."""


def load_or_create(catalog: Catalog, database: str, aggregate: Aggregate, event_time: str, location: str) -> Table:
    """The table, made empty if it is missing. `location` is an S3 URI that no other table shares."""
    return loaded_or_made(
        catalog,
        (database, aggregate.table),
        lambda identifier: catalog.create_table(
            identifier,
            schema_of(aggregate.columns),
            location=location,
            partition_spec=PartitionSpec(PartitionField(1, 1000, MonthTransform(), PARTITION)),
            properties={
                "format-version": "2",
                **COMMITS,
                DEFINITION: definition(aggregate, event_time),
                SNAPSHOT: NO_SNAPSHOT,
            },
        ),
    )


def definition(aggregate: Aggregate, event_time: str) -> str:
    """A hash of all that the rows depend on; descriptions are not among it."""
    told = asdict(aggregate) | {"columns": [(column.name, column.type) for column in aggregate.columns]}
    return hashlib.sha256(json.dumps([event_time, told], sort_keys=True).encode()).hexdigest()


def redefine(transaction: Transaction, aggregate: Aggregate) -> None:
    """Give a table, all of whose rows are to be replaced, the columns of another definition."""
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        for field in transaction.table_metadata.schema().fields:
            if field.name != DAY:
                update.delete_column(field.name)
        for column in aggregate.columns:
            if column.name != DAY:
                update.add_column(column.name, iceberg_type(column.type), doc=column.comment or None)


def month_of(day: int) -> int:
    """The month of a day, each counted since 1970."""
    date = date_of(day)
    return (date.year - 1970) * 12 + date.month - 1


def holds(table: Table, task: FileScanTask, days: Collection[int]) -> bool:
    """Whether a file may hold a row of one of these days, by its bounds."""
    day = table.schema().find_field(DAY).field_id
    lower, upper = (task.file.lower_bounds or {}).get(day), (task.file.upper_bounds or {}).get(day)
    if lower is None or upper is None:
        return True
    first, last = (int.from_bytes(bound, "little", signed=True) for bound in (lower, upper))
    return any(first <= changed <= last for changed in days)


def write(table: Table, rows: pa.Table, month: int) -> Iterator[DataFile]:
    """Store a month's rows, which are sorted, as data files; they become visible only by a commit."""
    name = f"{1970 + month // 12}-{month % 12 + 1:02d}"
    for start in range(0, rows.num_rows, FILE_ROWS):
        part = rows.slice(start, FILE_ROWS)
        groups = (part.slice(begin, ROW_GROUP_ROWS) for begin in range(0, part.num_rows, ROW_GROUP_ROWS))
        yield data_files.store(table, groups, f"{PARTITION}={name}", month)
