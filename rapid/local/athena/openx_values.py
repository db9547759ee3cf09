"""Values of JSON as the columns' types take them in the OpenX JSON SerDe.

Source: https://github.com/trinodb/trino/blob/master/lib/trino-hive-formats/src/main/java/io/trino/hive/formats/line/openxjson/OpenXJsonDeserializer.java
(Athena's pages do not say how a value of another type is taken); times:
https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from .json_text import json_text
from .trino_types import Kind, Type

Convert = Callable[[Any], Any]
_NUMBER = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?")
_INTEGER_BITS = {Kind.TINYINT: 8, Kind.SMALLINT: 16, Kind.INTEGER: 32, Kind.BIGINT: 64}
_SPECIAL_DOUBLES = {"NaN": "nan", "Infinity": "inf", "+Infinity": "inf", "-Infinity": "-inf"}
_MOST_EXPONENT = 400  # larger than any number that a column can hold; keeps 1e999999999 from being written out
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})[ Tt]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,9}))?)?"
    r"([zZ]|[+-][0-9]{2}:?[0-9]{2})?"
)
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ Tt].*)?")
_EPOCH = datetime(1970, 1, 1)
_MILLISECOND_TEXT_LENGTH = 13
_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)


class InvalidValueError(ValueError):
    """A value that the column's type cannot take; the message is what follows Athena's ``for field N:``."""


def converter(type_: Type) -> Convert | None:
    """Return what converts a value (never null) to a column's type; None if this plane reads no such column."""
    if type_.kind in _INTEGER_BITS:
        return _integer(_INTEGER_BITS[type_.kind])
    if type_.kind is Kind.DECIMAL:
        return _decimal(type_)
    if type_.kind is Kind.VARCHAR:
        return _text if type_.precision is None else lambda value: _text(value)[: type_.precision]
    return {
        Kind.BOOLEAN: _boolean,
        Kind.DOUBLE: _double,
        Kind.REAL: _double,
        Kind.DATE: _date,
        Kind.TIMESTAMP: _timestamp,
    }.get(type_.kind)


def _invalid(value: Any) -> InvalidValueError:
    return InvalidValueError(f'For input string: "{value}"')


def _text(value: Any) -> str:
    return value if type(value) is str else json_text(value)


def _number(value: Any) -> Decimal:
    """Return a number, or the number that a string holds; raises InvalidValueError for anything else."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise _invalid(value)
    number = Decimal(value)
    if number.adjusted() > _MOST_EXPONENT:
        raise _invalid(value)
    return number


def _integer(bits: int) -> Convert:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def convert(value: Any) -> int:
        number = _prefixed(value)
        if number is None:
            number = int(_number(value))  # cuts the fraction off
        if not low <= number <= high:
            raise _invalid(value)
        return number

    return convert


def _prefixed(value: Any) -> int | None:
    """Read 0x1F and 017, which a string may hold."""
    if not isinstance(value, str):
        return None
    if re.fullmatch("0[xX][0-9a-fA-F]+", value):
        return int(value, 16)
    return int(value, 8) if re.fullmatch("0[0-7]+", value) else None


def _decimal(type_: Type) -> Convert:
    step = Decimal(1).scaleb(-type_.scale)

    def convert(value: Any) -> Decimal:
        try:
            number = _number(value).quantize(step, context=_WIDE)
        except InvalidOperation:
            raise _invalid(value) from None
        if len(number.as_tuple().digits) > (type_.precision or 0):
            raise _invalid(value)
        return number

    return convert


def _double(value: Any) -> float:
    if isinstance(value, str):
        text = value.strip()
        if text in _SPECIAL_DOUBLES or _NUMBER.fullmatch(text):
            return float(_SPECIAL_DOUBLES.get(text, text))
    raise _invalid(value)


def _boolean(value: Any) -> bool:
    """Anything but true (also as a string, in any case) is false, as for Java's parseBoolean."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _date(value: Any) -> date:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
        return (_EPOCH + timedelta(days=int(_number(value)))).date()
    except (ValueError, OverflowError):
        raise _invalid(value) from None


def _timestamp(value: Any) -> datetime:
    """Return the UTC moment, rounded to milliseconds."""
    try:
        if isinstance(value, str) and ":" in value:
            return _to_milliseconds(*_parsed(value))
        number = _number(value)
        is_seconds = "." in value or len(value) < _MILLISECOND_TEXT_LENGTH
        return _EPOCH + timedelta(milliseconds=int(number * 1000 if is_seconds else number))
    except (ValueError, OverflowError):
        message = "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"
        raise InvalidValueError(message) from None


def _parsed(text: str) -> tuple[datetime, int]:
    """Return the moment of a text in whole seconds of UTC, and its nanoseconds."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(match[group] or 0) for group in range(1, 7))
    moment = datetime(year, month, day, hour, minute, second)
    zone = match[8]
    if zone and zone not in "zZ":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        moment = moment.replace(tzinfo=timezone(offset if zone[0] == "+" else -offset))
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment, int((match[7] or "").ljust(9, "0"))


def _to_milliseconds(moment: datetime, nanoseconds: int) -> datetime:
    return moment + timedelta(milliseconds=(nanoseconds + 500_000) // 1_000_000)
