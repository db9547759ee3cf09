"""Records of a Parquet file, some rows of a row group at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from etl.files.plain import MAX_PLAIN_BYTES
from etl.files.records import Batch, Refused

_BATCH_ROWS = 20_000


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
    """All rows. Raises Refused where the file is damaged."""
    number = 1
    try:
        with pq.ParquetFile(file, buffer_size=1024 * 1024, coerce_int96_timestamp_unit="us") as opened:
            for part in opened.iter_batches(_BATCH_ROWS, use_threads=False):
                numbers = np.arange(number, number + part.num_rows)
                yield Batch(
                    numbers, numbers, part.nbytes, columns=dict(zip(part.schema.names, part.columns, strict=True))
                )
                number += part.num_rows
    except (pa.ArrowException, OSError) as error:
        raise Refused(f"is a damaged Parquet file after row {number - 1}: {_short(error)}") from None


def require_readable(file: Path) -> None:
    """Read a file to its end. Raises Refused where it is damaged."""
    for number, batch in enumerate(batches(file)):
        for name, column in (batch.columns or {}).items():
            try:
                column.validate(full=True)
            except (pa.ArrowException, ValueError) as error:
                row = number * _BATCH_ROWS + 1
                raise Refused(f"has broken values in {name!r}, from row {row} on: {_short(error)}") from None


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
