"""Where an expression stands, and what it may contain there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlglot import exp

from .aggregate_functions import AGGREGATES
from .scopes import Scope, Uses, Value

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
