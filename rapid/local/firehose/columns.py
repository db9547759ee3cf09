"""Glue columns as the OpenX JSON SerDe reads them and as Parquet stores them.

Accepted notations of timestamps: https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html
What a JSON value may be for each type follows the SerDe that AWS names there, https://github.com/rcongiu/Hive-JSON-Serde:
numbers may be written as strings, a number with a fraction is no integer, any string but "true" is false.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from .errors import unsupported

_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")
_INTEGER_TEXT = re.compile(r"[+-]?\d{1,19}")
_HEX_TEXT = re.compile(r"0[xX]([0-9A-Fa-f]{1,16})")
_NUMBER_TEXT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?")
_DATE_TEXT = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SPACE_TIMESTAMP = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?")
_ISO_TIMESTAMP = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z")
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_INT64_MAX = 2**63 - 1
_MILLISECONDS_FROM = 10**12
"""Epoch numbers from here on are milliseconds, smaller ones are seconds."""

Read = Callable[[Any], Any]


class Mismatch(ValueError):
    """A JSON value that its column cannot take."""


@dataclass(frozen=True)
class Column:
    """A column: `read` turns a JSON value (never null) into what Arrow takes, or raises Mismatch."""

    name: str
    arrow_type: pa.DataType
    read: Read

    def array(self, values: Sequence[Any]) -> pa.Array:
        """The values, nulls among them, as an Arrow array."""
        try:
            return pa.array(values, self.arrow_type)
        except UnicodeEncodeError:
            # JSON can spell a lone surrogate, UTF-8 cannot; Java writes a question mark.
            return pa.array(
                [v if v is None else v.encode("utf-8", "replace").decode() for v in values], self.arrow_type
            )


def column(name: str, glue_type: str) -> Column:
    """The column of a Glue table. Raises ServiceError for a type that is not supported, naming it."""
    kind = glue_type.strip().lower()
    if kind in _SIMPLE:
        return Column(name, *_SIMPLE[kind])
    match = _DECIMAL.fullmatch(kind)
    if match and int(match[2]) <= int(match[1]) <= 38:
        precision, scale = int(match[1]), int(match[2])
        return Column(name, pa.decimal128(precision, scale), _decimal(precision, scale))
    raise unsupported(f"the type {glue_type} of the Glue column {name} in format conversion")


def _for_input(value: Any) -> Mismatch:
    return Mismatch(f'For input string: "{value}"')


def _wrong_kind(value: Any, wanted: str) -> Mismatch:
    shown = json.dumps(value, default=str)
    return Mismatch(f"{shown[:100]} is not {wanted}")


def _string(value: Any) -> str:
    if type(value) is str:
        return value
    if type(value) is float:
        return repr(value)
    if type(value) is Decimal:
        return repr(float(value))
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=float)


def _boolean(value: Any) -> bool:
    if value is True or value is False:
        return value
    if type(value) is str:
        return value.lower() == "true"
    raise _wrong_kind(value, "a boolean")


def _bigint(value: Any) -> int:
    if type(value) is str:
        if _INTEGER_TEXT.fullmatch(value):
            number = int(value)
        elif hexadecimal := _HEX_TEXT.fullmatch(value):
            number = int(hexadecimal[1], 16)
        else:
            raise _for_input(value)
    elif type(value) is int:
        number = value
    else:
        raise _wrong_kind(value, "an integer")
    if not -_INT64_MAX - 1 <= number <= _INT64_MAX:
        raise _wrong_kind(value, "an integer of 64 bits")
    return number


def _double(value: Any) -> float:
    kind = type(value)
    if kind is str:
        if not _NUMBER_TEXT.fullmatch(value.strip()):
            raise _for_input(value)
    elif kind is not float and kind is not int and kind is not Decimal:
        raise _wrong_kind(value, "a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise _wrong_kind(value, "in the range of the column")
    return number


def _decimal(precision: int, scale: int) -> Read:
    step = Decimal(1).scaleb(-scale)
    context = Context(prec=precision, rounding=ROUND_HALF_UP)

    def read(value: Any) -> Decimal:
        if type(value) is str:
            if not _NUMBER_TEXT.fullmatch(value):
                raise _for_input(value)
        elif type(value) is not Decimal and type(value) is not int:
            raise _wrong_kind(value, "a number")
        try:
            return Decimal(value).quantize(step, context=context)
        except InvalidOperation:
            raise _wrong_kind(value, f"in the range of decimal({precision},{scale})") from None

    return read


def _date(value: Any) -> date:
    match = _DATE_TEXT.fullmatch(value) if type(value) is str else None
    if match is None:
        raise _for_input(value)
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise _for_input(value) from None


def _timestamp_ns(value: Any) -> int:
    """Nanoseconds since 1970 UTC."""
    if type(value) is str:
        match = _SPACE_TIMESTAMP.fullmatch(value) or _ISO_TIMESTAMP.fullmatch(value)
        if match:
            nanoseconds = _calendar_ns(value, match)
        elif _NUMBER_TEXT.fullmatch(value):
            nanoseconds = _epoch_ns(Decimal(value))
        else:
            raise _for_input(value)
    elif type(value) in (int, float, Decimal) and math.isfinite(value):
        nanoseconds = _epoch_ns(Decimal(value))
    else:
        raise _wrong_kind(value, "a timestamp")
    if abs(nanoseconds) > _INT64_MAX:
        raise _wrong_kind(value, "a timestamp between the years 1677 and 2262")
    return nanoseconds


def _calendar_ns(text: str, match: re.Match[str]) -> int:
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    try:
        days = date(year, month, day).toordinal() - _EPOCH_ORDINAL
    except ValueError:
        raise _for_input(text) from None
    if hour > 23 or minute > 59 or second > 59:
        raise _for_input(text)
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 10**9 + int((match[7] or "").ljust(9, "0"))


def _epoch_ns(number: Decimal) -> int:
    if abs(number) > 2**63:
        return 2**64
    milliseconds = number if abs(number) >= _MILLISECONDS_FROM else number * 1000
    return round(milliseconds) * 10**6


_SIMPLE: dict[str, tuple[pa.DataType, Read]] = {
    "string": (pa.string(), _string),
    "boolean": (pa.bool_(), _boolean),
    "bigint": (pa.int64(), _bigint),
    "double": (pa.float64(), _double),
    "date": (pa.date32(), _date),
    "timestamp": (pa.timestamp("ns"), _timestamp_ns),
}
