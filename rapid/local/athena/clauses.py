"""Where an expression stands, what it may contain there, and what a block groups by.

Source: https://trino.io/docs/current/sql/select.html#group-by-clause (GROUPING SETS, ROLLUP, CUBE).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlglot import exp

from .aggregate_functions import AGGREGATES
from .scopes import Scope, Uses, Value

_WORDS: dict[type, str] = {exp.Cube: "CUBE", exp.Rollup: "ROLLUP", exp.GroupingSets: "GROUPING SETS"}
_AGGREGATING = AGGREGATES.keys() | {"grouping"}


class NamedOutput(NamedTuple):
    """A select item under the (lower-case) name that ORDER BY may use."""

    name: str
    value: Value
    uses: Uses


@dataclass(frozen=True)
class Clause:
    """Where an expression stands, and so what it may contain.

    ``grouped`` holds the SQL of the grouping expressions if the block aggregates, else None. ``outputs`` are the select
    items that ORDER BY may name, ``windows`` the block's named windows. ``variables`` are the parameters of the
    lambdas around the expression, ``depth`` their number.
    """

    scope: Scope
    name: str
    allows_aggregates: bool = False
    grouped: frozenset[str] | None = None
    outputs: tuple[NamedOutput, ...] = ()
    variables: Mapping[str, Value] = field(default_factory=dict)
    depth: int = 0
    windows: Mapping[str, exp.Window] = field(default_factory=dict)


def contains_aggregate(node: exp.Expr) -> bool:
    """Whether an aggregate or window function stands in ``node``, outside subqueries."""
    return is_aggregating(node) or contains_window(node)


def contains_window(node: exp.Expr) -> bool:
    """Whether a window function stands in ``node``, outside subqueries."""
    return any(isinstance(part, exp.Window) for part in node.walk(prune=lambda inner: isinstance(inner, exp.Query)))


def is_aggregating(node: exp.Expr) -> bool:
    """Whether ``node`` makes its query block an aggregation: an aggregate function that is not a window function."""
    if isinstance(node, exp.Query):
        return False
    if isinstance(node, exp.Window):
        target = node.this
        while isinstance(target, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
            target = target.this
        inside = [*target.iter_expressions(), *(node.args.get("partition_by") or []), node.args.get("order")]
        return any(is_aggregating(part) for part in inside if part is not None)
    if isinstance(node, exp.Anonymous) and str(node.this).lower() in _AGGREGATING:
        return True
    return any(is_aggregating(part) for part in node.iter_expressions())


@dataclass(frozen=True)
class Grouping:
    """What follows GROUP BY (empty: there is none), and the SQL of the expressions that it groups by."""

    sql: str
    columns: tuple[str, ...]


def grouping(nodes: list[exp.Expr], value: Callable[[exp.Expr], str]) -> Grouping:
    """Translate the items of GROUP BY; ``value`` translates an expression."""
    columns: list[str] = []

    def written(node: exp.Expr) -> str:
        word = _WORDS.get(type(node))
        if word:
            return f"{word} ({', '.join(written(item) for item in node.expressions)})"
        if isinstance(node, exp.Tuple):
            return f"({', '.join(written(item) for item in node.expressions)})"
        if isinstance(node, exp.Paren):
            return f"({written(node.this)})"
        columns.append(value(node))
        return columns[-1]

    return Grouping(", ".join(written(node) for node in nodes), tuple(columns))
