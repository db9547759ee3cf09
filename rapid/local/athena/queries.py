"""Queries: select blocks, WITH, set operations and VALUES, from sqlglot's tree to one DuckDB statement.

Inside the DuckDB statement every relation is called ``r<n>``, every WITH query ``w<n>``, every output column
``c<n>``: names of the user's never meet DuckDB's own, and Trino's rules alone decide what a name means (no alias in
WHERE or GROUP BY, output names first in ORDER BY). Source: https://trino.io/docs/current/sql/select.html.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlglot import exp

from .clauses import Clause, Grouping, NamedOutput, contains_window, grouping, is_aggregating
from .errors import ErrorName, Position, QueryFailedError, not_supported
from .expressions import Expressions
from .from_clause import FromClause, Source, TableFinder
from .functions import coerce
from .pruning import Pruning, conjuncts, passed_on
from .scopes import Output, Scan, Scope, Statement, Translated, Uses, Value, WithQuery
from .tables import Table
from .trino_types import UNKNOWN, Kind, Type, common
from .views import View, expand

_SELECT_PARTS = frozenset(
    "expressions from_ joins where group having order limit offset distinct with_ windows".split()  # noqa: SIM905
)
_SET_PARTS = frozenset(["this", "expression", "distinct", "order", "limit", "offset", "with_"])
_SET_WORDS = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}
WithQueries = dict[str, WithQuery]
Item = exp.Expr | tuple[exp.Expr, int, int]
"""A select item: an expression, or a star's column (the star, the index of its relation, the column's index in it)."""


_Named = tuple[Output, Value]


@dataclass(frozen=True)
class Plan:
    """What to run: one DuckDB statement, its output columns, the scans it reads and the stored columns it needs."""

    sql: str
    outputs: tuple[Output, ...]
    scans: tuple[Scan, ...]
    needed: Uses


def plan(tree: exp.Expr, query: str, tables: TableFinder, now: datetime) -> Plan:
    """Translate a parsed query; raises QueryFailedError for what Athena would refuse and for what is not supported."""
    statement = Statement()
    translated = _Queries(query, statement, tables, now).query(tree, None, {}, is_needed=True)
    return Plan(translated.sql, translated.outputs, tuple(statement.scans), statement.demand.needed)


class _Queries:
    """Translates the queries of one text: the user's, or a view's (``views``: full names of those around it)."""

    def __init__(
        self, query: str, statement: Statement, tables: TableFinder, now: datetime, views: tuple[str, ...] = ()
    ) -> None:
        self.demand = statement.demand
        self._statement = statement
        self._tables = tables
        self._now = now
        self._views = views
        self._with: WithQueries = {}
        self.expressions = Expressions(query, now, self.demand, self._subquery)
        self._from = FromClause(self.expressions, statement, tables, self.query, self._view)
        self._pruning = Pruning(self.expressions, self.demand)

    def query(
        self, node: exp.Expr, parent: Scope | None, visible: WithQueries, *, is_needed: bool = False
    ) -> Translated:
        """Translate any query; ``is_needed``: all its output columns are needed whatever the outer query names."""
        previous, self._with = self._with, visible
        try:
            prefix, self._with = self._with_clause(node, parent)
            if isinstance(node, exp.Select):
                body = self._select(node, parent, is_needed)
            elif isinstance(node, exp.SetOperation):
                body = self._set_operation(node, parent, is_needed)
            elif isinstance(node, exp.Subquery):
                body = self._parenthesised(node, parent, is_needed)
            elif isinstance(node, exp.Values):
                body = self._values(node, parent)
            else:
                raise not_supported(f"'{node.sql(dialect='trino')}'", self.expressions.at(node))
        finally:
            self._with = previous
        return Translated(prefix + body.sql, body.outputs, body.lineages)

    def _view(self, view: View, position: Position | None) -> Translated:
        if view.full_name in self._views:
            raise QueryFailedError(ErrorName.VIEW_IS_RECURSIVE, "View is recursive", position)

        def find(database: str | None, name: str, at: Position | None) -> Table | View:
            return self._tables(database or view.schema, name, at)

        inside = _Queries(view.sql, self._statement, find, self._now, (*self._views, view.full_name))
        return expand(view, lambda tree: inside.query(tree, None, {}), position)

    def _subquery(self, node: exp.Expr, scope: Scope) -> tuple[str, list[Value]]:
        inner = node.this if isinstance(node, exp.Subquery) and not node.args.get("with_") else node
        translated = self.query(inner, scope, self._with)
        for output in translated.outputs:
            self.demand.need_all(output.uses)
        return translated.sql, [Value(f"c{i}", output.type) for i, output in enumerate(translated.outputs)]

    def _with_clause(self, node: exp.Expr, parent: Scope | None) -> tuple[str, WithQueries]:
        clause = node.args.get("with_")
        if clause is None:
            return "", self._with
        if clause.args.get("recursive"):
            raise not_supported("WITH RECURSIVE", self.expressions.at(clause))
        visible, written = dict(self._with), []
        for query in clause.expressions:
            if query.args.get("materialized") is not None:
                raise not_supported("MATERIALIZED", self.expressions.at(query))
            translated = self.query(query.this, parent, visible)
            outputs = self._from.renamed(translated.outputs, query.args["alias"])
            name = self._statement.fresh("w")
            visible[query.alias.lower()] = WithQuery(name, outputs)
            written.append(f"{name} AS ({translated.sql})")
        return f"WITH {', '.join(written)} ", visible

    def _select(self, node: exp.Select, parent: Scope | None, is_needed: bool) -> Translated:
        self._check_parts(node, _SELECT_PARTS)
        source = self._from.translate(node, parent, self._with)
        where = self._where(node.args.get("where"), source)
        items = [item for listed in node.expressions for item in self._expanded(listed, source)]
        is_grouped = bool(node.args.get("group") or node.args.get("having")) or any(
            is_aggregating(part) for part in [*node.expressions, *(_ordered(node))]
        )
        groups = self._groups(node, items, source.scope) if is_grouped else None
        grouped = frozenset(groups.columns) if groups is not None else None
        windows = {window.name.lower(): window for window in node.args.get("windows") or []}
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on"):
            raise not_supported("DISTINCT ON", self.expressions.at(node))
        outputs, columns = self._outputs(
            items, Clause(source.scope, "SELECT", True, grouped, windows=windows), is_needed or bool(distinct)
        )
        for output, _ in outputs if distinct else ():
            self._check_distinguishable(output.type, "SELECT DISTINCT", node)
        having = node.args.get("having")
        clause = Clause(source.scope, "HAVING", True, grouped)
        parts = [
            f"SELECT {'DISTINCT ' if distinct else ''}{', '.join(columns)}",
            source.sql,
            where,
            f"GROUP BY {groups.sql}" if groups and groups.sql else "",
            f"HAVING {self.expressions.condition(having.this, clause)}" if having else "",
            self._order(
                node, outputs, Clause(source.scope, "ORDER BY", True, grouped, windows=windows), bool(distinct)
            ),
            self._limits(node),
        ]
        is_row_by_row = groups is None and not node.args.get("limit") and not node.args.get("offset")
        if any(contains_window(item) for item in node.expressions):
            is_row_by_row = False
        return Translated(
            " ".join(part for part in parts if part),
            tuple(output for output, _ in outputs),
            passed_on(outputs, source) if is_row_by_row else (),
        )

    def _where(self, node: exp.Where | None, source: Source) -> str:
        if node is None:
            return ""
        conditions = []
        for conjunct in conjuncts(node.this):
            with self.demand.watching() as touched:
                conditions.append(self.expressions.condition(conjunct, Clause(source.scope, "WHERE")))
            self._pruning.hand_down(conjunct, touched, source)
        return f"WHERE {' AND '.join(conditions)}"

    def _expanded(self, node: exp.Expr, source: Source) -> list[Item]:
        """Return a select item, or for a star one (node, relation, column) index pair a column."""
        star = node.this if isinstance(node, exp.Column) and isinstance(node.this, exp.Star) else node
        if not isinstance(star, exp.Star):
            return [node]
        if any(star.args.values()):
            raise not_supported(f"'{star.sql(dialect='trino')}'", self.expressions.at(star))
        name = node.table.lower() if isinstance(node, exp.Column) else None
        found: list[Item] = [
            (node, position, index)
            for position, relation in enumerate(source.scope.relations)
            if name is None or relation.name == name
            for index in range(len(relation.columns))
        ]
        if not found:
            text = (
                f"Unable to resolve reference {name}" if name else "SELECT * not allowed in queries without FROM clause"
            )
            raise QueryFailedError(
                ErrorName.TABLE_NOT_FOUND if name else ErrorName.COLUMN_NOT_FOUND, text, self.expressions.at(node)
            )
        return found

    def _groups(self, node: exp.Select, items: list[Item], scope: Scope) -> Grouping:
        group = node.args.get("group")
        if group is None:
            return Grouping("", ())
        self._check_parts(group, frozenset({"expressions"}))
        clause = Clause(scope, "GROUP BY")

        def value(item: exp.Expr) -> str:
            ordinal = self._ordinal(item, len(items), "GROUP BY")
            found = self._item(item if ordinal is None else items[ordinal], clause)
            self._check_distinguishable(found.type, "GROUP BY", item)
            return found.sql

        return grouping(group.expressions, value)

    def _check_distinguishable(self, type_: Type, clause: str, node: exp.Expr) -> None:
        """Maps are equal whatever the order of their entries, which DuckDB does not know."""
        if type_.kind is Kind.MAP or any(inner.kind is Kind.MAP for inner in type_.arguments):
            raise not_supported(f"{clause} of values of type {type_}", self.expressions.at(node))

    def _ordinal(self, node: exp.Expr, columns: int, clause: str) -> int | None:
        """Return the index of the select item that a number in GROUP BY or ORDER BY names; None for an expression."""
        if not isinstance(node, exp.Literal) or node.is_string:
            return None
        ordinal = int(node.this) if str(node.this).isdigit() else 0
        if not 1 <= ordinal <= columns:
            message = f"{clause} position {node.this} is not in select list"
            raise QueryFailedError(ErrorName.INVALID_COLUMN_REFERENCE, message, self.expressions.at(node))
        return ordinal - 1

    def _item(self, item: Item, clause: Clause) -> Value:
        if isinstance(item, tuple):
            node, relation, index = item
            column = clause.scope.relations[relation].columns[index]
            value = self.expressions.offered(column, self.expressions.at(node))
            if clause.grouped is not None and value.sql not in clause.grouped:
                message = f"'{column.name}' must be an aggregate expression or appear in GROUP BY clause"
                raise QueryFailedError(ErrorName.EXPRESSION_NOT_AGGREGATE, message, self.expressions.at(node))
            return value
        return self.expressions.value(item.this if isinstance(item, exp.Alias) else item, clause)

    def _outputs(self, items: list[Item], clause: Clause, is_needed: bool) -> tuple[list[_Named], list[str]]:
        outputs: list[_Named] = []
        columns = []
        for index, item in enumerate(items):
            with self.demand.apart() as uses:
                value = self._item(item, clause)
            if is_needed:
                self.demand.need_all(frozenset(uses))
            outputs.append((Output(_label(item, clause.scope), value.type, frozenset(uses)), value))
            columns.append(f"{value.sql} AS c{index}")
        return outputs, columns

    def _order(self, node: exp.Expr, outputs: list[_Named], clause: Clause, is_distinct: bool = False) -> str:
        ordered = _ordered(node)
        if not ordered:
            return ""
        named = tuple(
            NamedOutput(output.label.lower(), value, output.uses)
            for output, value in outputs
            if output.label is not None
        )
        clause = replace(clause, outputs=named)
        written = []
        for item in ordered:
            ordinal = self._ordinal(item.this, len(outputs), "ORDER BY")
            if ordinal is not None:
                self.demand.need_all(outputs[ordinal][0].uses)
                sql = str(ordinal + 1)
            else:
                sql = self.expressions.value(item.this, clause).sql
                if is_distinct and sql not in {value.sql for _, value in outputs}:
                    message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
                    raise QueryFailedError(ErrorName.EXPRESSION_NOT_IN_DISTINCT, message, self.expressions.at(item))
            written.append(self.expressions.ordering(item, clause, sql))
        return f"ORDER BY {', '.join(written)}"

    def _limits(self, node: exp.Expr) -> str:
        written = ""
        for name in ("limit", "offset"):
            part = node.args.get(name)
            if part is None:
                continue
            is_fetch = isinstance(part, exp.Fetch)
            count = part.args.get("count" if is_fetch else "expression")
            if name == "limit" and isinstance(count, exp.Var) and count.name.upper() == "ALL":
                continue
            ties = is_fetch and part.args["limit_options"].args.get("with_ties")
            is_known = isinstance(part, exp.Limit | exp.Offset | exp.Fetch) and isinstance(count, exp.Literal)
            if ties or not is_known or count.is_string:
                raise not_supported(f"'{part.sql(dialect='trino').strip()}'", self.expressions.at(part))
            self._check_parts(part, frozenset({"expression", "direction", "count", "limit_options"}))
            written += f" {name.upper()} {int(count.this)}"
        return written.strip()

    def _set_operation(self, node: exp.SetOperation, parent: Scope | None, is_needed: bool) -> Translated:
        self._check_parts(node, _SET_PARTS)
        word = _SET_WORDS[type(node)]
        if isinstance(node, exp.Intersect) and isinstance(node.this, exp.Union | exp.Except):
            raise not_supported("INTERSECT beside UNION or EXCEPT without parentheses", self.expressions.at(node))
        needs = is_needed or bool(node.args.get("distinct")) or word != "UNION"
        sides = [self.query(side, parent, self._with, is_needed=needs) for side in (node.this, node.expression)]
        counts = [len(side.outputs) for side in sides]
        if counts[0] != counts[1]:
            message = f"{word} query has different number of fields: {counts[0]}, {counts[1]}"
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, message, self.expressions.at(node))
        outputs = [
            self._combined(word, index, left, right, node)
            for index, (left, right) in enumerate(zip(sides[0].outputs, sides[1].outputs, strict=True))
        ]
        for output in outputs if node.args.get("distinct") else ():
            self._check_distinguishable(output.type, word, node)
        selects = [_as_types(side, outputs) for side in sides]
        sql = f"{selects[0]} {word}{'' if node.args.get('distinct') else ' ALL'} {selects[1]}"
        lineages = (*sides[0].lineages, *sides[1].lineages) if word == "UNION" else ()
        return self._ordered_whole(node, Translated(sql, tuple(outputs), lineages))

    def _combined(self, word: str, index: int, left: Output, right: Output, node: exp.Expr) -> Output:
        shared = common(left.type, right.type)
        if shared is None:
            message = f"column {index + 1} in {word} query has incompatible types: {left.type}, {right.type}"
            raise QueryFailedError(ErrorName.TYPE_MISMATCH, message, self.expressions.at(node))
        return Output(left.label, shared, left.uses | right.uses)

    def _parenthesised(self, node: exp.Subquery, parent: Scope | None, is_needed: bool) -> Translated:
        self._check_parts(node, frozenset({"this", "order", "limit", "offset", "with_"}))
        return self._ordered_whole(node, self.query(node.this, parent, self._with, is_needed=is_needed))

    def _ordered_whole(self, node: exp.Expr, whole: Translated) -> Translated:
        """Put ORDER BY and LIMIT around a whole query, where only its output columns can be named."""
        alias = self._statement.fresh("r")
        outputs = [(output, Value(f"{alias}.c{i}", output.type)) for i, output in enumerate(whole.outputs)]
        order = self._order(node, outputs, Clause(Scope(), "ORDER BY"))
        limits = self._limits(node)
        sql = f"SELECT * FROM ({whole.sql}) AS {alias} {order} {limits}".strip()
        return Translated(sql, whole.outputs, () if limits else whole.lineages)

    def _values(self, node: exp.Values, parent: Scope | None) -> Translated:
        scope = Scope((), parent)
        rows = [
            [self.expressions.value(item, Clause(scope, "VALUES")) for item in
             (row.expressions if isinstance(row, exp.Tuple) else [row])]
            for row in node.expressions
        ]  # fmt: skip
        types = [UNKNOWN] * len(rows[0])
        for row in rows:
            shared = [common(type_, value.type) for type_, value in zip(types, row, strict=False)]
            if len(row) != len(types) or any(type_ is None for type_ in shared):
                message = "Values rows must have the same number of fields, of the same types"
                raise QueryFailedError(ErrorName.TYPE_MISMATCH, message, self.expressions.at(node))
            types = [type_ for type_ in shared if type_ is not None]
        written = ", ".join(
            "(" + ", ".join(coerce(value, type_).sql for value, type_ in zip(row, types, strict=True)) + ")"
            for row in rows
        )
        names = ", ".join(f"c{index}" for index in range(len(types)))
        alias = self._statement.fresh("r")
        outputs = tuple(Output(None, type_, frozenset()) for type_ in types)
        return Translated(f"SELECT * FROM (VALUES {written}) AS {alias}({names})", outputs)

    def _check_parts(self, node: exp.Expr, allowed: frozenset[str]) -> None:
        extra = [name for name, part in node.args.items() if part and name not in allowed]
        if extra:
            words = ", ".join(name.strip("_").upper() for name in extra)
            raise not_supported(words, self.expressions.at(node))


def _ordered(node: exp.Expr) -> list[exp.Ordered]:
    order = node.args.get("order")
    return order.expressions if order else []


def _label(item: Item, scope: Scope) -> str | None:
    """Return an output column's name as written: its alias, or the column's own name; None for other expressions."""
    if isinstance(item, tuple):
        _, relation, index = item
        return scope.relations[relation].columns[index].name
    if isinstance(item, exp.Alias):
        return item.alias
    return item.name if isinstance(item, exp.Column) else None


def _as_types(side: Translated, outputs: list[Output]) -> str:
    columns = (
        f"{coerce(Value(f'c{i}', had.type), wanted.type).sql} AS c{i}"
        for i, (had, wanted) in enumerate(zip(side.outputs, outputs, strict=True))
    )
    return f"SELECT {', '.join(columns)} FROM ({side.sql})"
