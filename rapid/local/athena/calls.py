"""Calls of functions: scalar, aggregate (FILTER) and window (OVER)."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, Protocol

from sqlglot import exp

from .aggregate_functions import AGGREGATES, WINDOW_ONLY
from .clauses import Clause
from .errors import ErrorName, Position, QueryFailedError, not_supported
from .functions import Build, Call, UnsupportedCallError
from .moment_functions import MOMENT_SCALARS
from .scalar_functions import SCALARS
from .scopes import Value
from .windows import frame


class Translator(Protocol):
    """What calls need of the translation of expressions."""

    def value(self, node: exp.Expr, clause: Clause) -> Value:
        """Translate an expression."""

    def condition(self, node: exp.Expr, clause: Clause) -> str:
        """Translate a boolean expression."""

    def at(self, node: exp.Expr) -> Position | None:
        """Return where a node stands."""


class Suffix(NamedTuple):
    """What follows an aggregate or window function's parenthesis."""

    filter: str = ""
    over: str = ""


_NO_SUFFIX = Suffix()


class FunctionCalls:
    """Translates calls that stand in one query's expressions."""

    def __init__(self, expressions: Translator) -> None:
        self._expressions = expressions

    def grammar(self, node: exp.Expr, clause: Clause) -> Value:
        """EXTRACT, SUBSTRING FROM, TRIM and POSITION: other spellings of ordinary functions."""
        if isinstance(node, exp.Extract):
            return self._call(str(node.name).lower(), [node.expression], node, clause)
        if isinstance(node, exp.Substring):
            listed = [node.this, node.args.get("start"), node.args.get("length")]
            return self._call("substr", [item for item in listed if item is not None], node, clause)
        if isinstance(node, exp.StrPosition):
            return self._call("strpos", [node.this, node.args["substr"]], node, clause)
        side = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
        return self._call(side, [node.this], node, clause)

    def function(self, node: exp.Anonymous, clause: Clause, suffix: Suffix = _NO_SUFFIX) -> Value:
        """Translate a call by name."""
        return self._call(str(node.this).lower(), node.expressions, node, clause, suffix)

    def _call(
        self, name: str, nodes: list[exp.Expr], node: exp.Expr, clause: Clause, suffix: Suffix = _NO_SUFFIX
    ) -> Value:
        build = self._find(name, node, clause, suffix)
        distinct = ""
        if nodes and isinstance(nodes[0], exp.Distinct):
            distinct, nodes = "DISTINCT ", nodes[0].expressions
        if [type(item) for item in nodes] == [exp.Star] and name == "count" and not any(nodes[0].args.values()):
            nodes = []
        if distinct and name not in AGGREGATES:
            raise not_supported(f"DISTINCT in {name}", self._expressions.at(node))
        if name in AGGREGATES and not suffix.over:
            clause = dataclasses.replace(clause, grouped=None, allows_aggregates=False, outputs=())
        arguments = tuple(self._expressions.value(item, clause) for item in nodes)
        try:
            value = build(Call(name, arguments, tuple(nodes), suffix.filter + suffix.over, distinct))
        except UnsupportedCallError as error:
            raise not_supported(
                str(error).removesuffix(" is not supported by the local cloud"), self._expressions.at(node)
            ) from None
        if value is None:
            types = ", ".join(str(argument.type) for argument in arguments)
            message = f"Unexpected parameters ({types}) for function {name}"
            raise QueryFailedError(ErrorName.FUNCTION_NOT_FOUND, message, self._expressions.at(node))
        return value

    def _find(self, name: str, node: exp.Expr, clause: Clause, suffix: Suffix) -> Build:
        is_window = bool(suffix.over)
        if name in AGGREGATES and (clause.allows_aggregates or is_window):
            return AGGREGATES[name]
        if name in AGGREGATES:
            message = f"{clause.name} clause cannot contain aggregations, window functions or grouping operations"
            raise QueryFailedError(ErrorName.EXPRESSION_NOT_SCALAR, message, self._expressions.at(node))
        if name in WINDOW_ONLY and is_window:
            return WINDOW_ONLY[name]
        if name in WINDOW_ONLY:
            message = f"Window function {name} requires an OVER clause"
            raise QueryFailedError(ErrorName.FUNCTION_NOT_FOUND, message, self._expressions.at(node))
        build = SCALARS.get(name) or MOMENT_SCALARS.get(name)
        if build is None or suffix != _NO_SUFFIX:
            raise QueryFailedError(
                ErrorName.FUNCTION_NOT_FOUND, f"Function '{name}' not registered", self._expressions.at(node)
            )
        return build

    def filtered(self, node: exp.Filter, clause: Clause, over: str = "") -> Value:
        """Translate an aggregate function with FILTER."""
        inner = dataclasses.replace(clause, grouped=None, allows_aggregates=False, name="FILTER", outputs=())
        condition = self._expressions.condition(node.expression.this, inner)
        if not isinstance(node.this, exp.Anonymous) or str(node.this.this).lower() not in AGGREGATES:
            raise not_supported("FILTER on what is not an aggregate function", self._expressions.at(node))
        return self.function(node.this, clause, Suffix(f" FILTER (WHERE {condition})", over))

    def windowed(self, node: exp.Window, clause: Clause) -> Value:
        """Translate a function with OVER."""
        if clause.name not in ("SELECT", "ORDER BY"):
            message = f"{clause.name} clause cannot contain aggregations, window functions or grouping operations"
            raise QueryFailedError(ErrorName.EXPRESSION_NOT_SCALAR, message, self._expressions.at(node))
        inner = dataclasses.replace(clause, name="OVER", outputs=())
        partition = [self._expressions.value(item, inner).sql for item in node.args.get("partition_by") or []]
        order = [
            self.ordering(item, inner) for item in (node.args["order"].expressions if node.args.get("order") else [])
        ]
        parts = [
            f"PARTITION BY {', '.join(partition)}" if partition else "",
            f"ORDER BY {', '.join(order)}" if order else "",
            frame(node.args.get("spec"), self._expressions.at(node)),
        ]
        over = f" OVER ({' '.join(part for part in parts if part)})"
        target = node.this
        if isinstance(target, exp.Filter):
            return self.filtered(target, inner, over)
        if not isinstance(target, exp.Anonymous):
            raise not_supported(f"'{target.sql(dialect='trino')}' with OVER", self._expressions.at(node))
        return self.function(target, inner, Suffix(over=over))

    def ordering(self, node: exp.Ordered, clause: Clause, sql: str | None = None) -> str:
        """Return one ORDER BY item (``sql`` replaces its expression); Trino puts nulls last unless told otherwise."""
        expression = sql or self._expressions.value(node.this, clause).sql
        direction = "DESC" if node.args.get("desc") else "ASC"
        return f"{expression} {direction} NULLS {'FIRST' if node.args.get('nulls_first') else 'LAST'}"
