"""Values as Athena shows them in results."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from .java_numbers import java_double
from .time_zones import shown
from .trino_types import MICROSECOND_DIGITS, MILLISECOND_DIGITS, Kind, Type

_DAY, _HOUR, _MINUTE, _SECOND = 86_400_000, 3_600_000, 60_000, 1000


def text_of(value: Any, type_: Type) -> str | None:
    """Return a value's text in results, ``None`` for null."""
    if value is None:
        return None
    writer = _WRITERS.get(type_.kind)
    return writer(value, type_) if writer else str(value)


def _inside(value: Any, type_: Type) -> str:
    """Return the text of a value inside a structure, where a null is a word."""
    text = text_of(value, type_)
    return "null" if text is None else text


def _array(value: list[Any], type_: Type) -> str:
    return f"[{', '.join(_inside(item, type_.arguments[0]) for item in value)}]"


def _map(value: dict[Any, Any], type_: Type) -> str:
    key_type, item_type = type_.arguments
    return f"{{{', '.join(f'{_inside(key, key_type)}={_inside(item, item_type)}' for key, item in value.items())}}}"


def _row(value: dict[str, Any], type_: Type) -> str:
    fields = zip(type_.names, type_.arguments, value.values(), strict=True)
    shown_fields = (
        f"{name or f'field{index}'}={_inside(item, inner)}" for index, (name, inner, item) in enumerate(fields)
    )
    return f"{{{', '.join(shown_fields)}}}"


def _clock(moment: datetime | time, type_: Type) -> str:
    """At least milliseconds are shown, as of any timestamp."""
    text = moment.isoformat(timespec="microseconds").replace("T", " ")
    return text[: len(text) - MICROSECOND_DIGITS + max(type_.second_digits, MILLISECOND_DIGITS)]


def _zoned(value: datetime, type_: Type) -> str:
    return f"{_clock(shown(value, type_.zone), type_)} {type_.zone}"


def _day_interval(value: int, type_: Type) -> str:
    rest = abs(value)
    clock = (
        f"{rest % _DAY // _HOUR:02d}:{rest % _HOUR // _MINUTE:02d}:{rest % _MINUTE // _SECOND:02d}.{rest % _SECOND:03d}"
    )
    return f"{'-' if value < 0 else ''}{rest // _DAY} {clock}"


def _month_interval(value: int, type_: Type) -> str:
    return f"{'-' if value < 0 else ''}{abs(value) // 12}-{abs(value) % 12}"


def _date(value: date, type_: Type) -> str:
    return value.isoformat()


def _decimal(value: Decimal, type_: Type) -> str:
    return f"{value:.{type_.scale}f}"


_WRITERS: dict[Kind, Callable[[Any, Type], str]] = {
    Kind.BOOLEAN: lambda value, type_: "true" if value else "false",
    Kind.REAL: lambda value, type_: java_double(value, is_single=True),
    Kind.DOUBLE: lambda value, type_: java_double(value),
    Kind.DECIMAL: _decimal,
    Kind.VARBINARY: lambda value, type_: " ".join(f"{byte:02x}" for byte in value),
    Kind.DATE: _date,
    Kind.TIME: _clock,
    Kind.TIMESTAMP: _clock,
    Kind.TIMESTAMP_TZ: _zoned,
    Kind.INTERVAL_DAY: _day_interval,
    Kind.INTERVAL_MONTH: _month_interval,
    Kind.ARRAY: _array,
    Kind.MAP: _map,
    Kind.ROW: _row,
}
