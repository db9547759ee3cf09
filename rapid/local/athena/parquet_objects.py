"""Parquet objects on S3: their columns, what of them counts as read, and Trino's rules for a file's types.

Sources: https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html (Parquet columns are matched
by name; a column the file lacks reads as null), https://iceberg.apache.org/spec/#column-projection (by field id).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from .errors import ErrorName, QueryFailedError, not_supported
from .object_cache import ObjectCache
from .parquet_footer import RowGroup, row_groups
from .parquet_scan import scanned_bytes
from .scopes import EvaluatedBound
from .tables import TableColumn
from .trino_types import INTEGERS, TIMESTAMP, Kind, Type

CACHE_BYTES = 256 * 1024 * 1024
WHOLE_OBJECT_BYTES = 4 * 1024 * 1024
_FOOTER_TAIL_BYTES = 8  # footer length and the magic PAR1
_FIELD_ID = b"PARQUET:field_id"

_ARROW = {
    Kind.BOOLEAN: pa.bool_(),
    Kind.TINYINT: pa.int8(),
    Kind.SMALLINT: pa.int16(),
    Kind.INTEGER: pa.int32(),
    Kind.BIGINT: pa.int64(),
    Kind.REAL: pa.float32(),
    Kind.DOUBLE: pa.float64(),
    Kind.VARCHAR: pa.string(),
    Kind.VARBINARY: pa.binary(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.TIMESTAMP_TZ: pa.timestamp("us"),
}

_READABLE: dict[Kind, tuple[Callable[[pa.DataType], bool], ...]] = {
    Kind.DECIMAL: (pa.types.is_decimal,),
    Kind.VARCHAR: (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary),
    Kind.VARBINARY: (pa.types.is_binary,),
    Kind.BOOLEAN: (pa.types.is_boolean,),
    Kind.DATE: (pa.types.is_date,),
    Kind.TIMESTAMP: (pa.types.is_timestamp,),
    Kind.TIMESTAMP_TZ: (pa.types.is_timestamp,),
}


def arrow_type(type_: Type | None) -> pa.DataType:
    """Return the Arrow type that carries a stored column's type."""
    if type_ is None:
        return pa.null()
    return _ARROW.get(type_.kind) or pa.decimal128(type_.precision, type_.scale)


@dataclass(frozen=True)
class Connector:
    """Which of Athena's connectors reads an object: its name, and its errors."""

    name: str
    bad_data: ErrorName
    cannot_open: ErrorName


HIVE = Connector("Hive", ErrorName.HIVE_BAD_DATA, ErrorName.HIVE_CANNOT_OPEN_SPLIT)
ICEBERG = Connector("Iceberg", ErrorName.ICEBERG_BAD_DATA, ErrorName.ICEBERG_CANNOT_OPEN_SPLIT)
ColumnNames = Callable[["StoredObject", pa.Schema], Mapping[str, str]]
"""Tells which of a file's columns are the table's: names in the file by the table's lower-case names."""


@dataclass(frozen=True)
class StoredObject:
    """An object as a listing shows it; ``etag`` is empty for one that is never written anew."""

    bucket: str
    key: str
    etag: str
    size_bytes: int
    connector: Connector = HIVE

    @property
    def url(self) -> str:
        """The object's s3:// address."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass
class _Opened:
    content: bytes | None  # of an object small enough to be fetched whole
    metadata: pq.FileMetaData
    schema: pa.Schema
    columns: dict[tuple[str, Type], pa.ChunkedArray] = field(default_factory=dict)
    groups: list[RowGroup] | None = None  # as the footer has them, once they were needed

    @property
    def size_bytes(self) -> int:
        decoded_bytes = sum(array.nbytes for array in self.columns.values())
        return int(self.metadata.serialized_size + len(self.content or b"") + decoded_bytes)


class ParquetObjects:
    """Reads columns of objects, and keeps up to ``CACHE_BYTES`` of what it read; safe to share between threads."""

    def __init__(self) -> None:
        self._opened: ObjectCache[StoredObject, _Opened] = ObjectCache(CACHE_BYTES, lambda opened: opened.size_bytes)

    def read(
        self,
        s3: Any,
        stored: StoredObject,
        columns: list[TableColumn],
        column_names: ColumnNames,
        before_read: Callable[[int], None],
        bounds: Sequence[EvaluatedBound] = (),
        *,
        uses_page_index: bool = False,
    ) -> tuple[int, dict[str, pa.ChunkedArray]]:
        """Return the row count and the columns by table name. ``before_read`` is told the bytes that Athena reads.

        That is less than what is read here where ``bounds`` keep out row groups or pages.
        """
        opened = self._opened.take(stored)
        source: pq.ParquetFile | None = None
        if opened is None:
            content = get(s3, stored) if stored.size_bytes <= WHOLE_OBJECT_BYTES else None
            source = _open(s3, stored, content)
            opened = _Opened(content, source.metadata, source.schema_arrow)
        try:
            names = column_names(stored, opened.schema)
            present = [column for column in columns if column.name in names]
            needed = {names[column.name] for column in present}
            limits: dict[str, list[EvaluatedBound]] = {}
            for bound in bounds:
                if names.get(bound.column) in needed:
                    limits.setdefault(names[bound.column], []).append(bound)
            before_read(
                _footer_bytes(opened.metadata) + _column_bytes(s3, stored, opened, needed, limits, uses_page_index)
            )
            missing = [column for column in present if (names[column.name], column.type) not in opened.columns]
            if missing:
                source = source or _open(s3, stored, opened.content)
                _decode(source, stored, missing, names, opened)
            rows = int(opened.metadata.num_rows)
            return rows, {
                column.name: opened.columns[names[column.name], column.type]
                if column in present
                else pa.chunked_array([pa.nulls(rows, arrow_type(column.type))])
                for column in columns
                if column.type
            }
        finally:
            self._opened.keep(stored, opened)


def names_ignoring_case(stored: StoredObject, schema: pa.Schema) -> Mapping[str, str]:
    """Match columns by name, whatever their case, as Athena does for external tables."""
    return {name.lower(): name for name in reversed(schema.names)}


def names_by_field_id(field_ids: Mapping[str, int]) -> ColumnNames:
    """Match columns by Iceberg's field ids, given those of the table's columns."""

    def names(stored: StoredObject, schema: pa.Schema) -> Mapping[str, str]:
        ids = {field.metadata.get(_FIELD_ID): field.name for field in schema if field.metadata}
        ids.pop(None, None)
        if not ids:
            raise not_supported(f"Data file {stored.url}: without field ids")
        return {name: ids[written] for name, number in field_ids.items() if (written := b"%d" % number) in ids}

    return names


class _RangedObject(io.RawIOBase):
    """A seekable view of an S3 object, for objects too large to fetch whole when a few columns are wanted."""

    def __init__(self, s3: Any, stored: StoredObject) -> None:
        self._s3 = s3
        self._stored = stored
        self._position = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._stored.size_bytes}[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        end = self._stored.size_bytes if size < 0 else min(self._position + size, self._stored.size_bytes)
        if end <= self._position:
            return b""
        content = get(self._s3, self._stored, Range=f"bytes={self._position}-{end - 1}")
        self._position += len(content)
        return content


def _open(s3: Any, stored: StoredObject, content: bytes | None) -> pq.ParquetFile:
    source = pa.PythonFile(_RangedObject(s3, stored), mode="r") if content is None else pa.BufferReader(content)
    try:
        return pq.ParquetFile(source, coerce_int96_timestamp_unit="us")
    except pa.ArrowInvalid:
        message = f"Not valid Parquet file: {stored.url} expected magic number: PAR1"
        raise QueryFailedError(stored.connector.bad_data, message) from None


def access_denied(message: str, url: str) -> QueryFailedError:
    """Return the failure of a query that may not read an object.

    Source: https://repost.aws/knowledge-center/access-denied-athena.
    """
    why = f"{message} (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied) (Path: {url})"
    return QueryFailedError(ErrorName.PERMISSION_DENIED, why)


def get(s3: Any, stored: StoredObject, **arguments: str) -> bytes:
    """Return an object's content as it was listed; raises QueryFailedError if it cannot be read, or has changed."""
    unchanged = {"IfMatch": stored.etag} if stored.etag else {}
    try:
        body = s3.get_object(Bucket=stored.bucket, Key=stored.key, **unchanged, **arguments)["Body"]
        return bytes(body.read())
    except ClientError as error:
        said = error.response["Error"]
        if said["Code"] == "AccessDenied":
            raise access_denied(said["Message"], stored.url) from None
        connector = stored.connector
        message = f"Error opening {connector.name} split {stored.url}: {said['Message']}"
        raise QueryFailedError(connector.cannot_open, message) from None


def _footer_bytes(metadata: pq.FileMetaData) -> int:
    return int(metadata.serialized_size) + _FOOTER_TAIL_BYTES


def _column_bytes(
    s3: Any,
    stored: StoredObject,
    opened: _Opened,
    names: set[str],
    bounds: Mapping[str, Sequence[EvaluatedBound]],
    uses_page_index: bool,
) -> int:
    metadata = opened.metadata
    if not bounds:
        chunks = (
            metadata.row_group(group).column(index)
            for group in range(metadata.num_row_groups)
            for index in range(metadata.num_columns)
        )
        return sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema.split(".")[0] in names)

    def fetch(offset: int, length: int) -> bytes:
        if opened.content is not None:
            return opened.content[offset : offset + length]
        return get(s3, stored, Range=f"bytes={offset}-{offset + length - 1}")

    if opened.groups is None:
        footer_offset = stored.size_bytes - _footer_bytes(metadata)
        opened.groups = row_groups(fetch(footer_offset, int(metadata.serialized_size)))
    types = {name: opened.schema.field(name).type for name in bounds}
    return scanned_bytes(opened.groups, names, types, bounds, fetch if uses_page_index else None)


def _decode(
    source: pq.ParquetFile, stored: StoredObject, columns: list[TableColumn], names: Mapping[str, str], opened: _Opened
) -> None:
    table = source.read(columns=[names[column.name] for column in columns])
    for column in columns:
        assert column.type is not None
        name = names[column.name]
        opened.columns[name, column.type] = _as_declared(table[name], name, column.type, stored, source)


def _as_declared(
    array: pa.ChunkedArray, name: str, type_: Type, stored: StoredObject, source: pq.ParquetFile
) -> pa.ChunkedArray:
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    try:
        if _is_readable_as(array.type, type_):
            return _to_milliseconds(array) if type_ == TIMESTAMP else array.cast(arrow_type(type_))
    except pa.ArrowInvalid:
        pass
    chunk = next(
        source.schema.column(index)
        for index in range(len(source.schema))
        if source.schema.column(index).path.split(".")[0] == name
    )
    message = (
        f"Field {name.lower()}'s type {chunk.physical_type} in parquet file {stored.url} is incompatible with type "
        f"{type_} defined in table schema"
    )
    raise QueryFailedError(stored.connector.bad_data, message)


def _is_readable_as(stored: pa.DataType, type_: Type) -> bool:
    kind = type_.kind
    if kind in INTEGERS:
        # Parquet's narrowest integer has 32 bits, whatever the table says.
        return bool(pa.types.is_integer(stored) and stored.bit_width <= max(32, arrow_type(type_).bit_width))
    if kind in (Kind.REAL, Kind.DOUBLE):
        return bool(pa.types.is_floating(stored) and stored.bit_width <= arrow_type(type_).bit_width)
    return any(test(stored) for test in _READABLE[kind])


def _to_milliseconds(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return UTC timestamps rounded to the milliseconds of Athena's timestamp(3)."""
    moments = array.cast(pa.timestamp("us", tz=array.type.tz), safe=False).cast(pa.timestamp("us"))
    micros = moments.cast(pa.int64())
    if not pc.any(pc.not_equal(pc.multiply(pc.divide(micros, 1000), 1000), micros)).as_py():
        return moments
    return pc.floor_temporal(pc.add(moments, pa.scalar(500, pa.duration("us"))), unit="millisecond").cast(
        pa.timestamp("us")
    )
