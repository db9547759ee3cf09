"""What a Parquet file says of its row groups and pages beyond what pyarrow tells: statistics as stored, the page index.

Sources: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift,
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Fetch = Callable[[int, int], bytes]
"""Returns a file's bytes, given their offset and length."""


@dataclass(frozen=True)
class Extremes:
    """The smallest and the largest value of a row group or a page, as they are stored; None where it does not say.

    ``is_null``: no value is there at all.
    """

    smallest: bytes | None
    largest: bytes | None
    is_null: bool = False


@dataclass(frozen=True)
class Page:
    """A data page: its first row in the row group, its bytes with the header."""

    first_row: int
    size_bytes: int


@dataclass(frozen=True)
class Chunk:
    """A column's part of a row group. The places of its indexes are offset and length, None where there is none."""

    physical_type: int
    size_bytes: int
    dictionary_bytes: int
    extremes: Extremes
    column_index: tuple[int, int] | None
    offset_index: tuple[int, int] | None

    def page_extremes(self, fetch: Fetch) -> list[Extremes]:
        """Return what the column index tells of each page."""
        assert self.column_index is not None
        index = _struct(fetch(*self.column_index), 0)[0]
        pages = zip(index[2], index[3], index[1], strict=True)
        return [Extremes(smallest, largest, is_null) for smallest, largest, is_null in pages]

    def pages(self, fetch: Fetch) -> list[Page]:
        """Return what the offset index tells of each page."""
        assert self.offset_index is not None
        return [Page(place[3], place[2]) for place in _struct(fetch(*self.offset_index), 0)[0][1]]


@dataclass(frozen=True)
class RowGroup:
    """A row group: its rows, its chunks by the name of the (top-level) column."""

    rows: int
    chunks: Mapping[str, tuple[Chunk, ...]]


def row_groups(footer: bytes) -> list[RowGroup]:
    """Read a footer, without its length and magic."""
    groups = []
    for group in _struct(footer, 0)[0][4]:
        chunks: dict[str, tuple[Chunk, ...]] = {}
        for column in group[1]:
            name = column[3][3][0].decode()
            chunks[name] = (*chunks.get(name, ()), _chunk(column))
        groups.append(RowGroup(group[3], chunks))
    return groups


def _chunk(column: dict[int, Any]) -> Chunk:
    metadata = column[3]
    statistics = metadata.get(12, {})
    dictionary, data = metadata.get(11), metadata[9]
    return Chunk(
        physical_type=metadata[1],
        size_bytes=metadata[7],
        dictionary_bytes=data - dictionary if dictionary and dictionary < data else 0,
        extremes=Extremes(statistics.get(6), statistics.get(5), statistics.get(3) == metadata[5]),
        column_index=(column[6], column[7]) if 6 in column else None,
        offset_index=(column[4], column[5]) if 4 in column else None,
    )


def _struct(data: bytes, at: int) -> tuple[dict[int, Any], int]:
    """Read a struct of the compact protocol as its values by field id; return what follows it too."""
    found: dict[int, Any] = {}
    number = 0
    while True:
        head = data[at]
        at += 1
        if head == 0:
            return found, at
        kind, step = head & 0x0F, head >> 4
        if step:
            number += step
        else:
            number, at = _zigzag(data, at)
        if kind in (1, 2):
            found[number] = kind == 1
        else:
            found[number], at = _value(data, at, kind)


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (1, 2):
        return data[at] == 1, at + 1
    if kind == 3:
        return struct.unpack_from("b", data, at)[0], at + 1
    if kind in (4, 5, 6):
        return _zigzag(data, at)
    if kind == 7:
        return struct.unpack_from("<d", data, at)[0], at + 8
    if kind == 8:
        length, at = _varint(data, at)
        return data[at : at + length], at + length
    if kind == 12:
        return _struct(data, at)
    if kind not in (9, 10):
        raise ValueError(f"a Parquet footer does not have Thrift's type {kind}")
    head = data[at]
    count, at = (head >> 4, at + 1) if head >> 4 != 15 else _varint(data, at + 1)
    values = []
    for _ in range(count):
        value, at = _value(data, at, head & 0x0F)
        values.append(value)
    return values, at


def _zigzag(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
