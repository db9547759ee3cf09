"""Functions on dates, times and timestamps, and between them and text.

Source: https://trino.io/docs/current/functions/datetime.html (with MySQL's and Joda's patterns, ISO 8601). What the
calendar or the clock shows is read in the moment's own time zone.
"""

from __future__ import annotations

from .casts import cast, clock_text
from .functions import Build, Call, UnsupportedCallError, coerce, described, first_of, fit_all
from .java_dates import PatternError, strftime_pattern
from .operators import moved
from .scopes import Value
from .time_zones import at_zone, instant, wall_time, zone_named
from .trino_types import (
    BIGINT,
    CLOCK_MOMENTS,
    DATE,
    DOUBLE,
    INTERVAL_MONTH,
    MILLISECOND_DIGITS,
    MOMENTS,
    TEXT,
    TIMESTAMP,
    TIMESTAMP_TZ,
    UTC_ZONE,
    VARCHAR,
    Kind,
    as_instant,
    common,
    with_digits,
)

_CLOCK_UNITS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
_CALENDAR_UNITS = ("day", "week", "month", "quarter", "year")
_MYSQL_PATTERNS = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
    "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G", "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
_WRITTEN_ONLY = ("v", "x", "y")
_ISO_DATE = "([0-9]{4})-([0-9]{2})-([0-9]{2})"
_ISO_MOMENT = f"{_ISO_DATE}(T[0-9]{{2}}(:[0-9]{{2}}(:[0-9]{{2}}([.,][0-9]{{1,9}})?)?)?(Z|[+-]00:?00)?)?"


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


def _date_of_text(call: Call) -> Value | None:
    values = fit_all(call, TEXT)
    return cast(values[0], DATE) if values else None


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
    seconds = fit_all(call, DOUBLE) or fit_all(call, DOUBLE, TEXT)
    if seconds is None:
        return None
    zone = _zone(call, 1) if len(seconds) == 2 else "UTC"
    return at_zone(Value(f"epoch_ms(CAST(round({seconds[0].sql} * 1000) AS BIGINT))", TIMESTAMP_TZ), zone)


def _mysql_pattern(call: Call, *, is_read: bool) -> str:
    pattern = call.literal(1)
    if pattern is None:
        raise UnsupportedCallError(f"{call.name} with a format that is not a literal")
    written, characters = [], iter(pattern)
    for character in characters:
        specifier = next(characters, None) if character == "%" else None
        if specifier is None:
            written.append(character)
        elif specifier not in _MYSQL_PATTERNS or (is_read and specifier in _WRITTEN_ONLY):
            raise UnsupportedCallError(f"'%{specifier}' in the format of {call.name}")
        else:
            written.append(_MYSQL_PATTERNS[specifier])
    if is_read and {"%I", "%-I"} & set(written) and "%p" not in written:
        raise UnsupportedCallError(f"An hour of 1 to 12 without '%p' in the format of {call.name}")
    return "".join(written).replace("'", "''")


def _joda_pattern(call: Call) -> str:
    pattern = call.literal(1)
    if pattern is None:
        raise UnsupportedCallError(f"{call.name} with a format that is not a literal")
    try:
        return strftime_pattern(pattern).replace("'", "''")
    except PatternError as error:
        raise UnsupportedCallError(str(error)) from None


def _date_format(call: Call) -> Value | None:
    values = fit_all(call, MOMENTS, TEXT)
    return (
        Value(f"strftime({wall_time(values[0])}, '{_mysql_pattern(call, is_read=False)}')", VARCHAR) if values else None
    )


def _date_parse(call: Call) -> Value | None:
    values = fit_all(call, TEXT, TEXT)
    if values is None:
        return None
    return Value(f"read_moment({values[0].sql}, '{_mysql_pattern(call, is_read=True)}')", TIMESTAMP)


def _parse_datetime(call: Call) -> Value | None:
    values = fit_all(call, TEXT, TEXT)
    if values is None:
        return None
    pattern = _joda_pattern(call)
    if "%y" in pattern or (("%I" in pattern or "%-I" in pattern) and "%p" not in pattern):
        raise UnsupportedCallError("parse_datetime of two-digit years, or of hours of 1 to 12 without 'a'")
    return Value(f"read_moment({values[0].sql}, '{pattern}')", TIMESTAMP_TZ)


def _format_datetime(call: Call) -> Value | None:
    values = fit_all(call, MOMENTS, TEXT)
    return Value(f"strftime({wall_time(values[0])}, '{_joda_pattern(call)}')", VARCHAR) if values else None


def _from_iso8601_timestamp(call: Call) -> Value | None:
    values = fit_all(call, TEXT)
    if values is None:
        return None
    text, zone = values[0].sql, UTC_ZONE
    written = call.literal(0)
    if written and "T" in written and (sign := max(written.rfind("+"), written.rfind("-"))) > written.index("T"):
        zone = zone_named(written[sign:]) or UTC_ZONE
        if zone != UTC_ZONE:
            text = f"'{written[:sign]}'"
    refused = "invalid('from_iso8601_timestamp takes only UTC in the local cloud: ' || {0})"
    whole = f"regexp_replace(regexp_replace({text}, '(Z|[+-]00:?00)$', ''), 'T([0-9]{{2}})$', 'T\\1:00')"
    whole = f"regexp_replace({whole}, '[.,]([0-9]{{1,3}})[0-9]*$', '.\\1')"  # milliseconds, the rest cut off
    moment = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_full_match({text}, '{_ISO_MOMENT}') "
        f"THEN CAST({whole} AS TIMESTAMP) ELSE {refused.format(text)} END"
    )
    return Value(instant(moment, zone), with_digits(Kind.TIMESTAMP_TZ, MILLISECOND_DIGITS, zone))


def _to_iso8601(call: Call) -> Value | None:
    values = fit_all(call, CLOCK_MOMENTS)
    if values is None:
        return None
    type_ = values[0].type
    text = clock_text(wall_time(values[0]), "%Y-%m-%dT%H:%M:%S", type_.second_digits)
    if type_.kind is not Kind.TIMESTAMP_TZ:
        return Value(text, VARCHAR)
    if type_.zone != UTC_ZONE and type_.zone[0] not in "+-":
        raise UnsupportedCallError(f"to_iso8601 in the time zone {type_.zone}")
    return Value(f"({text} || '{'Z' if type_.zone == UTC_ZONE else type_.zone}')", VARCHAR)


MOMENT_SCALARS: dict[str, Build] = {
    **described("""
        date(moment) date = CAST({wall} AS DATE)
        day(moment) bigint = CAST(day({wall}) AS BIGINT)
        day(interval_day) bigint = CAST(trunc({0} / 86400000) AS BIGINT)
        day_of_month(moment) bigint = CAST(day({wall}) AS BIGINT)
        day_of_week(moment) bigint = CAST(isodow({wall}) AS BIGINT)
        day_of_year(moment) bigint = CAST(dayofyear({wall}) AS BIGINT)
        dow(moment) bigint = CAST(isodow({wall}) AS BIGINT)
        doy(moment) bigint = CAST(dayofyear({wall}) AS BIGINT)
        from_iso8601_date(text) date = read_iso_date({0})
        from_unixtime(double, bigint, bigint) timestamp_tz = !with an offset in hours and minutes
        hour(time) bigint = CAST(hour({wall}) AS BIGINT)
        hour(interval_day) bigint = (CAST(trunc({0} / 3600000) AS BIGINT) % 24)
        last_day_of_month(moment) date = CAST(last_day({wall}) AS DATE)
        millisecond(time) bigint = CAST(millisecond({wall}) % 1000 AS BIGINT)
        millisecond(interval_day) bigint = ({0} % 1000)
        minute(time) bigint = CAST(minute({wall}) AS BIGINT)
        minute(interval_day) bigint = (CAST(trunc({0} / 60000) AS BIGINT) % 60)
        month(moment) bigint = CAST(month({wall}) AS BIGINT)
        month(interval_month) bigint = ({0} % 12)
        quarter(moment) bigint = CAST(quarter({wall}) AS BIGINT)
        second(time) bigint = CAST(second({wall}) AS BIGINT)
        second(interval_day) bigint = (CAST(trunc({0} / 1000) AS BIGINT) % 60)
        to_iso8601(date) varchar = strftime({0}, '%Y-%m-%d')
        to_milliseconds(interval_day) bigint = {0}
        to_unixtime(clock) double = (epoch_us({0}) / 1000000.0::DOUBLE)
        week(moment) bigint = CAST(week({wall}) AS BIGINT)
        week_of_year(moment) bigint = CAST(week({wall}) AS BIGINT)
        year(moment) bigint = CAST(year({wall}) AS BIGINT)
        year(interval_month) bigint = CAST(trunc({0} / 12) AS BIGINT)
        year_of_week(moment) bigint = CAST(isoyear({wall}) AS BIGINT)
        yow(moment) bigint = CAST(isoyear({wall}) AS BIGINT)
    """),
    "at_timezone": _at_timezone,
    "date_add": _date_add,
    "date_diff": _date_diff,
    "date_format": _date_format,
    "date_parse": _date_parse,
    "date_trunc": _date_trunc,
    "format_datetime": _format_datetime,
    "from_iso8601_timestamp": _from_iso8601_timestamp,
    "parse_datetime": _parse_datetime,
    "with_timezone": _with_timezone,
}
for _name, _build in (("date", _date_of_text), ("from_unixtime", _from_unixtime), ("to_iso8601", _to_iso8601)):
    MOMENT_SCALARS[_name] = first_of(_build, MOMENT_SCALARS[_name])
