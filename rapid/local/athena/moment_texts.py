"""Functions that write moments as text, and read them from it.

Source: https://trino.io/docs/current/functions/datetime.html (MySQL's and Joda's patterns, ISO 8601, durations).
"""

from __future__ import annotations

from .casts import clock_text
from .functions import Build, Call, UnsupportedCallError, first_of, fit_all
from .java_dates import PatternError, strftime_pattern
from .scopes import Value
from .time_zones import instant, wall_time, zone_named
from .trino_types import (
    CLOCK_MOMENTS,
    MILLISECOND_DIGITS,
    MOMENTS,
    TEXT,
    TIMESTAMP,
    TIMESTAMP_TZ,
    UTC_ZONE,
    VARCHAR,
    Kind,
    with_digits,
)

_MYSQL_PATTERNS = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
    "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G", "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
_WRITTEN_ONLY = ("v", "x", "y")
_ISO_DATE = "([0-9]{4})-([0-9]{2})-([0-9]{2})"
_ISO_MOMENT = f"{_ISO_DATE}(T[0-9]{{2}}(:[0-9]{{2}}(:[0-9]{{2}}([.,][0-9]{{1,9}})?)?)?(Z|[+-]00:?00)?)?"


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


def _read(text: str, pattern: str, failure: str) -> str:
    """Return the SQL that reads a text: DuckDB's own message would not be Trino's."""
    found = f"try_strptime({text}, '{pattern}')"
    return f"CASE WHEN {text} IS NOT NULL AND {found} IS NULL THEN fail({failure}) ELSE CAST({found} AS TIMESTAMP) END"


def _invalid_format(text: str) -> str:
    return f"'INVALID_FUNCTION_ARGUMENT: Invalid format: \"' || {text} || '\"'"


def _date_parse(call: Call) -> Value | None:
    values = fit_all(call, TEXT, TEXT)
    if values is None:
        return None
    text = values[0].sql
    return Value(_read(text, _mysql_pattern(call, is_read=True), _invalid_format(text)), TIMESTAMP)


def _parse_datetime(call: Call) -> Value | None:
    values = fit_all(call, TEXT, TEXT)
    if values is None:
        return None
    text = values[0].sql
    pattern = _joda_pattern(call)
    if "%y" in pattern or (("%I" in pattern or "%-I" in pattern) and "%p" not in pattern):
        raise UnsupportedCallError("parse_datetime of two-digit years, or of hours of 1 to 12 without 'a'")
    return Value(_read(text, pattern, _invalid_format(text)), TIMESTAMP_TZ)


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
    refused = "fail('INVALID_FUNCTION_ARGUMENT: from_iso8601_timestamp takes only UTC in the local cloud: ' || {0})"
    whole = f"regexp_replace(regexp_replace({text}, '(Z|[+-]00:?00)$', ''), 'T([0-9]{{2}})$', 'T\\1:00')"
    whole = f"regexp_replace({whole}, '[.,]([0-9]{{1,3}})[0-9]*$', '.\\1')"  # milliseconds, the rest cut off
    moment = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_full_match({text}, '{_ISO_MOMENT}') "
        f"THEN CAST({whole} AS TIMESTAMP) ELSE {refused.format(text)} END"
    )
    return Value(instant(moment, zone), with_digits(Kind.TIMESTAMP_TZ, MILLISECOND_DIGITS, zone))


def _iso8601_of_date(call: Call) -> Value | None:
    values = fit_all(call, frozenset({Kind.DATE}))
    return Value(f"strftime({values[0].sql}, '%Y-%m-%d')", VARCHAR) if values else None


def _iso8601_of_timestamp(call: Call) -> Value | None:
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


MOMENT_TEXT_SCALARS: dict[str, Build] = {
    "date_format": _date_format,
    "date_parse": _date_parse,
    "format_datetime": _format_datetime,
    "from_iso8601_timestamp": _from_iso8601_timestamp,
    "parse_datetime": _parse_datetime,
    "to_iso8601": first_of(_iso8601_of_date, _iso8601_of_timestamp),
}
