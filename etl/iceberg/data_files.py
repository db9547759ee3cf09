"""Parquet files of an Iceberg table, read and written by us: one a day of event time, laid out as `layout` says."""

import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
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

from etl.iceberg import layout, row_order
from etl.iceberg.days import MICROSECONDS_PER_DAY
from etl.iceberg.row_order import Numbers
from etl.iceberg.table import PARTITION

WRITERS = 2
"""Files written at once, each by a thread."""
MAX_ROWS = 2**31
PLACES = pa.schema([("file", pa.string()), ("position", pa.int64())])
"""Where rows of a table are: the path of a data file, the row's position in it, from 0."""
_EPOCH = np.datetime64("1970-01-01", "D")
_FIELD_ID = b"PARQUET:field_id"


def write(table: Table, rows: pa.Table, event_time: str) -> Iterator[DataFile]:
    """Store rows (columns as the table's schema) as data files, one a day; they become visible only by a commit.

    The rows may be of any days and in any order, and columns of text may be dictionaries.
    """
    yield from (file for file, _ in write_chosen(table, one_chunk_each(rows), event_time, np.arange(rows.num_rows)))


def write_chosen(
    table: Table, rows: pa.Table, event_time: str, chosen: Numbers, file_rows: int = MAX_ROWS
) -> Iterator[tuple[DataFile, Numbers]]:
    """Store the rows of some numbers; gives each file with the numbers of its rows, in their order.

    Each column is in one chunk. Rows are taken row group by row group, so that no sorted copy of all of them is made.
    A day's rows are cut, in their order, into files of `file_rows` at most, which are written side by side.
    """
    names = [name for name, _ in layout.sorted_by(table)]
    order, days = row_order.of(rows, event_time, names, chosen)
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - 1)) if len(days) else np.empty(0, np.intp)
    pieces = [
        order[begin : min(begin + file_rows, end)]
        for start, end in zip(starts, np.append(starts[1:], len(days)), strict=True)
        for begin in range(start, end, file_rows)
    ]
    del order
    moments = rows[event_time].chunk(0).cast(pa.int64())
    with ThreadPoolExecutor(WRITERS) as pool:
        # The largest first, so that no thread is left with one when the others are done.
        pieces.sort(key=len, reverse=True)
        written = [pool.submit(_write_day, table, rows, piece, _day(moments[int(piece[0])])) for piece in pieces]
        for piece, file in zip(pieces, written, strict=True):
            yield file.result(), piece


def one_chunk_each(rows: pa.Table) -> pa.Table:
    """The same rows, each column in one chunk, which is quicker to take from."""
    columns = [whole(column) for column in rows.columns]
    return pa.Table.from_arrays(columns, names=rows.column_names)


def whole(column: pa.ChunkedArray) -> pa.Array:
    """A column in one chunk."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return (column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column).combine_chunks()


def read(
    table: Table, file: DataFile, names: Sequence[str] | None = None, positions: Numbers | None = None
) -> Iterator[tuple[int, pa.Table]]:
    """A data file as columns of the table's present schema (all, or some by name), row group by row group.

    Each comes with the position of its first row. Given positions, only row groups that hold one of them are read.
    Columns are found by field id, whatever they were called when the file was written; missing ones are null.
    """
    schema = schema_to_pyarrow(table.schema(), include_field_ids=True)
    wanted = [schema.field(name) for name in names] if names is not None else list(schema)
    with table.io.new_input(file.file_path).open() as stream, pq.ParquetFile(stream, pre_buffer=True) as parquet:
        stored = {field.metadata[_FIELD_ID]: field.name for field in parquet.schema_arrow}
        found = [stored.get(field.metadata[_FIELD_ID]) for field in wanted]
        end = 0
        for number in range(parquet.num_row_groups):
            begin, end = end, end + parquet.metadata.row_group(number).num_rows
            if positions is not None and not np.any((positions >= begin) & (positions < end)):
                continue
            group = parquet.read_row_group(number, [name for name in found if name], use_threads=False)
            columns = [
                group[name].cast(field.type) if name else pa.chunked_array([pa.nulls(end - begin, field.type)])
                for name, field in zip(found, wanted, strict=True)
            ]
            yield begin, pa.Table.from_arrays(columns, names=[field.name for field in wanted])


def take(table: Table, places: pa.Table, file: Callable[[str], DataFile]) -> pa.Table:
    """The rows at some places (PLACES), in their order, as the table's present columns; `file` finds a file."""
    parts = [schema_to_pyarrow(table.schema(), include_field_ids=False).empty_table()]
    order = [np.empty(0, np.intp)]
    for path, numbers, positions in by_file(places):
        for begin, group in read(table, file(path), positions=positions):
            within = (positions >= begin) & (positions < begin + group.num_rows)
            parts.append(group.take(pa.array(positions[within] - begin)))
            order.append(numbers[within])
    return pa.concat_tables(parts).take(pa.array(np.argsort(np.concatenate(order))))


def by_file(places: pa.Table) -> Iterator[tuple[str, Numbers, Numbers]]:
    """Of each file with places: its path, the numbers of its places, their positions."""
    column = places["file"]
    files = whole(column if pa.types.is_dictionary(column.type) else column.dictionary_encode())
    codes, positions = files.indices.to_numpy(), places["position"].to_numpy()
    for code in np.unique(codes):
        numbers = np.flatnonzero(codes == code)
        yield files.dictionary[int(code)].as_py(), numbers, positions[numbers]


def without(table: Table, file: DataFile, positions: Numbers, event_time: str) -> DataFile | None:
    """A data file written anew without the rows at some positions; None if none is left."""
    if len(positions) == file.record_count:
        return None
    keep = np.ones(file.record_count, np.bool_)
    keep[positions] = False
    parts = (group.filter(pa.array(keep[begin : begin + group.num_rows])) for begin, group in read(table, file))
    if file.sort_order_id == table.metadata.default_sort_order_id:
        return _store_day(table, parts, int(file.partition[0]))
    # It was written when the table had another order, which its new footer must not claim.
    [rewritten] = write(table, pa.concat_tables(parts), event_time)
    return rewritten


def _day(moment: pa.Scalar) -> int:
    return int(moment.as_py() // MICROSECONDS_PER_DAY)


def _write_day(table: Table, rows: pa.Table, order: Numbers, day: int) -> DataFile:
    size = layout.ROW_GROUP_ROWS
    parts = (rows.take(pa.array(order[begin : begin + size])) for begin in range(0, len(order), size))
    return _store_day(table, parts, day)


def _store_day(table: Table, parts: Iterator[pa.Table], day: int) -> DataFile:
    return store(table, parts, f"{PARTITION}={_EPOCH + day}", day)


def store(table: Table, parts: Iterator[pa.Table], folder: str, partition: int) -> DataFile:
    """Write one file of rows of one partition, which come in their order, each part a row group."""
    path = f"{table.location()}/data/{folder}/{uuid.uuid4()}.parquet"
    first = next(parts)
    fields = schema_to_pyarrow(table.schema(), include_field_ids=True)
    schema = pa.schema([field.with_type(first.schema.field(field.name).type) for field in fields])
    first = _fitting(first, schema)
    with table.io.new_output(path).create() as stream:
        with layout.writer(stream, table, first) as writer:
            for part in itertools.chain([first], (_fitting(part, schema) for part in parts)):
                writer.write_table(part, row_group_size=layout.ROW_GROUP_ROWS)
        size = stream.tell()
    statistics = data_file_statistics_from_parquet_metadata(
        writer.writer.metadata,
        compute_statistics_plan(table.schema(), table.properties),
        parquet_path_to_id_mapping(table.schema()),
    )
    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=Record(partition),
        file_size_in_bytes=size,
        sort_order_id=table.metadata.default_sort_order_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )
    # No field of the file's entry, so that from_args would drop it.
    file.spec_id = table.metadata.default_spec_id
    return file


def _fitting(part: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns as the file's schema has them: its order, its field ids."""
    return pa.Table.from_arrays(part.select(schema.names).columns, schema=schema)
