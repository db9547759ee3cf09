"""Bounds: conditions that compare one stored column with constants, which statistics of files can answer.

A file's column has statistics (smallest and largest value); a condition like ``column >= constant`` tells from them
that a file holds no row of the result. Source: https://iceberg.apache.org/spec/#scan-planning.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from .clauses import Clause
from .expressions import Expressions
from .functions import coerce
from .scopes import Bound, Scope, Value
from .tables import TableColumn
from .trino_types import INTEGERS, Kind, Type, common

_OPERATORS: dict[type, str] = {exp.EQ: "IN", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_MIRRORED = {"IN": "IN", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_Comparison = tuple[exp.Expr, str, list[exp.Expr]]


def bounds_of(
    condition: exp.Expr, scope: Scope, stored: Mapping[str, TableColumn], expressions: Expressions
) -> list[Bound]:
    """Return the bounds that a condition sets; ``stored``: the stored columns, by their names in ``scope``."""
    found = []
    for column, operator, constants in _comparisons(condition):
        if not isinstance(column, exp.Column) or any(part.find(exp.Column) for part in constants):
            continue
        known = stored[column.name.lower()]
        values = [expressions.value(part, Clause(scope, "WHERE")) for part in constants]
        written = [_as_type(value, known.type) for value in values if known.type]
        if written and None not in written:
            found.append(Bound(known.name, operator, tuple(text for text in written if text)))
    return found


def _comparisons(condition: exp.Expr) -> list[_Comparison]:
    """Return what a condition compares: the left side, the operator, the right sides; both ways round."""
    if isinstance(condition, exp.Between):
        low, high = condition.args["low"], condition.args["high"]
        return [(condition.this, ">=", [low]), (condition.this, "<=", [high])]
    if isinstance(condition, exp.In):
        return [(condition.this, "IN", condition.expressions)]
    operator = _OPERATORS.get(type(condition))
    if operator is None:
        return []
    left, right = condition.this, condition.expression
    return [(left, operator, [right]), (right, _MIRRORED[operator], [left])]


def _as_type(value: Value, type_: Type) -> str | None:
    """Return a constant as the column's type; None if the comparison is made in a type that is not the column's."""
    shared = common(value.type, type_)
    if shared is None or value.type.kind is Kind.UNKNOWN:
        return None
    is_same = shared.duckdb == type_.duckdb or (shared.kind in INTEGERS and type_.kind in INTEGERS)
    if not is_same and not (shared.kind is type_.kind is Kind.DECIMAL and shared.scale == type_.scale):
        return None
    return f"CAST({coerce(value, shared).sql} AS {type_.duckdb})"
