"""GROUP BY, with GROUPING SETS, ROLLUP and CUBE (https://trino.io/docs/current/sql/select.html#group-by-clause)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

_WORDS: dict[type, str] = {exp.Cube: "CUBE", exp.Rollup: "ROLLUP", exp.GroupingSets: "GROUPING SETS"}


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
