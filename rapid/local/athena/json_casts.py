"""CAST to and from JSON, through structures of any depth.

Source: https://trino.io/docs/current/functions/json.html#cast-to-json, …#cast-from-json.
"""

from __future__ import annotations

from .errors import not_supported
from .scopes import Value
from .trino_types import INTEGERS, JSON, MOMENTS, NUMBERS, VARCHAR, Kind, Type

_SCALARS = NUMBERS | {Kind.BOOLEAN, Kind.VARCHAR}
_MAP_KEYS = INTEGERS | {Kind.VARCHAR, Kind.BOOLEAN, Kind.DECIMAL}


def json_from(value: Value) -> Value:
    """Return a value as JSON: a null is null, inside a structure it is JSON's."""
    return Value(_written(value.sql, value.type, 0), JSON)


def _written(sql: str, type_: Type, depth: int) -> str:
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
        from .casts import to_text  # which imports this module

        written = to_text(Value(sql, type_))
        return f"('\"' || {written.sql} || '\"')" if written else sql
    if kind is Kind.ARRAY:
        each = f"list_transform({sql}, lambda {name}: {_item(name, type_.arguments[0], depth)})"
        return f"('[' || joined({each}, ',') || ']')"
    if kind is Kind.MAP and type_.arguments[0].kind in _MAP_KEYS:
        items = f"list_transform(map_values({sql}), lambda {name}: {_item(name, type_.arguments[1], depth)})"
        return f"py_json_object(CAST(map_keys({sql}) AS VARCHAR[]), {items})"
    if kind is Kind.ROW:
        fields = []
        for index, (field, inner) in enumerate(zip(type_.names, type_.arguments, strict=True)):
            label = f"CAST(to_json('{(field or '').replace(chr(39), chr(39) * 2)}') AS VARCHAR)"
            fields.append(
                f"{label} || ':' || {_item(f'struct_extract({sql}, {chr(39)}f{index}{chr(39)})', inner, depth)}"
            )
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE '{{' || {' || chr(44) || '.join(fields)} || '}}' END"
    raise not_supported(f"A cast from {type_} to json")


def _item(sql: str, type_: Type, depth: int) -> str:
    return f"coalesce({_written(sql, type_, depth + 1)}, 'null')"


def json_to(value: Value, target: Type) -> Value:
    """Return JSON as a type; JSON's null is null."""
    return Value(_read(value.sql, target, 0), target)


def _read(sql: str, target: Type, depth: int) -> str:
    kind, name = target.kind, f"j{depth}"
    if kind is Kind.JSON:
        return sql
    if kind in _SCALARS and (kind is not Kind.VARCHAR or target.precision is None):
        return f"CAST(checked(py_json_scalar({sql}, '{target}')) AS {target.duckdb})"
    if kind is Kind.ARRAY:
        return f"list_transform(checked_list(py_json_elements({sql}, '{target}')), lambda {name}: " \
               f"{_read(name, target.arguments[0], depth + 1)})"  # fmt: skip
    if kind is Kind.MAP and target.arguments[0] == VARCHAR:
        items = f"list_transform(py_json_values({sql}), lambda {name}: {_read(name, target.arguments[1], depth + 1)})"
        return (
            f"CASE WHEN {sql} = 'null' THEN NULL ELSE MAP(checked_list(py_json_keys({sql}, '{target}')), {items}) END"
        )
    if kind is Kind.ROW:
        names = ", ".join("'" + (name or "").replace("'", "''") + "'" for name in target.names)
        listed = f"checked_list(py_json_fields({sql}, [{names}], '{str(target).replace(chr(39), chr(39) * 2)}'))"
        fields = ", ".join(
            f"f{index} := {_read(f'{name}[{index + 1}]', inner, depth + 1)}"
            for index, inner in enumerate(target.arguments)
        )
        made = f"CASE WHEN {name} IS NULL THEN NULL ELSE struct_pack({fields}) END"
        return f"list_transform([{listed}], lambda {name}: {made})[1]"
    raise not_supported(f"A cast from json to {target}")
