"""Trino's types as Hive names them, for columns in the Glue Data Catalog.

Source: https://docs.aws.amazon.com/athena/latest/ug/data-types.html; ``timestamp with time zone`` cannot be stored:
https://docs.aws.amazon.com/athena/latest/ug/considerations-ctas.html.
"""

from __future__ import annotations

import re

from .errors import ErrorName, QueryFailedError
from .scopes import Output
from .trino_types import INTEGER, Kind, Type, decimal, varchar

_TYPES = {kind.hive: Type(kind) for kind in Kind if kind.hive} | {"integer": INTEGER}


def from_glue(text: str) -> Type | None:
    """Return the type that a Glue column's type string names, ``None`` if this plane does not know it."""
    name = text.strip().lower()
    if known := _TYPES.get(name):
        return known
    if match := re.fullmatch(r"decimal\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", name):
        return decimal(int(match[1]), int(match[2] or 0))
    if match := re.fullmatch(r"varchar\(\s*(\d+)\s*\)", name):
        return varchar(int(match[1]))
    return None


def named_columns(outputs: tuple[Output, ...]) -> list[tuple[str, str]]:
    """Return the names and Hive's types of a query's columns, to make a table or a view of them.

    Raises QueryFailedError if a column has no name, or another's, or a type that cannot be stored.
    """
    found: dict[str, str] = {}
    for index, output in enumerate(outputs):
        if output.label is None:
            message = f"line 1:1: Column name not specified at position {index + 1}"
            raise QueryFailedError(ErrorName.MISSING_COLUMN_NAME, message)
        name = output.label.lower()
        if name in found:
            message = f"line 1:1: Column name '{name}' specified more than once"
            raise QueryFailedError(ErrorName.DUPLICATE_COLUMN_NAME, message)
        if output.type.kind is Kind.UNKNOWN:
            raise QueryFailedError(ErrorName.COLUMN_TYPE_UNKNOWN, f"line 1:1: Column type is unknown: {name}")
        found[name] = hive_type(output.type)
    return list(found.items())


def hive_type(type_: Type) -> str:
    """Return Hive's name of a type; raises QueryFailedError if Hive has none."""
    if type_.kind is Kind.VARCHAR and type_.precision is not None:
        return f"varchar({type_.precision})"
    if type_.kind is Kind.DECIMAL:
        return f"decimal({type_.precision},{type_.scale})"
    if type_.kind in (Kind.ARRAY, Kind.MAP):
        return f"{type_.kind.trino}<{','.join(map(hive_type, type_.arguments))}>"
    if type_.kind is Kind.ROW:
        if None in type_.names:
            message = f"Anonymous row type is not supported in Hive. Please give each field a name: {type_}"
            raise QueryFailedError(ErrorName.NOT_SUPPORTED, message)
        fields = zip(type_.names, type_.arguments, strict=True)
        return f"struct<{','.join(f'{name}:{hive_type(inner)}' for name, inner in fields)}>"
    if not type_.kind.hive:
        raise QueryFailedError(ErrorName.NOT_SUPPORTED, f"Unsupported Hive type: {type_}")
    return type_.kind.hive
