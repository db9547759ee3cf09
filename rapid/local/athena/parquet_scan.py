"""Which bytes of a Parquet file Athena reads for a query: of the needed columns, what statistics leave.

Row groups that no row can come from are left out by their statistics. Of an Iceberg table whose property
``use_iceberg_parquet_column_index`` is ``true``, so are pages, by the page index, which is then read too; a page of
another column is read if it has rows in common with a page that is left. Bloom filters are not looked at.

Sources: https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-data-optimization.html,
https://docs.aws.amazon.com/athena/latest/ug/columnar-storage.html,
https://github.com/apache/parquet-format/blob/master/PageIndex.md.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from .parquet_footer import Chunk, Extremes, Fetch, RowGroup
from .scopes import EvaluatedBound

PAGE_INDEX_PROPERTY = "use_iceberg_parquet_column_index"
_EPOCH = datetime(1970, 1, 1)
_FIXED = {1: "<i", 2: "<q", 4: "<f", 5: "<d"}
_BYTE_ARRAY, _FIXED_LEN_BYTE_ARRAY = 6, 7
_MICROSECONDS = {"s": 1_000_000, "ms": 1000, "us": 1}
_Rows = list[tuple[int, int]]
"""Ranges of rows in a row group: first, and the one after the last."""


def scanned_bytes(
    groups: Iterable[RowGroup],
    names: set[str],
    types: Mapping[str, pa.DataType],
    bounds: Mapping[str, Sequence[EvaluatedBound]],
    fetch: Fetch | None,
) -> int:
    """Return the bytes of the columns ``names`` that are read; ``bounds`` are by column.

    ``fetch`` reads the page index; without it, whole row groups are read.
    """
    read = 0
    for group in groups:
        limits = [
            (group.chunks[name][0], types[name], bound)
            for name, found in bounds.items()
            if len(group.chunks.get(name, ())) == 1
            for bound in found
        ]
        if not all(_may_hold(chunk.extremes, chunk, kind, bound) for chunk, kind, bound in limits):
            continue
        chunks = [chunk for name in names for chunk in group.chunks.get(name, ())]
        read += sum(_chunk_bytes(chunks, group, limits, fetch) if fetch and limits else (c.size_bytes for c in chunks))
    return read


def _chunk_bytes(
    chunks: list[Chunk], group: RowGroup, limits: list[tuple[Chunk, pa.DataType, EvaluatedBound]], fetch: Fetch
) -> Iterator[int]:
    """Yield what is read of each chunk, and of the page index."""
    rows: _Rows = [(0, group.rows)]
    for chunk, kind, bound in limits:
        if chunk.column_index and chunk.offset_index:
            rows = _both(rows, list(_rows_of_pages(chunk, kind, bound, group.rows, fetch)))
    indexed = {chunk.column_index for chunk, _, _ in limits if chunk.column_index}
    yield sum(length for _, length in indexed)
    for chunk in chunks:
        if not chunk.offset_index:
            yield chunk.size_bytes if rows else 0
            continue
        pages = chunk.pages(fetch)
        ends = [*(page.first_row for page in pages[1:]), group.rows]
        data = sum(
            page.size_bytes
            for page, end in zip(pages, ends, strict=True)
            if any(first < end and page.first_row < last for first, last in rows)
        )
        yield chunk.offset_index[1] + (data + chunk.dictionary_bytes if data else 0)


def _rows_of_pages(
    chunk: Chunk, kind: pa.DataType, bound: EvaluatedBound, rows: int, fetch: Fetch
) -> Iterator[tuple[int, int]]:
    pages = chunk.pages(fetch)
    ends = [*(page.first_row for page in pages[1:]), rows]
    for page, end, extremes in zip(pages, ends, chunk.page_extremes(fetch), strict=True):
        if _may_hold(extremes, chunk, kind, bound):
            yield page.first_row, end


def _both(one: _Rows, other: _Rows) -> _Rows:
    """Return the rows that are in both."""
    common = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return [(first, last) for first, last in common if first < last]


def _may_hold(extremes: Extremes, chunk: Chunk, kind: pa.DataType, bound: EvaluatedBound) -> bool:
    """Tell whether a row between two extremes can be within a bound."""
    if extremes.is_null:
        return False
    if extremes.smallest is None or extremes.largest is None:
        return True
    low = _stored(extremes.smallest, chunk.physical_type, kind)
    high = _stored(extremes.largest, chunk.physical_type, kind)
    values = [_comparable(value, kind) for value in bound.values]
    if low is None or high is None or None in values:
        return True
    if bound.operator == "IN":
        return any(low <= value <= high for value in values)
    [value] = values
    return bool({"<": low < value, "<=": low <= value, ">": high > value, ">=": high >= value}[bound.operator])


def _stored(value: bytes, physical_type: int, kind: pa.DataType) -> Any:
    """Return a stored extreme as what ``_comparable`` makes of constants; None if it cannot be compared."""
    if physical_type == _BYTE_ARRAY and (pa.types.is_string(kind) or pa.types.is_binary(kind)):
        return value
    if physical_type == _FIXED_LEN_BYTE_ARRAY and pa.types.is_decimal(kind):
        return int.from_bytes(value, "big", signed=True)
    if physical_type not in _FIXED:
        return None
    [number] = struct.unpack(_FIXED[physical_type], value)
    return number * _MICROSECONDS[kind.unit] if pa.types.is_timestamp(kind) and kind.unit in _MICROSECONDS else number


def _comparable(value: Any, kind: pa.DataType) -> Any:
    if isinstance(value, str) and pa.types.is_string(kind):
        return value.encode()
    if isinstance(value, datetime) and pa.types.is_timestamp(kind) and kind.unit in _MICROSECONDS:
        naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return (naive - _EPOCH) // timedelta(microseconds=1)
    if type(value) is date and pa.types.is_date32(kind):
        return (value - _EPOCH.date()).days
    if isinstance(value, Decimal) and pa.types.is_decimal(kind):
        return value.scaleb(kind.scale)
    is_signed = pa.types.is_signed_integer(kind)
    return value if type(value) is int and is_signed else None
