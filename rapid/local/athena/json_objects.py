"""Objects of JSON lines on S3 as the OpenX JSON SerDe reads them: plain, or gzip where the key ends in .gz.

Sources: https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html (properties),
https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html,
https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html (what fails, and its words); how values are
taken, where Athena's pages say nothing:
https://github.com/trinodb/trino/tree/master/lib/trino-hive-formats/src/main/java/io/trino/hive/formats/line/openxjson.
Stricter than the SerDe in one thing: text that is not JSON (unquoted words, single quotes) is malformed here. Every
query is told that it reads the whole object, compressed as it is, also where the columns are known from an earlier
query.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

import pyarrow as pa

from .errors import ErrorName, QueryFailedError, not_supported
from .object_cache import ObjectCache
from .parquet_objects import StoredObject, arrow_type, get
from .tables import OpenXJson, TableColumn
from .trino_types import INTEGER_BITS, Kind, Type

CACHE_BYTES = 128 * 1024 * 1024
_OTHER_COMPRESSIONS = (".bz2", ".deflate", ".lz4", ".lzo", ".snappy", ".zst")
_NUMBER = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?")
_SPECIAL_DOUBLES = {"NaN": "nan", "Infinity": "inf", "+Infinity": "inf", "-Infinity": "-inf"}
_MOST_EXPONENT = 400  # larger than any number that a column can hold; keeps 1e999999999 from being written out
_Columns = dict[TableColumn, pa.ChunkedArray]
_Convert = Callable[[Any], Any]


class Unquoted(str):
    """The text of a number, as it stood in the document."""

    __slots__ = ()


class InvalidValueError(ValueError):
    """A value that the column's type cannot take."""


class JsonObjects:
    """Reads columns of objects, and keeps up to ``CACHE_BYTES`` of them; safe to share between threads."""

    def __init__(self) -> None:
        self._decoded: ObjectCache[tuple[StoredObject, OpenXJson], tuple[int, _Columns]] = ObjectCache(
            CACHE_BYTES, lambda decoded: sum(array.nbytes for array in decoded[1].values())
        )

    def read(
        self,
        s3: Any,
        stored: StoredObject,
        serde: OpenXJson,
        table_columns: tuple[TableColumn, ...],
        wanted: list[TableColumn],
        before_read: Callable[[int], None],
    ) -> tuple[int, dict[str, pa.ChunkedArray]]:
        """Return the row count and the wanted columns by name. ``before_read`` is told the bytes that this reads.

        Raises QueryFailedError: HIVE_CURSOR_ERROR for a malformed line, HIVE_BAD_DATA for a value that is not the
        column's.
        """
        before_read(stored.size_bytes)
        key = (stored, serde)
        rows, known = self._decoded.get(key) or (None, {})
        missing = [column for column in wanted if column not in known]
        if rows is None or missing:
            documents = [_document(line, serde) for line in _content(s3, stored).splitlines()]
            rows = len(documents)
            known = known | {column: _decoded(documents, column, table_columns, serde) for column in missing}
            self._decoded.take(key)
            self._decoded.keep(key, (rows, known))
        return rows, {column.name: known[column] for column in wanted}


def _content(s3: Any, stored: StoredObject) -> bytes:
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


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("Duplicate key")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Unquoted, parse_int=Unquoted, parse_constant=Unquoted, strict=False
)


def _document(line: bytes, serde: OpenXJson) -> dict[str, Any] | list[Any] | None:
    """Return a line's object, its keys in lower case, or array; None for what gives a row of nulls."""
    text = line.decode(errors="replace").strip()
    if not text.startswith(("{", "[")):
        return None
    try:
        document = _DECODER.raw_decode(text)[0]  # what follows a document on its line is not looked at
        if isinstance(document, list):
            return document
        return _object([(key.lower(), value) for key, value in document.items()])
    except (ValueError, RecursionError) as error:
        if serde.ignores_malformed_lines:
            return None
        message = f"Row is not a valid JSON Object - JSONException: {error}"
        raise QueryFailedError(ErrorName.HIVE_CURSOR_ERROR, message) from None


def _decoded(
    documents: list[dict[str, Any] | list[Any] | None],
    column: TableColumn,
    table_columns: tuple[TableColumn, ...],
    serde: OpenXJson,
) -> pa.ChunkedArray:
    convert = converter(column.type) if column.type else None
    if convert is None:
        raise not_supported(f"Column '{column.name}': type {column.type_text} in JSON")
    place = [other.name for other in table_columns].index(column.name)
    values = []
    for document in documents:
        if isinstance(document, list):
            document = dict(zip([column.name], document[place:], strict=False))
        value = document.get(column.name) if document else None
        try:
            values.append(None if value is None else convert(value))
        except InvalidValueError as error:
            if not serde.nulls_invalid_values:
                shown = value if isinstance(value, str) else json_text(value)
                message = f"Error parsing field value '{shown}' for field {place}: {error}"
                raise QueryFailedError(ErrorName.HIVE_BAD_DATA, message) from None
            values.append(None)
    return pa.chunked_array([_array(values, arrow_type(column.type))])


def _array(values: list[Any], type_: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, type_)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can escape and UTF-8 cannot hold
        return pa.array([value and value.encode(errors="replace").decode() for value in values], type_)


def converter(type_: Type) -> _Convert | None:
    """Return what converts a value (never null) to a column's type; None if this plane reads no such column."""
    if type_.kind in INTEGER_BITS:
        return _integer(INTEGER_BITS[type_.kind])
    if type_.kind is Kind.VARCHAR:
        return lambda value: (value if type(value) is str else json_text(value))[: type_.precision]
    return {Kind.BOOLEAN: _boolean, Kind.DOUBLE: _double, Kind.REAL: _double}.get(type_.kind)


def json_text(value: Any) -> str:
    """Write a value as JSON: no spaces, keys as they came, numbers without needless signs and zeros before them."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode_basestring(key)}:{json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(Decimal(value)) if type(value) is Unquoted else encode_basestring(value)


def _integer(bits: int) -> _Convert:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def convert(value: Any) -> int:
        number = _whole(value) if isinstance(value, str) else None
        if number is None or not low <= number <= high:
            raise InvalidValueError(f'For input string: "{value}"')
        return number

    return convert


def _whole(text: str) -> int | None:
    """A number, also 0x1F and 017, its fraction cut off."""
    if re.fullmatch("0[xX][0-9a-fA-F]+", text):
        return int(text, 16)
    if re.fullmatch("0[0-7]+", text):
        return int(text, 8)
    is_number = _NUMBER.fullmatch(text) and Decimal(text).adjusted() <= _MOST_EXPONENT
    return int(Decimal(text)) if is_number else None


def _double(value: Any) -> float:
    text = value.strip() if isinstance(value, str) else ""
    if text in _SPECIAL_DOUBLES or _NUMBER.fullmatch(text):
        return float(_SPECIAL_DOUBLES.get(text, text))
    raise InvalidValueError(f'For input string: "{value}"')


def _boolean(value: Any) -> bool:
    """Anything but true (also as a string, in any case) is false, as for Java's parseBoolean."""
    return value is True or (isinstance(value, str) and value.lower() == "true")
