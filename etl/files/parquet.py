"""Records of a Parquet file, some rows of a row group at a time."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl import parquet_encodings
from etl.files.plain import MAX_PLAIN_BYTES
from etl.files.records import MAX_RECORD_BYTES, Batch, Refused, unreadable

_BATCH_ROWS = 20_000
_BUFFER_BYTES = 1024 * 1024
_PIECE_BYTES = 16 * 1024 * 1024
_BATCH_BYTES = 256 * 1024 * 1024
"""What a batch may unpack to whose values are not read as dictionaries."""
_LEAST_ROW_BYTES = 16
"""What a row counts for at least: a column of nothing takes next to no room, and its rows take time all the same."""


def names(file: Path) -> tuple[str, ...]:
    """The columns. Raises Refused for a file that is no whole Parquet file, or unpacks to too much."""
    try:
        with pq.ParquetFile(file) as opened:
            metadata, schema = opened.metadata, opened.schema_arrow
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refused(f"is not a whole Parquet file: {_short(error)}") from None
    size = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if size > MAX_PLAIN_BYTES:
        raise Refused(f"unpacks to {size} bytes, more than the {MAX_PLAIN_BYTES} that are read; split it")
    if len(set(schema.names)) < len(schema.names):
        raise Refused("has two columns of one name")
    return tuple(schema.names)


def batches(file: Path) -> Iterator[Batch]:
    """All rows. Raises Refused where the file is damaged.

    Strings are read as dictionaries and decoded some rows at a time: a value that is stored once and comes a million
    times must not fill the memory. Arrow does not read those as dictionaries that are encoded by differences; where
    values share what they begin with, so few rows are read at a time that what the footer says of the column cannot
    fill the memory.
    """
    number = 1
    try:
        with pq.ParquetFile(file) as opened:
            texts, rows = _how_to_read(opened.metadata, opened.schema_arrow)
        with pq.ParquetFile(
            file, buffer_size=_BUFFER_BYTES, coerce_int96_timestamp_unit="us", read_dictionary=texts
        ) as opened:
            for part in opened.iter_batches(rows, use_threads=False):
                yield from _pieces(part, number)
                number += part.num_rows
    except (pa.ArrowException, OSError) as error:
        raise Refused(f"is a damaged Parquet file after row {number - 1}: {_short(error)}") from None


def require_readable(file: Path) -> None:
    """Read a file to its end. Raises Refused where it is damaged, or becomes larger than a file may."""
    size = 0
    for batch in batches(file):
        size += max(batch.size_bytes, _LEAST_ROW_BYTES * len(batch.numbers))
        if size > MAX_PLAIN_BYTES:
            raise Refused(f"unpacks to more than {MAX_PLAIN_BYTES} bytes; split it")
        for name, column in (batch.columns or {}).items():
            try:
                column.validate(full=True)
            except (pa.ArrowException, ValueError) as error:
                raise Refused(
                    f"has broken values in {name!r}, from row {batch.numbers[0]} on: {_short(error)}"
                ) from None


def _how_to_read(footer: pq.FileMetaData, schema: pa.Schema) -> tuple[list[str], int]:
    """The columns that can be read as dictionaries, and how many rows may be read at a time."""
    deltas = parquet_encodings.by_differences(footer)
    texts = [field.name for field in schema if _is_text(field.type) and field.name not in deltas]
    # No value is longer than all that its column keeps; a footer may say nothing of it.
    kept = [
        chunk.total_uncompressed_size
        for chunk in parquet_encodings.chunks(footer)
        if parquet_encodings.SHARED_BEGINNINGS in chunk.encodings
    ]
    return texts, max(1, min(_BATCH_ROWS, _BATCH_BYTES // max([1, *kept])))


def _pieces(part: pa.RecordBatch, number: int) -> Iterator[Batch]:
    """The rows of a batch in pieces that fit the memory once they are decoded; `number` is that of the first."""
    sizes = _row_bytes(part)
    numbers = np.arange(number, number + part.num_rows)
    too_long = np.flatnonzero(sizes > MAX_RECORD_BYTES)
    bad = [
        unreadable(int(numbers[row]), int(numbers[row]), "", f"is longer than {MAX_RECORD_BYTES} bytes")
        for row in too_long
    ]
    if bad:
        kept = sizes <= MAX_RECORD_BYTES
        part, numbers, sizes = part.filter(pa.array(kept)), numbers[kept], sizes[kept]
    pieces = np.cumsum(sizes) // _PIECE_BYTES
    starts = [0, *(np.flatnonzero(np.diff(pieces)) + 1), part.num_rows] if part.num_rows else [0, 0]
    for start, end in itertools.pairwise(starts):
        columns = {
            name: _decoded(column.slice(start, end - start))
            for name, column in zip(part.schema.names, part.columns, strict=True)
        }
        some = numbers[start:end]
        yield Batch(some, some, int(sizes[start:end].sum()), columns=columns, bad=bad)
        bad = []


def _row_bytes(part: pa.RecordBatch) -> np.ndarray:
    """How long each row is once it is decoded, about."""
    sizes = np.zeros(part.num_rows, np.int64)
    for column in part.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary).take(column.indices)
            sizes += np.asarray(pc.fill_null(lengths, 0))
        elif _is_text(column.type):
            lengths = pc.binary_length(column.cast(pa.large_string()))
            sizes += np.asarray(pc.fill_null(lengths, 0))
        elif part.num_rows:
            sizes += column.nbytes // part.num_rows
    return sizes


def _is_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.large_string(), pa.string_view())


def _decoded(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return column.dictionary_decode()
    return column.cast(pa.string()) if _is_text(column.type) else column


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
