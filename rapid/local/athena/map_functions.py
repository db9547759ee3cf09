"""Maps (https://trino.io/docs/current/functions/map.html)."""

from __future__ import annotations

from .functions import Build, Call, UnsupportedCallError, common_of, fit_all
from .scopes import Value
from .trino_types import UNKNOWN, VARCHAR, Kind, Type, array, map_of, row

_MAPS = frozenset({Kind.MAP})
_ARRAYS = frozenset({Kind.ARRAY})


def _map(call: Call) -> Value | None:
    if not call.arguments:
        return Value("MAP()", map_of(UNKNOWN, UNKNOWN))
    values = fit_all(call, _ARRAYS, _ARRAYS)
    if values is None or Kind.UNKNOWN in (values[0].type.kind, values[1].type.kind):
        return None
    (keys, items), refused = values, "fail('INVALID_FUNCTION_ARGUMENT: "
    return Value(
        f"CASE WHEN len({keys.sql}) <> len({items.sql}) THEN {refused}Key and value arrays must be the same length') "
        f"WHEN has_null({keys.sql}) THEN {refused}map key cannot be null') ELSE MAP({keys.sql}, {items.sql}) END",
        map_of(keys.type.arguments[0], items.type.arguments[0]),
    )


def _types(call: Call, index: int = 0) -> tuple[Type, Type] | None:
    if index >= len(call.arguments) or call.arguments[index].type.kind is not Kind.MAP:
        return None
    key, item = call.arguments[index].type.arguments
    return key, item


def _part(function: str, argument: int) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, _MAPS)
        types = _types(call)
        return Value(f"{function}({values[0].sql})", array(types[argument])) if values and types else None

    return build


def _entries(call: Call) -> Value | None:
    values, types, name = fit_all(call, _MAPS), _types(call), call.variable
    if values is None or types is None:
        return None
    fields = f"{{'f0': {name}.key, 'f1': {name}.value}}"
    return Value(f"list_transform(map_entries({values[0].sql}), lambda {name}: {fields})", array(row(types)))


def _from_entries(call: Call) -> Value | None:
    values = fit_all(call, _ARRAYS)
    entry = values[0].type.arguments[0] if values and values[0].type.arguments else UNKNOWN
    if values is None or entry.kind is not Kind.ROW or len(entry.arguments) != 2:
        return None
    name = call.variable
    entries = f"list_transform({values[0].sql}, lambda {name}: {{'k': {name}.f0, 'v': {name}.f1}})"
    return Value(f"map_from_entries({entries})", map_of(*entry.arguments))


def _concat(call: Call) -> Value | None:
    values = common_of(call.arguments)
    if values is None or len(values) < 2 or values[0].type.kind is not Kind.MAP:
        return None
    nulls = " OR ".join(f"{value.sql} IS NULL" for value in values)
    joined = f"map_concat({', '.join(value.sql for value in values)})"
    return Value(f"CASE WHEN {nulls} THEN NULL ELSE {joined} END", values[0].type)


def _applied(call: Call) -> tuple[Value, tuple[Type, Type]] | None:
    types, name = _types(call), call.variable
    if types is None or len(call.arguments) != 2:
        return None
    body = call.applied(1, Value(f"{name}.key", types[0]), Value(f"{name}.value", types[1]))
    return (body, types) if body else None


def _filter(call: Call) -> Value | None:
    found = _applied(call)
    if found is None or found[0].type.kind not in (Kind.BOOLEAN, Kind.UNKNOWN):
        return None
    entries, test = f"map_entries({call.arguments[0].sql})", found[0].sql
    return Value(f"map_from_entries(list_filter({entries}, lambda {call.variable}: {test}))", call.arguments[0].type)


def _transformed(is_key: bool) -> Build:
    def build(call: Call) -> Value | None:
        found = _applied(call)
        if found is None:
            return None
        (body, types), name = found, call.variable
        key, item = (body.sql, f"{name}.value") if is_key else (f"{name}.key", body.sql)
        entries = f"map_entries({call.arguments[0].sql})"
        made = f"list_transform({entries}, lambda {name}: {{'k': {key}, 'v': {item}}})"
        result = map_of(body.type, types[1]) if is_key else map_of(types[0], body.type)
        return Value(f"map_from_entries({made})", result)

    return build


def _zip_with(call: Call) -> Value | None:
    left, right, name = _types(call), _types(call, 1), call.variable
    if left is None or right is None or len(call.arguments) != 3 or left[0] != right[0]:
        return None
    maps = [value.sql for value in call.arguments[:2]]
    sides = [f"map_extract_value({one}, {name})" for one in maps]
    body = call.applied(2, Value(name, left[0]), Value(sides[0], left[1]), Value(sides[1], right[1]))
    if body is None:
        return None
    keys = f"distinct_list(list_concat(map_keys({maps[0]}), map_keys({maps[1]})))"
    made = f"list_transform({keys}, lambda {name}: {{'k': {name}, 'v': {body.sql}}})"
    return Value(f"map_from_entries({made})", map_of(left[0], body.type))


def _split_to_map(call: Call) -> Value | None:
    values = fit_all(call, VARCHAR, VARCHAR, VARCHAR)
    if values is None:
        if len(call.arguments) == 4:
            raise UnsupportedCallError("split_to_map with a function")
        return None
    text, entry, between = (value.sql for value in values)
    name = call.variable
    refused = (
        "fail('INVALID_FUNCTION_ARGUMENT: Key-value delimiter must appear exactly once in each entry. Bad input: '''"
    )
    parts = f"string_split({name}, {between})"
    pair = (
        f"CASE WHEN len({parts}) <> 2 THEN {refused} || {name} || '''') ELSE {{'k': {parts}[1], 'v': {parts}[2]}} END"
    )
    pieces = f"list_filter(string_split({text}, {entry}), lambda {name}: {name} <> '')"
    return Value(f"map_from_entries(list_transform({pieces}, lambda {name}: {pair}))", map_of(VARCHAR, VARCHAR))


MAP_SCALARS: dict[str, Build] = {
    "map": _map,
    "map_concat": _concat,
    "map_entries": _entries,
    "map_filter": _filter,
    "map_from_entries": _from_entries,
    "map_keys": _part("map_keys", 0),
    "map_values": _part("map_values", 1),
    "map_zip_with": _zip_with,
    "split_to_map": _split_to_map,
    "transform_keys": _transformed(True),
    "transform_values": _transformed(False),
}
