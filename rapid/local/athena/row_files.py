"""Rows as files of a format: Parquet, text with delimiters, JSON lines; each grows in memory or on disk.

Sources: https://docs.aws.amazon.com/athena/latest/ug/compression-support-hive.html (GZIP unless said otherwise),
https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html. A timestamp in Parquet is an INT96, as Trino's Hive
connector writes it; text holds a null as ``\\N``.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from .errors import ErrorName, QueryFailedError, not_supported
from .parquet_objects import arrow_type
from .result_texts import text_of
from .trino_types import Kind, Type

SPOOLED_BYTES = 8 * 1024 * 1024
ROW_GROUP_ROWS = 100_000
DEFAULT_DELIMITER = "\x01"
_NULL_TEXT = "\\N"
_PARQUET_COMPRESSIONS = {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "none", "UNCOMPRESSED": "none"}
_TEXT_COMPRESSIONS = frozenset({"GZIP", "NONE", "UNCOMPRESSED"})
Column = tuple[str, Type]


@dataclass(frozen=True)
class FileFormat:
    """What files are written: ``name`` is PARQUET, TEXTFILE or JSON."""

    name: str = "PARQUET"
    compression: str = "GZIP"
    field_delimiter: str = DEFAULT_DELIMITER
    null_text: str = _NULL_TEXT

    @property
    def suffix(self) -> str:
        """What names of files end in: the compression of text and JSON."""
        return ".gz" if self.name != "PARQUET" and self.compression == "GZIP" else ""


def file_format(name: str, compression: str | None, delimiter: str | None) -> FileFormat:
    """Return a format; raises QueryFailedError for one that Athena or the local cloud does not write."""
    name, compression = name.upper(), (compression or "GZIP").upper()
    known = {"PARQUET": _PARQUET_COMPRESSIONS, "TEXTFILE": _TEXT_COMPRESSIONS, "JSON": _TEXT_COMPRESSIONS}
    if name not in known:
        raise not_supported(f"Format {name}")
    if compression not in known[name]:
        raise not_supported(f"Compression {compression} of {name}")
    if delimiter is not None and name != "TEXTFILE":
        message = f"Cannot specify field_delimiter table property for storage format: {name}"
        raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, message)
    if delimiter is not None and len(delimiter) != 1:
        raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, "field_delimiter must be a single character")
    return FileFormat(name, compression, delimiter or DEFAULT_DELIMITER)


class RowFile(Protocol):
    """A file that rows are added to."""

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        """Add rows."""

    def finish(self) -> IO[bytes]:
        """Return the whole content, to be read from its start and closed."""


def new_file(format_: FileFormat, columns: list[Column]) -> RowFile:
    """Return an empty file."""
    if format_.name == "PARQUET":
        return _ParquetFile(format_, columns)
    return _LineFile(format_, _text_line(format_, columns) if format_.name == "TEXTFILE" else _json_line(columns))


def _spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES)  # whoever finishes the file closes it


class _ParquetFile:
    def __init__(self, format_: FileFormat, columns: list[Column]) -> None:
        self._schema = pa.schema([(name, arrow_type(type_)) for name, type_ in columns])
        self._content = _spool()
        self._writer = pq.ParquetWriter(
            self._content,
            self._schema,
            compression=_PARQUET_COMPRESSIONS[format_.compression],
            use_deprecated_int96_timestamps=True,
            store_schema=False,
        )

        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        columns = list(zip(*rows, strict=True))
        arrays = [pa.array(values, field.type) for values, field in zip(columns, self._schema, strict=True)]
        self._waiting.append(pa.table(arrays, schema=self._schema))
        self._waiting_rows += len(rows)
        if self._waiting_rows >= ROW_GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting, self._waiting_rows = [], 0

    def finish(self) -> IO[bytes]:
        self._flush()
        self._writer.close()
        self._content.seek(0)
        return self._content


class _LineFile:
    def __init__(self, format_: FileFormat, line: Callable[[tuple[Any, ...]], str]) -> None:
        self._line = line
        self._content = _spool()
        self._sink: IO[bytes] | gzip.GzipFile = self._content
        if format_.suffix:
            self._sink = gzip.GzipFile(fileobj=self._content, mode="wb", mtime=0)

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        self._sink.write("".join(self._line(row) for row in rows).encode())

    def finish(self) -> IO[bytes]:
        if self._sink is not self._content:
            self._sink.close()
        self._content.seek(0)
        return self._content


def _text_line(format_: FileFormat, columns: list[Column]) -> Callable[[tuple[Any, ...]], str]:
    types = [type_ for _, type_ in columns]

    def line(row: tuple[Any, ...]) -> str:
        texts = [stored_text(value, type_) for value, type_ in zip(row, types, strict=True)]
        return format_.field_delimiter.join(format_.null_text if text is None else text for text in texts) + "\n"

    return line


def _json_line(columns: list[Column]) -> Callable[[tuple[Any, ...]], str]:
    def line(row: tuple[Any, ...]) -> str:
        pairs = (
            f"{json.dumps(name, ensure_ascii=False)}:{_json_value(value, type_)}"
            for (name, type_), value in zip(columns, row, strict=True)
        )
        return "{" + ",".join(pairs) + "}\n"

    return line


def _json_value(value: Any, type_: Type) -> str:
    if isinstance(value, Decimal) and not type_.scale:
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float) and math.isfinite(value):
        return text_of(value, type_) or ""
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    return json.dumps(stored_text(value, type_), ensure_ascii=False)


def stored_text(value: Any, type_: Type) -> str | None:
    """Return a value as text files and partition paths hold it, None for null."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond:06d}".rstrip("0").rstrip(".")
    if isinstance(value, date) or type_.kind is not Kind.UNKNOWN:
        return text_of(value, type_)
    return None
