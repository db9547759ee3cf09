"""The JSON documents of a record, and the rows of a table that they make.

https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html: several documents may follow each
other in one record, with or without line breaks; an array of documents is not valid; keys outside the schema are
dropped.
"""

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pyarrow as pa

from .columns import Column, Mismatch

_SPACE = re.compile(r"[ \t\r\n]*")
Row = list[Any]


class ConversionErrorCode(StrEnum):
    """`lastErrorCode` of a failed record, as AWS writes it."""

    PARSE_ERROR = "DataFormatConversion.ParseError"
    MALFORMED_DATA = "DataFormatConversion.MalformedData"
    ENTITY_NOT_FOUND = "DataFormatConversion.EntityNotFound"
    ACCESS_DENIED = "DataFormatConversion.AccessDenied"


class ConversionFailed(Exception):
    """A record that cannot be converted, with the code and message of its error record."""

    def __init__(self, code: ConversionErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class RowReader:
    """Reads records into rows of the given columns, whose names are found letter case apart."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._positions = {c.name.lower(): i for i, c in enumerate(columns)}
        # Keys as they come are looked up first, so that normalising is the exception.
        self._seen: dict[str, int | None] = dict(self._positions)
        exact = any(pa.types.is_decimal(c.arrow_type) for c in columns)
        decoder = json.JSONDecoder(parse_float=Decimal if exact else None, parse_constant=_refuse_constant)
        self._decode: Callable[[str, int], tuple[Any, int]] = decoder.raw_decode

    def rows(self, data: bytes) -> list[Row]:
        """One row a document. Raises ConversionFailed, whichever document it is that fails."""
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise ConversionFailed(ConversionErrorCode.PARSE_ERROR, f"Encountered malformed JSON. {error}") from None
        rows: list[Row] = []
        position = _SPACE.match(text).end()  # type: ignore[union-attr]
        while position < len(text):
            try:
                document, position = self._decode(text, position)
            except (ValueError, RecursionError) as error:
                raise ConversionFailed(
                    ConversionErrorCode.PARSE_ERROR, f"Encountered malformed JSON. {error}"
                ) from None
            rows.append(self._row(document))
            position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
        if not rows:
            raise _malformed("The record was empty or contained only whitespace.")
        return rows

    def _row(self, document: Any) -> Row:
        if type(document) is list:
            raise _malformed("Data does not match the schema. The top level is an array of documents, not a document.")
        if type(document) is not dict:
            raise _malformed(
                "The input JSON contained a primitive at the top level. The top level must be an object or array."
            )
        row: Row = [None] * len(self._columns)
        for key, value in document.items():
            position = self._seen.get(key, -1)
            if position == -1:
                position = self._position(key)
            if position is not None and value is not None:
                column = self._columns[position]
                try:
                    row[position] = column.read(value)
                except Mismatch as error:
                    raise _malformed(f"Data does not match the schema. {error} (column {column.name})") from None
        return row

    def _position(self, key: str) -> int | None:
        position = self._positions.get(key.lower())
        # Only keys of columns are remembered: clients can invent others without end.
        if position is not None and len(self._seen) < 100 * len(self._columns):
            self._seen[key] = position
        return position


def _malformed(message: str) -> ConversionFailed:
    return ConversionFailed(ConversionErrorCode.MALFORMED_DATA, message)
