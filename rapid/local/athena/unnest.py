"""UNNEST in FROM (https://trino.io/docs/current/sql/select.html#unnest)."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from .errors import ErrorName, Position, QueryFailedError
from .outputs import Output, Translated
from .scopes import Value
from .trino_types import BIGINT, Kind, Type


def unnest(
    node: exp.Unnest, value: Callable[[exp.Expr], Value], at: Callable[[exp.Expr], Position | None]
) -> Translated:
    """Return the rows of arrays and maps, side by side; ``value`` translates what stands in UNNEST."""
    columns: list[tuple[str, Type]] = []
    lengths = []
    for item in node.expressions:
        found = value(item)
        if found.type.kind not in (Kind.ARRAY, Kind.MAP):
            message = f"Cannot unnest type: {found.type}"
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, message, at(item))
        columns += _columns(found)
        is_array = found.type.kind is Kind.ARRAY
        lengths.append(f"coalesce({'len' if is_array else 'cardinality'}({found.sql}), 0)")
    if node.args.get("offset"):
        longest = f"greatest({', '.join(lengths)})" if len(lengths) > 1 else lengths[0]
        columns.append((f"range(1, CAST({longest} AS BIGINT) + 1)", BIGINT))
    selected = ", ".join(f"unnest({sql}) AS c{index}" for index, (sql, _) in enumerate(columns))
    return Translated(f"SELECT {selected}", tuple(Output(None, type_, frozenset()) for _, type_ in columns))


def _columns(found: Value) -> list[tuple[str, Type]]:
    """Return the arrays that become columns: a map's keys and values, each field of rows."""
    if found.type.kind is Kind.MAP:
        key, item = found.type.arguments
        return [(f"map_keys({found.sql})", key), (f"map_values({found.sql})", item)]
    element = found.type.arguments[0]
    if element.kind is not Kind.ROW:
        return [(found.sql, element)]
    return [
        (f"list_transform({found.sql}, lambda u: struct_extract(u, 'f{index}'))", inner)
        for index, inner in enumerate(element.arguments)
    ]
