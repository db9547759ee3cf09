"""CAST and TRY_CAST between Trino's types, where DuckDB's own casts are laxer or round otherwise.

Sources: https://trino.io/docs/current/functions/conversion.html, …/json.html#cast-to-json, …#cast-from-json. A cast
that is not listed fails the query.
"""

from __future__ import annotations

from . import literals
from .errors import not_supported
from .json_documents import JSON_TARGETS
from .scopes import Value, packed, quoted_text
from .time_zones import instant, wall_time, zone_named
from .trino_types import (
    CLOCK_MOMENTS,
    INTEGERS,
    INTERVALS,
    JSON,
    MICROSECOND_DIGITS,
    MOMENTS,
    NUMBERS,
    STRUCTURES,
    UTC_ZONE,
    VARCHAR,
    Kind,
    Type,
)

_INEXACT = frozenset({Kind.REAL, Kind.DOUBLE})
_NUMBER_TEXT = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)"
_CLOCK = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,DIGITS})?)?"
_DATE_AND_TIME = f"[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}( {_CLOCK})?"
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
    Kind.TIME: _CLOCK,
    Kind.TIMESTAMP: f"\\s*{_DATE_AND_TIME}\\s*",
    Kind.TIMESTAMP_TZ: f"\\s*{_DATE_AND_TIME}( UTC)?\\s*",
    Kind.UUID: "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
}
_MAP_KEYS = INTEGERS | {Kind.VARCHAR, Kind.BOOLEAN, Kind.DECIMAL}
_NUMBER_NAMES = {Kind.INTEGER: "INT"}


def cast(value: Value, target: Type, *, is_try: bool = False) -> Value | None:
    """Return ``value`` cast to ``target``, ``None`` if Trino (or this plane) has no such cast.

    ``is_try``: a value that cannot be cast gives null instead of failing the query.
    """
    if not is_try:
        return _cast(value, target)
    written = _cast(Value("a0", value.type), target)
    if written is None:
        return None
    # Only the cast's own failures are caught: the value is computed outside of TRY.
    return Value(f"list_transform([{value.sql}], lambda a0: TRY({written.sql}))[1]", written.type)


def zoned(written: str, target: Type, *, is_try: bool) -> Value:
    """Return a text as a timestamp in the zone that it names; the session's is UTC."""
    wall, _, name = written.strip().rpartition(" ")
    zone = zone_named(name) if wall and not name[:1].isdigit() else None
    if zone is None:
        zone, wall = UTC_ZONE, written.strip()
    plain = cast(literals.text(wall), Type(Kind.TIMESTAMP, target.precision), is_try=is_try)
    assert plain is not None
    return Value(instant(plain.sql, zone), Type(target.kind, target.precision, zone=zone))


def _cast(value: Value, target: Type) -> Value | None:
    source, sql = value.type, value.sql
    if source.kind is Kind.UNKNOWN:
        return Value(f"CAST(NULL AS {target.duckdb})", target)
    if Kind.JSON in (source.kind, target.kind):
        return _of_json(value, target)
    if source.kind in STRUCTURES or target.kind in STRUCTURES:
        return _structure(value, target)
    if source.kind is Kind.VARCHAR:
        return _from_text(sql, target)
    if target.kind is Kind.VARCHAR:
        return _to_text(value, target)
    if source.kind in NUMBERS and target.kind in NUMBERS:
        return _number(value, target)
    if source.kind in MOMENTS | {Kind.TIME} and target.kind in MOMENTS | {Kind.TIME}:
        return _moment(value, target)
    if source.kind is target.kind and source.kind in INTERVALS | {Kind.BOOLEAN, Kind.VARBINARY, Kind.UUID}:
        return value
    if (source.kind is Kind.BOOLEAN and target.kind in INTEGERS | _INEXACT) or (
        source.kind in INTEGERS | _INEXACT and target.kind is Kind.BOOLEAN
    ):
        return Value(f"CAST({sql} AS {target.duckdb})", target)
    return None


def _of_json(value: Value, target: Type) -> Value:
    if target.kind is Kind.JSON:
        return value if value.type.kind is Kind.JSON else json_from(value)
    _check_json_target(target, target)
    JSON_TARGETS[str(target)] = target
    arguments = f"{value.sql}, {quoted_text(str(target))}"
    if target.kind in STRUCTURES:
        return Value(f"CAST(checked(py_json_structure({arguments}))::JSON AS {target.duckdb})", target)
    return Value(f"CAST(checked(py_json_scalar({arguments})) AS {target.duckdb})", target)


def _check_json_target(type_: Type, target: Type) -> None:
    """Refuse a type that a cast from JSON does not give, at any depth."""
    is_text = type_.kind is Kind.VARCHAR and type_.precision is None
    is_plain = is_text or type_.kind in NUMBERS | {Kind.BOOLEAN, Kind.JSON}
    if not is_plain and (type_.kind not in STRUCTURES or (type_.kind is Kind.MAP and type_.arguments[0] != VARCHAR)):
        raise not_supported(f"A cast from json to {target}")
    for inner in type_.arguments:
        _check_json_target(inner, target)


def json_from(value: Value) -> Value:
    """Return a value as JSON: a null is null, inside a structure it is JSON's."""
    return Value(_json_of(value.sql, value.type, 0), JSON)


def _json_of(sql: str, type_: Type, depth: int) -> str:
    kind, name = type_.kind, f"j{depth}"
    if kind in (Kind.JSON, Kind.UNKNOWN):
        return sql
    if kind in INTEGERS | {Kind.DECIMAL, Kind.BOOLEAN}:
        return f"CAST({sql} AS VARCHAR)"
    if kind in (Kind.REAL, Kind.DOUBLE):
        return f"py_json_number({sql}, {kind is Kind.REAL})"
    if kind is Kind.VARCHAR:
        return f"CAST(to_json({sql}) AS VARCHAR)"
    if kind in MOMENTS:
        text = to_text(Value(sql, type_))
        return f"('\"' || {text.sql} || '\"')" if text else sql
    if kind is Kind.ARRAY:
        each = f"list_transform({sql}, lambda {name}: {_json_item(name, type_.arguments[0], depth)})"
        return f"('[' || joined({each}, ',') || ']')"
    if kind is Kind.MAP and type_.arguments[0].kind in _MAP_KEYS:
        items = f"list_transform(map_values({sql}), lambda {name}: {_json_item(name, type_.arguments[1], depth)})"
        return f"py_json_object(CAST(map_keys({sql}) AS VARCHAR[]), {items})"
    if kind is Kind.ROW:
        fields = []
        for index, (field, inner) in enumerate(zip(type_.names, type_.arguments, strict=True)):
            label = f"CAST(to_json({quoted_text(field or '')}) AS VARCHAR)"
            fields.append(
                f"{label} || ':' || {_json_item(f'struct_extract({sql}, {chr(39)}f{index}{chr(39)})', inner, depth)}"
            )
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE '{{' || {' || chr(44) || '.join(fields)} || '}}' END"
    raise not_supported(f"A cast from {type_} to json")


def _json_item(sql: str, type_: Type, depth: int) -> str:
    return f"coalesce({_json_of(sql, type_, depth + 1)}, 'null')"


def _number(value: Value, target: Type) -> Value:
    source, sql = value.type.kind, value.sql
    if source in _INEXACT and target.kind in INTEGERS:
        sql = f"round({sql})"  # half away from zero; DuckDB's cast rounds half to even
        failure = f"fail('INVALID_CAST_ARGUMENT: Cannot cast ' || CAST({value.sql} AS VARCHAR) || ' to {target}')"
        sql = f"CASE WHEN isfinite({value.sql}) OR {value.sql} IS NULL THEN {sql} ELSE {failure} END"
    return Value(f"CAST({sql} AS {target.duckdb})", target)


def _moment(value: Value, target: Type) -> Value | None:
    source, sql = value.type, value.sql
    if Kind.TIME in (source.kind, target.kind):
        if Kind.DATE in (source.kind, target.kind):
            return None
        if target.kind in MOMENTS or source.second_digits > target.second_digits:
            raise not_supported(f"A cast from {source} to {target}")
        return Value(f"CAST({wall_time(value)} AS TIME)", target)
    if target.kind is Kind.TIMESTAMP_TZ:
        zone = source.zone if source.kind is Kind.TIMESTAMP_TZ else UTC_ZONE
        return Value(
            _rounded(f"CAST({sql} AS TIMESTAMP)", source, target), Type(target.kind, target.precision, zone=zone)
        )
    if source.kind is Kind.DATE or target.kind is Kind.DATE:
        return Value(f"CAST({wall_time(value)} AS {target.duckdb})", target)
    return Value(_rounded(wall_time(value), source, target), target)


def _rounded(sql: str, source: Type, target: Type) -> str:
    if source.kind is Kind.DATE or source.second_digits <= target.second_digits:
        return sql
    return f"rounded_moment({sql}, {10 ** (MICROSECOND_DIGITS - target.second_digits)})"


def _structure(value: Value, target: Type) -> Value | None:
    source = value.type
    if source.kind is not target.kind or len(source.arguments) != len(target.arguments):
        return None
    if source == target:
        return value
    name = f"a{_depth(source)}"
    if source.kind is Kind.ROW:
        places = [f"struct_extract({value.sql}, 'f{index}')" for index in range(len(source.arguments))]
    else:
        places = [name] if source.kind is Kind.ARRAY else [f"{name}.key", f"{name}.value"]
    pairs = zip(places, source.arguments, target.arguments, strict=True)
    inner = [written.sql for place, had, wanted in pairs if (written := _cast(Value(place, had), wanted))]
    if len(inner) < len(places):
        return None
    if source.kind is Kind.ARRAY:
        return Value(f"list_transform({value.sql}, lambda {name}: {inner[0]})", target)
    if source.kind is Kind.MAP:
        entries = f"list_transform(map_entries({value.sql}), lambda {name}: {{'k': {inner[0]}, 'v': {inner[1]}}})"
        return Value(f"map_from_entries({entries})", target)
    return Value(f"CASE WHEN {value.sql} IS NULL THEN NULL ELSE {packed(inner)} END", target)


def _depth(type_: Type) -> int:
    return 1 + max((_depth(inner) for inner in type_.arguments), default=0)


def to_text(value: Value) -> Value | None:
    """Return a value cast to varchar, ``None`` if that cannot be."""
    return _cast(value, VARCHAR)


def _to_text(value: Value, target: Type) -> Value | None:
    """Write a value as Trino's text of it."""
    kind, digits = value.type.kind, value.type.second_digits
    if kind in INTEGERS | {Kind.DECIMAL, Kind.BOOLEAN, Kind.DATE, Kind.UUID}:
        text = f"CAST({value.sql} AS VARCHAR)"
    elif kind in CLOCK_MOMENTS:
        text = clock_text(wall_time(value), "%Y-%m-%d %H:%M:%S", digits)
        if kind is Kind.TIMESTAMP_TZ:
            text = f"({text} || ' {value.type.zone}')"
    elif kind is Kind.TIME:
        text = clock_text(f"(DATE '2000-01-01' + {value.sql})", "%H:%M:%S", digits)
    elif kind in _INEXACT:
        text = f"py_scientific({value.sql}, {kind is Kind.REAL})"
    else:
        return None
    if target.precision is None:
        return Value(text, target)
    too_long = f"fail('INVALID_CAST_ARGUMENT: Value ' || {text} || ' cannot be represented as {target}')"
    return Value(f"CASE WHEN length({text}) > {target.precision} THEN {too_long} ELSE {text} END", target)


def clock_text(sql: str, pattern: str, digits: int) -> str:
    """Return the SQL of a timestamp's text, its fraction cut to so many digits."""
    if not digits:
        return f"strftime({sql}, '{pattern}')"
    return f"left(strftime({sql}, '{pattern}.%f'), -{6 - digits})" if digits < 6 else f"strftime({sql}, '{pattern}.%f')"


def _from_text(sql: str, target: Type) -> Value | None:
    if target.kind is Kind.VARCHAR:
        return Value(sql if target.precision is None else f"left({sql}, {target.precision})", target)
    form = _TEXT_FORMS.get(target.kind)
    if form is None:
        return None
    form = form.replace("DIGITS", str(max(1, target.second_digits)))
    text = f"replace({sql}, ' UTC', '')" if target.kind is Kind.TIMESTAMP_TZ else sql
    name = _NUMBER_NAMES.get(target.kind, str(target).upper() if target.kind in NUMBERS else str(target))
    failure = f"fail('INVALID_CAST_ARGUMENT: Cannot cast ''' || {sql} || ''' to {name}')"
    return Value(
        f"CASE WHEN {sql} IS NULL THEN NULL WHEN regexp_full_match({sql}, '{form}') "
        f"THEN CAST({text} AS {target.duckdb}) ELSE {failure} END",
        target,
    )
