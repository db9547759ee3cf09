"""The OpenX JSON SerDe: one JSON document a line, and how its values become the table's.

Sources: https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html (properties),
https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html (what fails, and its words); how values are
taken, where Athena's pages say nothing:
https://github.com/trinodb/trino/tree/master/lib/trino-hive-formats/src/main/java/io/trino/hive/formats/line/openxjson.
Stricter than the SerDe in one thing: text that is not JSON (unquoted words, single quotes) is malformed here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from .errors import ErrorName, QueryFailedError, not_supported
from .json_text import Unquoted, json_text
from .openx_values import InvalidValueError, converter
from .parquet_objects import arrow_type
from .tables import OnBadInput, OpenXJson, TableColumn
from .trino_types import NUMBERS, TEXT, Kind

_PLAIN_KINDS = NUMBERS | TEXT | {Kind.BOOLEAN, Kind.DATE, Kind.TIMESTAMP}


def decode(
    content: bytes, serde: OpenXJson, table_columns: tuple[TableColumn, ...], wanted: Iterable[TableColumn]
) -> tuple[int, dict[str, pa.ChunkedArray]]:
    """Return how many lines there are, and the wanted columns by name.

    Raises QueryFailedError: HIVE_CURSOR_ERROR for a malformed line, HIVE_BAD_DATA for a value that is not the column's.
    """
    documents = [_document(line, serde) for line in content.splitlines()]
    columns = {}
    for column in wanted:
        if column.type is None:
            continue
        place = [other.name for other in table_columns].index(column.name)
        convert = converter(column.type)
        if convert is None:
            raise not_supported(f"Column '{column.name}': type {column.type_text} in JSON")
        if not serde.takes_other_kinds:
            convert = _of_its_kind(column, convert)
        values = [_value(document, column.name, place, convert, serde) for document in documents]
        columns[column.name] = pa.chunked_array([_array(values, arrow_type(column.type))])
    return len(documents), columns


def _of_its_kind(column: TableColumn, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Refuse a value that is not of the column's kind."""
    assert column.type is not None
    kind = bool if column.type.kind is Kind.BOOLEAN else Unquoted if column.type.kind in NUMBERS else str

    def checked(value: Any) -> Any:
        if type(value) is not kind and (column.type is not None and column.type.kind in _PLAIN_KINDS):
            raise not_supported(
                f"Column '{column.name}': {json_text(value)} as {column.type_text} in Hive's JSON SerDe"
            )
        return convert(value)

    return checked


def _array(values: list[Any], type_: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, type_)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can escape and UTF-8 cannot hold
        return pa.array([value and value.encode(errors="replace").decode() for value in values], type_)


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
        lowered = {key.lower(): value for key, value in document.items()}
        if len(lowered) != len(document):
            raise ValueError("Duplicate key")
    except (ValueError, RecursionError) as error:
        if serde.malformed_lines is OnBadInput.NULL:
            return None
        message = f"Row is not a valid JSON Object - JSONException: {error}"
        raise QueryFailedError(ErrorName.HIVE_CURSOR_ERROR, message) from None
    return lowered


def _value(
    document: dict[str, Any] | list[Any] | None, name: str, place: int, convert: Callable[[Any], Any], serde: OpenXJson
) -> Any:
    if isinstance(document, list):
        document = dict(zip([name], document[place:], strict=False))
    value = document.get(name) if document else None
    if value is None:
        return None
    try:
        return convert(value)
    except InvalidValueError as error:
        if serde.invalid_values is OnBadInput.NULL:
            return None
        shown = value if isinstance(value, str) else json_text(value)
        message = f"Error parsing field value '{shown}' for field {place}: {error}"
        raise QueryFailedError(ErrorName.HIVE_BAD_DATA, message) from None
