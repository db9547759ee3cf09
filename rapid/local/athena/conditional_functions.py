"""Conditional functions, and those that look at any value.

Sources: https://trino.io/docs/current/functions/conditional.html, …/comparison.html, …/conversion.html.
"""

from __future__ import annotations

from .functions import Build, Call, UnsupportedCallError, common_of, described, fits, unless_null
from .operators import comparison
from .scopes import Value, quoted_text, row_of
from .trino_types import BOOLEAN, STRUCTURES, varchar


def _coalesce(call: Call) -> Value | None:
    values = common_of(call.arguments)
    if values is None or len(values) < 2:
        return None
    return Value(f"coalesce({', '.join(value.sql for value in values)})", values[0].type)


def _nullif(call: Call) -> Value | None:
    if len(call.arguments) != 2 or common_of(call.arguments) is None:
        return None
    first, second = call.arguments
    return Value(f"CASE WHEN {comparison('=', first, second, None).sql} THEN NULL ELSE {first.sql} END", first.type)


def _if(call: Call) -> Value | None:
    if len(call.arguments) not in (2, 3) or (condition := fits(call.arguments[0], BOOLEAN)) is None:
        return None
    values = common_of(call.arguments[1:])
    if values is None:
        return None
    otherwise = values[1].sql if len(values) == 2 else "NULL"
    return Value(f"CASE WHEN {condition.sql} THEN {values[0].sql} ELSE {otherwise} END", values[0].type)


def _extreme(function: str) -> Build:
    def build(call: Call) -> Value | None:
        values = common_of(call.arguments)
        if not values:
            return None
        if values[0].type.kind in STRUCTURES:
            raise UnsupportedCallError(f"{call.name} of values of type {values[0].type}")
        found = f"{function}({', '.join(value.sql for value in values)})"
        return Value(unless_null(found, *values), values[0].type)

    return build


def _typeof(call: Call) -> Value | None:
    if len(call.arguments) != 1:
        return None
    name = str(call.arguments[0].type)
    return Value(quoted_text(name), varchar(len(name)))


CONDITIONAL_SCALARS: dict[str, Build] = {
    **described("""
        try(T) T = TRY({0})
        uuid() uuid = uuid()
    """),
    "coalesce": _coalesce,
    "nullif": _nullif,
    "if": _if,
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
    "typeof": _typeof,
    "row": lambda call: row_of(call.arguments) if call.arguments else None,
}
