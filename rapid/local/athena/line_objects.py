"""Objects of lines on S3, JSON or with delimiters: plain, or gzip where the key ends in .gz, as Athena decides it.

Source: https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html. Every query is told that it reads the
whole object, compressed as it is, also where the columns are known from an earlier query.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from .delimited_text import decode as decode_delimited
from .errors import ErrorName, QueryFailedError, not_supported
from .object_cache import ObjectCache
from .openx_json import decode as decode_json
from .parquet_objects import StoredObject, get
from .tables import LineSerde, OpenXJson, TableColumn

CACHE_BYTES = 128 * 1024 * 1024
_OTHER_COMPRESSIONS = (".bz2", ".deflate", ".lz4", ".lzo", ".snappy", ".zst")
_Columns = dict[TableColumn, pa.ChunkedArray]


class LineObjects:
    """Reads columns of objects, and keeps up to ``CACHE_BYTES`` of them; safe to share between threads."""

    def __init__(self) -> None:
        self._decoded: ObjectCache[tuple[StoredObject, LineSerde], tuple[int, _Columns]] = ObjectCache(
            CACHE_BYTES, lambda decoded: sum(array.nbytes for array in decoded[1].values())
        )

    def read(
        self,
        s3: Any,
        stored: StoredObject,
        serde: LineSerde,
        table_columns: tuple[TableColumn, ...],
        wanted: list[TableColumn],
        before_read: Callable[[int], None],
    ) -> tuple[int, dict[str, pa.ChunkedArray]]:
        """Return the row count and the wanted columns by name. ``before_read`` is told the bytes that this reads."""
        before_read(stored.size_bytes)
        key = (stored, serde)
        rows, known = self._decoded.get(key) or (None, {})
        missing = [column for column in wanted if column not in known]
        if rows is None or missing:
            content = _lines(s3, stored)
            if isinstance(serde, OpenXJson):
                rows, arrays = decode_json(content, serde, table_columns, missing)
            else:
                rows, arrays = decode_delimited(content, serde, table_columns, missing)
            known = known | {column: arrays[column.name] for column in missing if column.name in arrays}
            self._decoded.take(key)
            self._decoded.keep(key, (rows, known))
        return rows, {column.name: known[column] for column in wanted if column in known}


def _lines(s3: Any, stored: StoredObject) -> bytes:
    if stored.key.lower().endswith(_OTHER_COMPRESSIONS):
        raise not_supported(f"Object {stored.url}: compression other than gzip")
    content = get(s3, stored)
    if not stored.key.endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        message = f"Failed to read file at {stored.url}: {error}"
        raise QueryFailedError(ErrorName.HIVE_CURSOR_ERROR, message) from None
