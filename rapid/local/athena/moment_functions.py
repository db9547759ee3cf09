"""Functions on dates, times and timestamps.

Source: https://trino.io/docs/current/functions/datetime.html. What the calendar or the clock shows is read in the
moment's own time zone.
"""

from __future__ import annotations

from .casts import cast
from .functions import Build, Call, UnsupportedCallError, coerce, first_of, fit_all, fixed
from .operators import moved
from .scopes import Value
from .time_zones import at_zone, instant, offset_minutes, wall_time, zone_named
from .trino_types import (
    BIGINT,
    CLOCK_MOMENTS,
    DATE,
    DOUBLE,
    INTERVAL_DAY,
    INTERVAL_MONTH,
    MOMENTS,
    TEXT,
    TIMESTAMP_TZ,
    Kind,
    as_instant,
    common,
    with_digits,
)

_CLOCK_UNITS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
_CALENDAR_UNITS = ("day", "week", "month", "quarter", "year")
_DAY_MILLISECONDS = 86_400_000


def _unit(call: Call) -> str | None:
    unit = call.literal(0)
    if unit is None:
        raise UnsupportedCallError(f"{call.name} with a unit that is not a literal")
    return unit.lower() if unit.lower() in _CLOCK_UNITS or unit.lower() in _CALENDAR_UNITS else None


def _is_clock_unit_of_date(unit: str, kind: Kind) -> bool:
    return kind is Kind.DATE and unit in _CLOCK_UNITS


def _date_trunc(call: Call) -> Value | None:
    values, unit = fit_all(call, TEXT, MOMENTS), _unit(call)
    if values is None or unit is None or _is_clock_unit_of_date(unit, values[1].type.kind):
        return None
    moment = values[1]
    start = f"date_trunc('{unit}', {wall_time(moment)})"
    if moment.type.kind is Kind.TIMESTAMP_TZ:
        start = instant(start, moment.type.zone)
    return Value(f"CAST({start} AS {moment.type.duckdb})", moment.type)


def _date_diff(call: Call) -> Value | None:
    """Whole units that lie between, towards zero (DuckDB's date_sub; its date_diff counts borders)."""
    values, unit = fit_all(call, TEXT, MOMENTS, MOMENTS), _unit(call)
    if values is None or unit is None:
        return None
    shared = common(as_instant(values[1].type), as_instant(values[2].type))
    if shared is None or _is_clock_unit_of_date(unit, shared.kind):
        return None
    zone = values[1].type.zone
    start, end = (coerce(value, shared) for value in values[1:])
    if unit in _CALENDAR_UNITS and shared.kind is Kind.TIMESTAMP_TZ:
        start, end = at_zone(start, zone), at_zone(end, zone)
        return Value(f"date_sub('{unit}', {wall_time(start)}, {wall_time(end)})", BIGINT)
    return Value(f"date_sub('{unit}', {start.sql}, {end.sql})", BIGINT)


def _date_add(call: Call) -> Value | None:
    values, unit = fit_all(call, TEXT, BIGINT, MOMENTS), _unit(call)
    if values is None or unit is None or _is_clock_unit_of_date(unit, values[2].type.kind):
        return None
    moment, count = values[2], values[1].sql
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if months:
        return moved(moment, Value(f"({count} * {months})", INTERVAL_MONTH))
    days = {"day": 1, "week": 7}.get(unit)
    if days is None:
        return Value(f"({moment.sql} + to_milliseconds({count} * {_CLOCK_UNITS[unit]}))", moment.type)
    if moment.type.kind is not Kind.TIMESTAMP_TZ:
        shifted = f"{moment.sql} + to_days(CAST({count} * {days} AS INTEGER))"
        return Value(f"CAST({shifted} AS {moment.type.duckdb})", moment.type)
    return Value(
        instant(f"({wall_time(moment)} + to_days(CAST({count} * {days} AS INTEGER)))", moment.type.zone), moment.type
    )


def _part(template: str, *, clock: bool = False) -> Build:
    """Return a builder of what the calendar, or the clock, shows."""
    kinds = CLOCK_MOMENTS | {Kind.TIME} if clock else MOMENTS

    def build(call: Call) -> Value | None:
        values = fit_all(call, kinds)
        return Value(f"CAST({template.format(wall_time(values[0]))} AS BIGINT)", BIGINT) if values else None

    return build


def _interval_part(divisor: int, modulus: int | None) -> Build:
    """The parts of an interval that the same names give: a day's are milliseconds, a year's months."""
    kind = Kind.INTERVAL_MONTH if divisor in (1, 12) and modulus in (12, None) else Kind.INTERVAL_DAY

    def build(call: Call) -> Value | None:
        values = fit_all(call, frozenset({kind}))
        if values is None or values[0].type.kind is Kind.UNKNOWN:
            return None
        number = f"CAST(trunc({values[0].sql} / {divisor}) AS BIGINT)"
        return Value(f"({number} % {modulus})" if modulus else number, BIGINT)

    return build


def _wall_date(call: Call) -> Value | None:
    values = fit_all(call, MOMENTS)
    return Value(f"CAST({wall_time(values[0])} AS DATE)", DATE) if values else None


def _date_of_text(call: Call) -> Value | None:
    values = fit_all(call, TEXT)
    return cast(values[0], DATE) if values else None


def _from_iso8601_date(call: Call) -> Value | None:
    """A calendar date, a week (and day), or a day of the year."""
    values = fit_all(call, TEXT)
    if values is None:
        return None
    text = values[0].sql
    weekday = f"CASE WHEN length({text}) = 8 THEN {text} || '-1' ELSE {text} END"
    failure = f"fail('INVALID_FUNCTION_ARGUMENT: Invalid format: \"' || {text} || '\"')"
    return Value(
        f"CASE WHEN {text} IS NULL THEN NULL "
        f"WHEN regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') THEN CAST({text} AS DATE) "
        f"WHEN regexp_full_match({text}, '[0-9]{{4}}-W[0-9]{{2}}(-[1-7])?') "
        f"THEN CAST(strptime({weekday}, '%G-W%V-%u') AS DATE) "
        f"WHEN regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{3}}') THEN CAST(strptime({text}, '%Y-%j') AS DATE) "
        f"ELSE {failure} END",
        DATE,
    )


def _last_day_of_month(call: Call) -> Value | None:
    values = fit_all(call, MOMENTS)
    return Value(f"CAST(last_day({wall_time(values[0])}) AS DATE)", DATE) if values else None


def _zone(call: Call, index: int) -> str:
    name = call.literal(index)
    if name is None:
        raise UnsupportedCallError(f"{call.name} with a time zone that is not a literal")
    zone = zone_named(name)
    if zone is None:
        raise UnsupportedCallError(f"Time zone '{name}'")
    return zone


def _at_timezone(call: Call) -> Value | None:
    values = fit_all(call, CLOCK_MOMENTS, TEXT)
    return at_zone(values[0], _zone(call, 1)) if values else None


def _with_timezone(call: Call) -> Value | None:
    values = fit_all(call, frozenset({Kind.TIMESTAMP}), TEXT)
    if values is None:
        return None
    zone = _zone(call, 1)
    return Value(instant(values[0].sql, zone), with_digits(Kind.TIMESTAMP_TZ, values[0].type.second_digits, zone))


def _from_unixtime(call: Call) -> Value | None:
    if len(call.arguments) == 3:
        raise UnsupportedCallError("from_unixtime with an offset in hours and minutes")
    seconds = fit_all(call, DOUBLE) or fit_all(call, DOUBLE, TEXT)
    if seconds is None:
        return None
    zone = _zone(call, 1) if len(seconds) == 2 else "UTC"
    return at_zone(Value(f"epoch_ms(CAST(round({seconds[0].sql} * 1000) AS BIGINT))", TIMESTAMP_TZ), zone)


def _offset_part(template: str) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, frozenset({Kind.TIMESTAMP_TZ}))
        if values is None:
            return None
        minutes = offset_minutes(values[0].type.zone)
        ahead = str(minutes) if minutes is not None else f"date_diff('minute', {values[0].sql}, {wall_time(values[0])})"
        return Value(template.format(f"CAST({ahead} AS BIGINT)"), BIGINT)

    return build


_DAY_OF_WEEK = _part("isodow({0})")
_DAY_OF_YEAR = _part("dayofyear({0})")
_WEEK = _part("week({0})")

MOMENT_SCALARS: dict[str, Build] = {
    "at_timezone": _at_timezone,
    "date": first_of(_wall_date, _date_of_text),
    "date_add": _date_add,
    "date_diff": _date_diff,
    "date_trunc": _date_trunc,
    "day": first_of(_part("day({0})"), _interval_part(_DAY_MILLISECONDS, None)),
    "day_of_month": _part("day({0})"),
    "day_of_week": _DAY_OF_WEEK,
    "day_of_year": _DAY_OF_YEAR,
    "dow": _DAY_OF_WEEK,
    "doy": _DAY_OF_YEAR,
    "from_iso8601_date": _from_iso8601_date,
    "from_unixtime": _from_unixtime,
    "hour": first_of(_part("hour({0})", clock=True), _interval_part(3_600_000, 24)),
    "last_day_of_month": _last_day_of_month,
    "millisecond": first_of(_part("millisecond({0}) % 1000", clock=True), _interval_part(1, 1000)),
    "minute": first_of(_part("minute({0})", clock=True), _interval_part(60_000, 60)),
    "month": first_of(_part("month({0})"), _interval_part(1, 12)),
    "quarter": _part("quarter({0})"),
    "second": first_of(_part("second({0})", clock=True), _interval_part(1000, 60)),
    "timezone_hour": _offset_part("({0} // 60)"),
    "timezone_minute": _offset_part("({0} % 60)"),
    "to_milliseconds": fixed("{0}", BIGINT, INTERVAL_DAY),
    "to_unixtime": fixed("(epoch_us({0}) / 1000000.0::DOUBLE)", DOUBLE, CLOCK_MOMENTS),
    "week": _WEEK,
    "week_of_year": _WEEK,
    "with_timezone": _with_timezone,
    "year": first_of(_part("year({0})"), _interval_part(12, None)),
    "year_of_week": _part("isoyear({0})"),
    "yow": _part("isoyear({0})"),
}
