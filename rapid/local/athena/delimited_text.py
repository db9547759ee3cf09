"""Text with delimiters: LazySimpleSerDe and OpenCSVSerde, one row a line.

Sources: https://docs.aws.amazon.com/athena/latest/ug/lazy-simple-serde.html,
https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html (types; a date is days, a timestamp milliseconds since
1970, and an empty number fails); how LazySimpleSerDe takes values (what cannot be parsed is null):
https://github.com/trinodb/trino/tree/master/lib/trino-hive-formats/src/main/java/io/trino/hive/formats/encodings/text.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from .errors import ErrorName, QueryFailedError, not_supported
from .parquet_objects import arrow_type
from .tables import LazySimple, OpenCsv, TableColumn
from .trino_types import Kind, Type

_INTEGER = re.compile(r"([+-]?)([0-9]*)(?:\.[0-9]*)?")
_NUMBER = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?")
_SPECIAL_DOUBLES = {"NaN": "nan", "Infinity": "inf", "+Infinity": "inf", "-Infinity": "-inf"}
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]{1,9}))?")
_ISO_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?")
_SHORTEST_MOMENT = 8
_INTEGER_BITS = {Kind.TINYINT: 8, Kind.SMALLINT: 16, Kind.INTEGER: 32, Kind.BIGINT: 64}
_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
_EPOCH = datetime(1970, 1, 1)
Convert = Callable[[str], Any]


def decode(
    content: bytes, serde: LazySimple | OpenCsv, table_columns: tuple[TableColumn, ...], wanted: Iterable[TableColumn]
) -> tuple[int, dict[str, pa.ChunkedArray]]:
    """Return how many rows there are, and the wanted columns by name.

    Raises QueryFailedError: HIVE_BAD_DATA for a value that OpenCSVSerde cannot take.
    """
    lines = [line.decode(errors="replace") for line in content.splitlines()[serde.header_lines :]]
    places = [column.name for column in table_columns]
    if isinstance(serde, LazySimple):
        rows: list[list[str | None]] = [_lazy_row(line, serde, len(places)) for line in lines]
    else:
        rows = [_csv_row(line, serde) for line in lines]
    columns = {}
    for column in wanted:
        if column.type is None:
            continue
        convert = _converter(serde, column)
        place = places.index(column.name)
        values = [_value(row[place], place, convert) if place < len(row) else None for row in rows]
        columns[column.name] = pa.chunked_array([pa.array(values, arrow_type(column.type))])
    return len(lines), columns


def _value(text: str | None, place: int, convert: Convert) -> Any:
    if text is None:
        return None
    try:
        return convert(text)
    except (ValueError, OverflowError, InvalidOperation):
        message = f"Error parsing field value '{text}' for field {place}: For input string: \"{text}\""
        raise QueryFailedError(ErrorName.HIVE_BAD_DATA, message) from None


def _converter(serde: LazySimple | OpenCsv, column: TableColumn) -> Convert:
    assert column.type is not None
    type_ = column.type
    if type_.kind is Kind.VARCHAR:
        escape = serde.escape if isinstance(serde, LazySimple) else None
        return lambda text: _unescaped(text, escape)[: type_.precision]
    found = _csv_converter(type_) if isinstance(serde, OpenCsv) else lazy_converter(type_)
    if found is None:
        raise not_supported(f"Column '{column.name}': type {column.type_text} in text with delimiters")
    return found


def _lazy_row(line: str, serde: LazySimple, width: int) -> list[str | None]:
    fields, start, at = [], 0, 0
    while at < len(line):
        if line[at] == serde.delimiter:
            fields.append(line[start:at])
            start = at + 1
            if serde.last_takes_rest and len(fields) == width - 1:
                break
        elif line[at] == serde.escape:
            at += 1
        at += 1
    fields.append(line[start:])
    return [None if field == serde.null_text else field for field in fields]


def _unescaped(text: str, escape: str | None) -> str:
    if escape is None or escape not in text:
        return text
    return re.sub(re.escape(escape) + "(.)", r"\1", text)


def lazy_converter(type_: Type) -> Convert | None:
    """Return a conversion that gives null for what cannot be parsed; None if text holds no such type."""
    if type_.kind in _INTEGER_BITS:
        bits = _INTEGER_BITS[type_.kind]
        return lambda text: _integer(text, bits)
    if type_.kind is Kind.DECIMAL:
        return _or_null(_decimal(type_))
    return {
        Kind.BOOLEAN: lambda text: {"true": True, "false": False}.get(text.lower()),
        Kind.DOUBLE: _or_null(_double),
        Kind.REAL: _or_null(_double),
        Kind.DATE: _or_null(_date),
        Kind.TIMESTAMP: _or_null(_moment),
        Kind.VARBINARY: lambda text: base64.b64decode(text, validate=True),  # what is not Base64 fails
    }.get(type_.kind)


def _or_null(convert: Convert) -> Convert:
    def converted(text: str) -> Any:
        try:
            return convert(text)
        except (ValueError, OverflowError, InvalidOperation):
            return None

    return converted


def _integer(text: str, bits: int) -> int | None:
    """A fraction is cut off; null for what is no number, or out of range."""
    match = _INTEGER.fullmatch(text)
    if not match or text in ("", "+", "-"):
        return None
    number = int(f"{match[1]}{match[2] or 0}")
    return number if -(2 ** (bits - 1)) <= number < 2 ** (bits - 1) else None


def _decimal(type_: Type) -> Convert:
    step = Decimal(1).scaleb(-type_.scale)

    def convert(text: str) -> Decimal:
        if not _NUMBER.fullmatch(text):
            raise ValueError(text)
        number = Decimal(text).quantize(step, context=_WIDE)
        if len(number.as_tuple().digits) > (type_.precision or 0):
            raise ValueError(text)
        return number

    return convert


def _double(text: str) -> float:
    """Read a number as Java does: spaces around it and a letter for its width have no meaning."""
    text = text.strip()
    if text in _SPECIAL_DOUBLES:
        return float(_SPECIAL_DOUBLES[text])
    number = text[:-1] if text[-1:] in ("d", "D", "f", "F") else text
    if not _NUMBER.fullmatch(number):
        raise ValueError(text)
    return float(number)


def _date(text: str) -> date:
    """A time after the date is let in and dropped."""
    return _midnight(text.strip().partition(" ")[0]).date()


def _midnight(text: str) -> datetime:
    """A month or a day past the last goes on into the next, as in Java's lenient dates."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    months = int(match[1]) * 12 + int(match[2]) - 1
    return datetime(months // 12, months % 12 + 1, 1) + timedelta(days=int(match[3]) - 1)


def _moment(text: str) -> datetime:
    """Read a date, and a time after a space (or, with two digits a part, after a T); rounded to milliseconds."""
    if len(text) < _SHORTEST_MOMENT:
        raise ValueError(text)
    text = text.strip()
    day, separator, clock = text.partition(" " if " " in text else "T")
    midnight = _midnight(day)
    if not separator:
        return midnight
    match = (_CLOCK if separator == " " else _ISO_CLOCK).fullmatch(clock)
    if match is None:
        raise ValueError(text)
    nanoseconds = int((match[4] or "").ljust(9, "0"))
    milliseconds = (nanoseconds + 500_000) // 1_000_000
    time_of_day = timedelta(
        hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3] or 0), milliseconds=milliseconds
    )
    return midnight + time_of_day


def _csv_converter(type_: Type) -> Convert | None:
    """OpenCSVSerde knows boolean, int, bigint, double, date and timestamp besides text; what cannot be read fails."""
    if type_.kind in (Kind.INTEGER, Kind.BIGINT):
        bits = _INTEGER_BITS[type_.kind]
        return lambda text: _ranged(int(text), bits)
    return {
        Kind.BOOLEAN: lambda text: text.lower() == "true",
        Kind.DOUBLE: _double,
        Kind.DATE: lambda text: (_EPOCH + timedelta(days=int(text))).date(),
        Kind.TIMESTAMP: lambda text: _EPOCH + timedelta(milliseconds=int(text)),
    }.get(type_.kind)


def _ranged(number: int, bits: int) -> int:
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise ValueError(number)
    return number


def _csv_row(line: str, serde: OpenCsv) -> list[str | None]:
    """Split a line as the opencsv library does: an escape counts inside quotes, before a quote or an escape."""
    fields: list[str | None] = []
    field, is_quoted, at = "", False, 0
    while at < len(line):
        sign, following = line[at], line[at + 1 : at + 2]
        if sign == serde.escape:
            if is_quoted and following in (serde.quote, serde.escape) and following:
                field += following
                at += 1
        elif sign == serde.quote:
            if is_quoted and following == serde.quote:
                field += following
                at += 1
            else:
                is_inside = at > 2 and line[at - 1] != serde.separator and following not in ("", serde.separator)
                if is_inside:
                    field = field + sign if field.strip() else ""
                is_quoted = not is_quoted
        elif sign == serde.separator and not is_quoted:
            fields.append(field)
            field = ""
        else:
            field += sign
        at += 1
    if is_quoted:
        message = f"Un-terminated quoted field at end of CSV line: {line[:100]}"
        raise QueryFailedError(ErrorName.HIVE_BAD_DATA, message)
    return [*fields, field]
