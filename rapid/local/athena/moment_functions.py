"""Functions on dates and timestamps.

Source: https://trino.io/docs/current/functions/datetime.html. A timestamp with time zone is always in UTC here; a
function that would bring in another zone fails the query and says so.
"""

from __future__ import annotations

from .casts import cast
from .functions import Build, Call, UnsupportedCallError, coerce, first_of, fit_all, fixed
from .java_dates import PatternError, strftime_pattern
from .scopes import Value
from .trino_types import (
    BIGINT,
    CLOCK_MOMENTS,
    DATE,
    DOUBLE,
    MILLISECOND_DIGITS,
    MOMENTS,
    TEXT,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARCHAR,
    Kind,
    common,
)

_CLOCK_UNITS = ("millisecond", "second", "minute", "hour")
_CALENDAR_UNITS = ("day", "week", "month", "quarter", "year")
_MYSQL_PATTERNS = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
    "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "W": "%A", "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
_ISO_UTC = "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,3})?)?(Z|[+]00:00)?)?"


def _unit(call: Call) -> str | None:
    unit = call.literal(0)
    if unit is None:
        raise UnsupportedCallError(f"{call.name} with a unit that is not a literal")
    return unit.lower() if unit.lower() in _CLOCK_UNITS + _CALENDAR_UNITS else None


def _is_clock_unit_of_date(unit: str, kind: Kind) -> bool:
    return kind is Kind.DATE and unit in _CLOCK_UNITS


def _date_trunc(call: Call) -> Value | None:
    values, unit = fit_all(call, TEXT, MOMENTS), _unit(call)
    if values is None or unit is None or _is_clock_unit_of_date(unit, values[1].type.kind):
        return None
    moment = values[1]
    return Value(f"CAST(date_trunc('{unit}', {moment.sql}) AS {moment.type.duckdb})", moment.type)


def _date_diff(call: Call) -> Value | None:
    """Whole units that lie between, towards zero (DuckDB's date_sub; its date_diff counts borders)."""
    values, unit = fit_all(call, TEXT, MOMENTS, MOMENTS), _unit(call)
    if values is None or unit is None:
        return None
    shared = common(values[1].type, values[2].type)
    if shared is None or _is_clock_unit_of_date(unit, shared.kind):
        return None
    start, end = coerce(values[1], shared).sql, coerce(values[2], shared).sql
    return Value(f"date_sub('{unit}', {start}, {end})", BIGINT)


def _date_add(call: Call) -> Value | None:
    values, unit = fit_all(call, TEXT, BIGINT, MOMENTS), _unit(call)
    if values is None or unit is None or _is_clock_unit_of_date(unit, values[2].type.kind):
        return None
    moment, count = values[2], f"CAST({values[1].sql} AS INTEGER)"
    if unit == "quarter":
        unit, count = "month", f"({count} * 3)"
    return Value(f"CAST({moment.sql} + to_{unit}s({count}) AS {moment.type.duckdb})", moment.type)


def _part(template: str, *, clock: bool = False) -> Build:
    return fixed(f"CAST({template} AS BIGINT)", BIGINT, CLOCK_MOMENTS if clock else MOMENTS)


def _mysql_pattern(call: Call) -> str:
    pattern = call.literal(1)
    if pattern is None:
        raise UnsupportedCallError(f"{call.name} with a format that is not a literal")
    written, characters = [], iter(pattern)
    for character in characters:
        specifier = next(characters, None) if character == "%" else None
        if specifier is None:
            written.append(character)
        elif specifier not in _MYSQL_PATTERNS:
            raise UnsupportedCallError(f"'%{specifier}' in the format of {call.name}")
        else:
            written.append(_MYSQL_PATTERNS[specifier])
    return "".join(written).replace("'", "''")


def _date_format(call: Call) -> Value | None:
    values = fit_all(call, MOMENTS, TEXT)
    return Value(f"strftime({values[0].sql}, '{_mysql_pattern(call)}')", VARCHAR) if values else None


def _date_parse(call: Call) -> Value | None:
    values = fit_all(call, TEXT, TEXT)
    return (
        Value(f"CAST(strptime({values[0].sql}, '{_mysql_pattern(call)}') AS TIMESTAMP)", TIMESTAMP) if values else None
    )


def _format_datetime(call: Call) -> Value | None:
    values = fit_all(call, MOMENTS, TEXT)
    if values is None:
        return None
    pattern = call.literal(1)
    if pattern is None:
        raise UnsupportedCallError("format_datetime with a format that is not a literal")
    try:
        written = strftime_pattern(pattern).replace("'", "''")
    except PatternError as error:
        raise UnsupportedCallError(str(error)) from None
    return Value(f"strftime({values[0].sql}, '{written}')", VARCHAR)


def _from_iso8601_timestamp(call: Call) -> Value | None:
    values = fit_all(call, TEXT)
    if values is None:
        return None
    text = values[0].sql
    refused = "error('INVALID_FUNCTION_ARGUMENT: from_iso8601_timestamp takes only UTC in the local cloud: ' || {0})"
    return Value(
        f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_full_match({text}, '{_ISO_UTC}') "
        f"THEN CAST(replace({text}, '+00:00', 'Z') AS TIMESTAMP) ELSE {refused.format(text)} END",
        TIMESTAMP_TZ,
    )


def _date_of_text(call: Call) -> Value | None:
    values = fit_all(call, TEXT)
    return cast(values[0], DATE) if values else None


def _iso8601_of_timestamp(call: Call) -> Value | None:
    values = fit_all(call, CLOCK_MOMENTS)
    if values is None:
        return None
    type_ = values[0].type
    fraction = "%g" if type_.second_digits == MILLISECOND_DIGITS else "%f"
    zone = "Z" if type_.kind is Kind.TIMESTAMP_TZ else ""
    return Value(f"strftime({values[0].sql}, '%Y-%m-%dT%H:%M:%S.{fraction}{zone}')", VARCHAR)


_DAY_OF_WEEK = _part("isodow({0})")
_DAY_OF_YEAR = _part("dayofyear({0})")
_WEEK = _part("week({0})")

MOMENT_SCALARS: dict[str, Build] = {
    "date_trunc": _date_trunc,
    "date_diff": _date_diff,
    "date_add": _date_add,
    "year": _part("year({0})"),
    "quarter": _part("quarter({0})"),
    "month": _part("month({0})"),
    "week": _WEEK,
    "week_of_year": _WEEK,
    "day": _part("day({0})"),
    "day_of_month": _part("day({0})"),
    "day_of_week": _DAY_OF_WEEK,
    "dow": _DAY_OF_WEEK,
    "day_of_year": _DAY_OF_YEAR,
    "doy": _DAY_OF_YEAR,
    "year_of_week": _part("isoyear({0})"),
    "yow": _part("isoyear({0})"),
    "hour": _part("hour({0})", clock=True),
    "minute": _part("minute({0})", clock=True),
    "second": _part("second({0})", clock=True),
    "millisecond": _part("millisecond({0}) % 1000", clock=True),
    "last_day_of_month": fixed("CAST(last_day({0}) AS DATE)", DATE, MOMENTS),
    "date": first_of(
        fixed("CAST({0} AS DATE)", DATE, MOMENTS),
        _date_of_text,
    ),
    "date_format": _date_format,
    "date_parse": _date_parse,
    "format_datetime": _format_datetime,
    "from_iso8601_timestamp": _from_iso8601_timestamp,
    "from_iso8601_date": _date_of_text,
    "to_iso8601": first_of(
        fixed("strftime({0}, '%Y-%m-%d')", VARCHAR, frozenset({Kind.DATE})),
        _iso8601_of_timestamp,
    ),
    "from_unixtime": fixed("epoch_ms(CAST(round({0} * 1000) AS BIGINT))", TIMESTAMP_TZ, DOUBLE),
    "to_unixtime": fixed("(epoch_us({0}) / 1000000.0::DOUBLE)", DOUBLE, CLOCK_MOMENTS),
}
