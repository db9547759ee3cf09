"""CAST and TRY_CAST between Trino's types, where DuckDB's own casts are laxer or round otherwise.

Source: https://trino.io/docs/current/functions/conversion.html. A cast that is not listed fails the query.
"""

from __future__ import annotations

from .scopes import Value
from .trino_types import CLOCK_MOMENTS, INTEGERS, MICROSECOND_DIGITS, MILLISECOND_DIGITS, MOMENTS, NUMBERS, Kind, Type

_INEXACT = frozenset({Kind.REAL, Kind.DOUBLE})
_NUMBER_TEXT = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)"
_DATE_AND_TIME = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,3})?)?)?"
_TEXT_FORMS = {
    Kind.BOOLEAN: "(?i)(true|false|t|f|1|0)",
    Kind.TINYINT: "[+-]?[0-9]+",
    Kind.SMALLINT: "[+-]?[0-9]+",
    Kind.INTEGER: "[+-]?[0-9]+",
    Kind.BIGINT: "[+-]?[0-9]+",
    Kind.DECIMAL: _NUMBER_TEXT + "([eE][+-]?[0-9]+)?",
    Kind.REAL: _NUMBER_TEXT + "([eE][+-]?[0-9]+)?|[+-]?Infinity|NaN",
    Kind.DOUBLE: _NUMBER_TEXT + "([eE][+-]?[0-9]+)?|[+-]?Infinity|NaN",
    Kind.DATE: "\\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\\s*",
    Kind.TIMESTAMP: f"\\s*{_DATE_AND_TIME}\\s*",
    Kind.TIMESTAMP_TZ: f"\\s*{_DATE_AND_TIME}( UTC)?\\s*",
}
_TIMESTAMP_TEXT = {MILLISECOND_DIGITS: "%Y-%m-%d %H:%M:%S.%g", MICROSECOND_DIGITS: "%Y-%m-%d %H:%M:%S.%f"}


def cast(value: Value, target: Type, *, is_try: bool = False) -> Value | None:
    """Return ``value`` cast to ``target``, ``None`` if Trino (or this plane) has no such cast.

    ``is_try``: a value that cannot be cast gives null instead of failing the query.
    """
    source, sql = value.type, value.sql
    function = "TRY_CAST" if is_try else "CAST"
    if source.kind is Kind.UNKNOWN:
        return Value(f"CAST(NULL AS {target.duckdb})", target)
    if source.kind is Kind.VARCHAR:
        return _from_text(sql, target, function)
    if target.kind is Kind.VARCHAR:
        return _to_text(value, target)
    if source.kind in NUMBERS and target.kind in NUMBERS:
        if source.kind in _INEXACT and target.kind in INTEGERS:
            sql = f"round({sql})"  # half away from zero; DuckDB's cast rounds half to even
        return Value(f"{function}({sql} AS {target.duckdb})", target)
    if source.kind in MOMENTS and target.kind in MOMENTS:
        if target.kind in CLOCK_MOMENTS and source.second_digits > target.second_digits:
            sql = f"date_trunc('millisecond', {sql} + INTERVAL 500 MICROSECOND)"
        return Value(f"CAST({sql} AS {target.duckdb})", target)
    if source.kind is target.kind is Kind.BOOLEAN:
        return value
    if (source.kind is Kind.BOOLEAN and target.kind in INTEGERS | _INEXACT) or (
        source.kind in INTEGERS | _INEXACT and target.kind is Kind.BOOLEAN
    ):
        return Value(f"CAST({sql} AS {target.duckdb})", target)
    return None


def _to_text(value: Value, target: Type) -> Value | None:
    """Write a value as Trino's text of it; numbers that are inexact are left out (``1.5`` is ``1.5E0`` there)."""
    kind = value.type.kind
    if kind in INTEGERS | {Kind.DECIMAL, Kind.BOOLEAN, Kind.DATE}:
        text = f"CAST({value.sql} AS VARCHAR)"
    elif kind is Kind.TIMESTAMP:
        text = f"strftime({value.sql}, '{_TIMESTAMP_TEXT[value.type.second_digits]}')"
    elif kind is Kind.TIMESTAMP_TZ:
        text = f"strftime({value.sql}, '{_TIMESTAMP_TEXT[value.type.second_digits]} UTC')"
    else:
        return None
    if target.precision is None:
        return Value(text, target)
    too_long = f"error('INVALID_CAST_ARGUMENT: Value ' || {text} || ' cannot be represented as {target}')"
    return Value(f"CASE WHEN length({text}) > {target.precision} THEN {too_long} ELSE {text} END", target)


def _from_text(sql: str, target: Type, function: str) -> Value | None:
    if target.kind is Kind.VARCHAR:
        return Value(sql if target.precision is None else f"left({sql}, {target.precision})", target)
    form = _TEXT_FORMS.get(target.kind)
    if form is None:
        return None
    if target.kind in CLOCK_MOMENTS:
        form = form.replace("{1,3}", f"{{1,{target.second_digits}}}")
    text = f"replace({sql}, ' UTC', '')" if target.kind is Kind.TIMESTAMP_TZ else sql
    name = {Kind.INTEGER: "INT"}.get(target.kind, str(target).upper() if target.kind in NUMBERS else str(target))
    failure = f"error('INVALID_CAST_ARGUMENT: Cannot cast ''' || {sql} || ''' to {name}')"
    otherwise = "NULL" if function == "TRY_CAST" else f"CASE WHEN {sql} IS NULL THEN NULL ELSE {failure} END"
    return Value(
        f"CASE WHEN regexp_full_match({sql}, '{form}') THEN {function}({text} AS {target.duckdb}) "
        f"ELSE CAST({otherwise} AS {target.duckdb}) END",
        target,
    )
