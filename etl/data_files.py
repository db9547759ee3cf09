"""Parquet files of an Iceberg table, written by us: one a day of event time, sorted, laid out by `etl/layout.py`."""

import datetime
import io
import uuid
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
    schema_to_pyarrow,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import Table
from pyiceberg.typedef import Record

from etl import layout
from etl.table import PARTITION

_EPOCH = datetime.date(1970, 1, 1)


def write(table: Table, rows: pa.Table, event_time: str) -> Iterator[DataFile]:
    """Store rows (columns as the table's schema) as data files; they become visible only by a commit."""
    schema = schema_to_pyarrow(table.schema(), include_field_ids=True)
    for day, part in by_day(layout.ordered(table, rows.select(schema.names).cast(schema)), event_time):
        date = (_EPOCH + datetime.timedelta(days=day)).isoformat()
        path = f"{table.location()}/data/{PARTITION}={date}/{uuid.uuid4()}.parquet"
        yield _write_one(table, part, path, day)


def by_day(rows: pa.Table, event_time: str) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each day of event time that has any; the day as days since 1970-01-01, as Iceberg counts."""
    days = pc.cast(rows[event_time], pa.date32(), safe=False).cast(pa.int32())
    for day in pc.unique(days):
        yield day.as_py(), rows.filter(pc.equal(days, day))


def _write_one(table: Table, rows: pa.Table, path: str, day: int) -> DataFile:
    buffer = io.BytesIO()
    with layout.writer(buffer, table, rows) as writer:
        writer.write_table(rows, row_group_size=layout.ROW_GROUP_ROWS)
    with table.io.new_output(path).create() as stream:
        stream.write(buffer.getbuffer())
    statistics = data_file_statistics_from_parquet_metadata(
        pq.read_metadata(buffer),
        compute_statistics_plan(table.schema(), table.properties),
        parquet_path_to_id_mapping(table.schema()),
    )
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=Record(day),
        file_size_in_bytes=buffer.getbuffer().nbytes,
        sort_order_id=table.metadata.default_sort_order_id,
        spec_id=table.metadata.default_spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )
