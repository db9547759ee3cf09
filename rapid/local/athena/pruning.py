"""Pruning: which conditions of a WHERE reach the stored tables below it, through subqueries and views.

A condition over columns that are a scan's own, unchanged, keeps out every row of the scan for which it does not hold,
so the reader need not read what holds such rows only. One that compares a stored column with constants is a bound,
which statistics of files can answer: https://iceberg.apache.org/spec/#scan-planning.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from sqlglot import exp

from .clauses import Clause
from .expressions import Expressions
from .from_clause import Source
from .functions import coerce
from .scopes import Bound, Column, Demand, Lineage, Output, Relation, Scope, Value, quoted
from .tables import TableColumn
from .trino_types import INTEGERS, Kind, Type, common

_OPERATORS: dict[type, str] = {exp.EQ: "IN", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_MIRRORED = {"IN": "IN", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_Comparison = tuple[exp.Expr, str, list[exp.Expr]]


def conjuncts(node: exp.Expr) -> list[exp.Expr]:
    """Return the conditions that AND joins."""
    if isinstance(node, exp.Paren):
        return conjuncts(node.this)
    return [*conjuncts(node.this), *conjuncts(node.expression)] if isinstance(node, exp.And) else [node]


def passed_on(outputs: list[tuple[Output, Value]], source: Source) -> tuple[Lineage, ...]:
    """Return how scans reach the output of a select block that lets each row through by itself."""
    sql = {value.sql: index for index, (_, value) in reversed(list(enumerate(outputs)))}
    return tuple(
        Lineage(
            lineage.scan,
            {
                sql[value.sql]: name
                for index, name in lineage.columns.items()
                if (value := relation.columns[index].value) and value.sql in sql
            },
        )
        for position, relation in enumerate(source.scope.relations)
        if position in source.prunable
        for lineage in relation.lineages
    )


class Pruning:
    """Hands the conditions of one query's WHERE clauses down to its scans."""

    def __init__(self, expressions: Expressions, demand: Demand) -> None:
        self._expressions = expressions
        self._demand = demand

    def hand_down(self, condition: exp.Expr, touched: list[Column], source: Source) -> None:
        """Tell the scans below ``source`` that rows must pass a condition, which names the columns ``touched``."""
        place = _place(touched, source)
        if place is None or condition.find(exp.Query):
            return
        position, indexes = place
        for lineage in source.scope.relations[position].lineages:
            relation, scan = source.scope.relations[position], lineage.scan
            scope = _scope_of_scan(relation, lineage, indexes)
            if scope is None:
                continue
            stored = {relation.columns[index].name: scan.table.column(lineage.columns[index]) for index in indexes}
            with self._demand.apart():
                scan.bounds.extend(_bounds(condition, scope, stored, self._expressions))
            if all(column in scan.table.partition_columns for column in stored.values()):
                with self._demand.apart():
                    sql = self._expressions.condition(condition, Clause(scope, "WHERE"))
                scan.partition_predicates.append(sql)


def _place(touched: list[Column], source: Source) -> tuple[int, set[int]] | None:
    """Return the prunable relation whose columns these are (all of them), and their indexes in it."""
    for position, relation in enumerate(source.scope.relations):
        found = {index for index, column in enumerate(relation.columns) if any(column is other for other in touched)}
        if found:
            ours = [relation.columns[index] for index in found]
            is_alone = all(any(column is other for other in ours) for column in touched)
            return (position, found) if is_alone and position in source.prunable else None
    return None


def _scope_of_scan(relation: Relation, lineage: Lineage, indexes: set[int]) -> Scope | None:
    """Return a scope in which the relation's columns are the scan's own; None if one of them is not."""
    columns = list(relation.columns)
    for index in indexes:
        stored = lineage.scan.table.column(lineage.columns[index]) if index in lineage.columns else None
        value = columns[index].value
        if stored is None or stored.type is None or value is None or value.type.kind is not stored.type.kind:
            return None
        columns[index] = dataclasses.replace(
            columns[index], value=Value(f"{lineage.scan.alias}.{quoted(stored.name)}", stored.type)
        )
    return Scope((dataclasses.replace(relation, columns=tuple(columns)),))


def _bounds(
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
