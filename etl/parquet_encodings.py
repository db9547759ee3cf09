"""How the columns of a Parquet file are encoded, as its footer tells.

https://parquet.apache.org/docs/file-format/data-pages/encodings/
"""

from collections.abc import Iterator

import pyarrow.parquet as pq

SHARED_BEGINNINGS = "DELTA_BYTE_ARRAY"
"""Each value says how much of the one before it it begins with: values are longer than what is kept of them."""
_DIFFERENCES = "DELTA_"


def chunks(footer: pq.FileMetaData) -> Iterator[pq.ColumnChunkMetaData]:
    """All columns of all row groups."""
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        yield from (group.column(place) for place in range(group.num_columns))


def by_differences(footer: pq.FileMetaData) -> set[str]:
    """The columns that are encoded by differences, which Arrow does not read as dictionaries."""
    return {
        chunk.path_in_schema
        for chunk in chunks(footer)
        if any(encoding.startswith(_DIFFERENCES) for encoding in chunk.encodings)
    }
