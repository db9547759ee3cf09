"""What a curated Parquet file looks like: order of rows, row groups, pages, encodings, compression, indexes.

Chosen by measurement (`python -m bench.scan`); docs/layout.md says why. The same is said by table properties, so that
other engines that write the table (Athena's OPTIMIZE, Glue's optimizer, Spark) write alike.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io import OutputStream
from pyiceberg.table import Table
from pyiceberg.table.sorting import SortField
from pyiceberg.transforms import IdentityTransform

FILE_BYTES = 128 * 1024 * 1024
"""Parquet that compaction makes one file of; what it reads at once, too."""
ROW_GROUP_ROWS = 65_536
PAGE_ROWS = 2048
"""Rows of a page: the least that a query reads of a column which it reads at all."""
ZSTD_LEVEL = 1

BLOOM_FILTER_FALSE_POSITIVES = 0.01
_BLOOM_FILTER_PROPERTY = "write.parquet.bloom-filter-enabled.column."

_SAMPLE_ROWS = 4096
_MOST_DISTINCT = 0.125
"""Part of the values that may be distinct in a column with a dictionary."""


def properties(primary_key: str) -> dict[str, str]:
    """The layout as properties of an Iceberg table (https://iceberg.apache.org/docs/latest/configuration/).

    Without the last one Athena does not use the page index of tables outside S3 Tables
    (https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-data-optimization.html).
    """
    return {
        "write.target-file-size-bytes": str(FILE_BYTES),
        "write.parquet.compression-codec": "zstd",
        "write.parquet.compression-level": str(ZSTD_LEVEL),
        "write.parquet.page-row-limit": str(PAGE_ROWS),
        f"{_BLOOM_FILTER_PROPERTY}{primary_key}": "true",
        "use_iceberg_parquet_column_index": "true",
    }


def outdated(table: Table, primary_key: str) -> set[str]:
    """The table's properties that speak of a key which has another name now."""
    return {name for name in table.properties if _is_of_bloom_filter(name)} - properties(primary_key).keys()


def _is_of_bloom_filter(name: str) -> bool:
    return name.startswith(_BLOOM_FILTER_PROPERTY)


def sorted_by(table: Table) -> list[tuple[str, str]]:
    """The columns of a table's sort order, as `pyarrow.Table.sort_by` takes them; none for a table without order."""
    return [(_column(table, field), "ascending") for field in table.sort_order().fields]


def _column(table: Table, field: SortField) -> str:
    name = table.schema().find_column_name(field.source_id)
    if name is None or not isinstance(field.transform, IdentityTransform):
        raise ValueError(f"{'.'.join(table.name())}: its sort order has {field}, and rows are sorted by columns alone")
    return name


def writer(sink: OutputStream, table: Table, rows: pa.Table) -> pq.ParquetWriter:
    """A writer of a data file. `rows` are its rows in their order, or the first of them, which choose the encodings.

    Write with `row_group_size=ROW_GROUP_ROWS`, which pyarrow takes with each call alone.
    """
    dictionaries, encodings = _encodings(rows)
    keys = [name.removeprefix(_BLOOM_FILTER_PROPERTY) for name in table.properties if _is_of_bloom_filter(name)]
    return pq.ParquetWriter(
        sink,
        rows.schema,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=dictionaries,
        column_encoding=encodings,
        # As Iceberg has it (https://iceberg.apache.org/spec/#parquet), and what delta encoding needs.
        store_decimal_as_integer=True,
        # With the Arrow schema, pyarrow does not prune row groups by filters on dictionary columns.
        store_schema=False,
        sorting_columns=pq.SortingColumn.from_ordering(rows.schema, sorted_by(table), null_placement="at_end"),
        write_page_index=True,
        max_rows_per_page=PAGE_ROWS,
        bloom_filter_options={
            key: {"ndv": max(1, min(rows.num_rows, ROW_GROUP_ROWS)), "fpp": BLOOM_FILTER_FALSE_POSITIVES}
            for key in keys
        },
    )


def _encodings(rows: pa.Table) -> tuple[list[str], dict[str, str]]:
    """The columns that get a dictionary, and the encodings of the others."""
    dictionaries, encodings = [], {}
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_timestamp(kind):
            encodings[name] = "DELTA_BINARY_PACKED"
        elif pa.types.is_boolean(kind):
            encodings[name] = "PLAIN"
        elif _repeats(column):
            dictionaries.append(name)
        else:
            encodings[name] = _encoding(kind)
    return dictionaries, encodings


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether the dictionary would be small, for whoever reads a page of the column reads the dictionary too."""
    if pa.types.is_dictionary(column.type):
        # It is stored whole, whatever of it these rows use.
        return len(column.chunk(0).dictionary) <= _MOST_DISTINCT * len(column) if column.num_chunks else True
    sample = column.slice(0, _SAMPLE_ROWS)
    return bool(pc.count_distinct(sample).as_py() <= _MOST_DISTINCT * len(sample))


def _encoding(kind: Any) -> str:
    """The encoding of a column whose values seldom repeat."""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "DELTA_LENGTH_BYTE_ARRAY"
    is_integer = pa.types.is_integer(kind) or pa.types.is_date(kind)
    is_stored_as_integer = pa.types.is_decimal(kind) and kind.precision <= 18
    return "DELTA_BINARY_PACKED" if is_integer or is_stored_as_integer else "PLAIN"
