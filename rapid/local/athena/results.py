"""Query results as Athena keeps them on S3: the CSV, and the binary description of its columns beside it.

``<location>/<query id>.csv`` has a header; every value is quoted, quotes are doubled, a null is nothing between the
commas. ``<query id>.csv.metadata`` is a Protocol Buffers message whose format Athena does not publish; the fields
written here are those that readers in the open rely on (field 1: an id; field 4, a column: 1 catalog, 4 name, 5
label, 6 type, 7 precision, 8 scale, 9 nullable, 10 case sensitive; see https://github.com/burtcorp/athena-jdbc).
Sources: https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_ColumnInfo.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .scopes import Output
from .trino_types import CLOCK_MOMENTS, MILLISECOND_DIGITS, UNBOUNDED_VARCHAR_LENGTH, Kind

_PRECISION = {
    Kind.TINYINT: 3,
    Kind.SMALLINT: 5,
    Kind.INTEGER: 10,
    Kind.BIGINT: 19,
    Kind.REAL: 17,
    Kind.DOUBLE: 17,
    Kind.VARBINARY: 1073741824,
}
_NULLABLE_UNKNOWN = 3


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result, as ColumnInfo shows it."""

    name: str
    type: str
    precision: int
    scale: int
    is_case_sensitive: bool

    def info(self) -> dict[str, Any]:
        """Return the API's ColumnInfo."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.is_case_sensitive,
        }


def result_column(index: int, output: Output) -> ResultColumn:
    """Return a query's output column as a result shows it; one without a name is called ``_col<index>``."""
    type_ = output.type
    precision = _PRECISION.get(type_.kind, 0)
    if type_.kind is Kind.DECIMAL:
        precision = type_.precision or 0
    if type_.kind in CLOCK_MOMENTS:
        precision = max(type_.second_digits, MILLISECOND_DIGITS)
    if type_.kind is Kind.VARCHAR:
        precision = UNBOUNDED_VARCHAR_LENGTH if type_.precision is None else type_.precision
    name = {Kind.REAL: "float"}.get(type_.kind, type_.kind.trino)
    return ResultColumn(output.label or f"_col{index}", name, precision, type_.scale, type_.kind is Kind.VARCHAR)


def csv_row(values: list[str | None]) -> str:
    """Return one line of the CSV, newline included."""
    return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in values) + "\n"


def split_rows(text: str) -> Iterator[tuple[list[str | None], int]]:
    """Yield each complete CSV line's values and the offset (in characters) after it."""
    position = 0
    while (parsed := _row_at(text, position)) is not None:
        values, position = parsed
        yield values, position


def split_lines(text: str) -> Iterator[tuple[list[str | None], int]]:
    """Yield each complete line as a row of one value, and the offset (in characters) after it."""
    position = 0
    while (end := text.find("\n", position)) >= 0:
        yield [text[position:end]], end + 1
        position = end + 1


def _row_at(text: str, position: int) -> tuple[list[str | None], int] | None:
    values: list[str | None] = []
    while position < len(text):
        if text[position] == '"':
            end = position + 1
            while True:
                end = text.find('"', end)
                if end < 0 or end + 1 >= len(text):
                    return None
                if text[end + 1] != '"':
                    break
                end += 2
            values.append(text[position + 1 : end].replace('""', '"'))
            position = end + 1
        else:
            values.append(None)
        if text[position] == "\n":
            return values, position + 1
        position += 1
        if position == len(text):
            return None
    return None


def encode_metadata(query_id: str, columns: list[ResultColumn]) -> bytes:
    """Return the content of the ``.csv.metadata`` object."""
    encoded = _field(1, query_id.encode())
    for column in columns:
        encoded += _field(
            4,
            _field(1, b"hive")
            + _field(4, column.name.encode())
            + _field(5, column.name.encode())
            + _field(6, column.type.encode())
            + _field(7, column.precision)
            + _field(8, column.scale)
            + _field(9, _NULLABLE_UNKNOWN)
            + _field(10, int(column.is_case_sensitive)),
        )
    return encoded


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
