"""FROM, JOIN and UNNEST: which relations a query block has, and which of them its WHERE may prune.

Source: https://trino.io/docs/current/sql/select.html. By JOIN … USING, columns of both sides become one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlglot import exp

from .catalog import CATALOG
from .clauses import Clause
from .errors import ErrorName, Position, QueryFailedError, not_supported
from .expressions import Expressions
from .operators import comparison, operands
from .scopes import Column, Lineage, Output, Relation, Scope, Statement, Translated, Value, WithQuery, quoted
from .tables import Table
from .trino_types import BIGINT, Kind, Type
from .views import View

TableFinder = Callable[[str | None, str, Position | None], Table | View]
"""Finds a table or view by database (None: the query's own) and name, or raises QueryFailedError for the position."""

_TABLE_PARTS = frozenset({"this", "db", "catalog", "alias"})
_JOIN_PARTS = frozenset({"this", "side", "kind", "on", "using"})


@dataclass(frozen=True)
class Source:
    """A translated FROM clause. ``prunable``: positions of relations whose rows all must pass the block's WHERE."""

    sql: str
    scope: Scope
    prunable: frozenset[int]


@dataclass(frozen=True)
class _Item:
    sql: str
    relation: Relation


class _Joined(NamedTuple):
    """The relations after a join: the shared columns first, then each one's others; and the join's condition."""

    relations: tuple[Relation, ...]
    condition: str


class FromClause:
    """Translates FROM clauses of one query. ``query`` translates a subquery, ``view`` the query of a view."""

    def __init__(
        self,
        expressions: Expressions,
        statement: Statement,
        tables: TableFinder,
        query: Callable[..., Translated],
        view: Callable[[View, Position | None], Translated],
    ) -> None:
        self._expressions = expressions
        self._statement = statement
        self._tables = tables
        self._query = query
        self._view = view

    def translate(self, node: exp.Select, parent: Scope | None, visible: dict[str, WithQuery]) -> Source:
        """Translate the FROM clause of a select block."""
        clause = node.args.get("from_")
        if clause is None:
            return Source("", Scope((), parent), frozenset())
        first = self._item(clause.this, Scope((), parent), visible)
        sql, relations, prunable = f"FROM {first.sql}", [first.relation], frozenset({0})
        for join in node.args.get("joins") or []:
            joined = self._item(join.this, Scope(tuple(relations), parent), visible)
            side = str(join.args.get("side") or "").upper()
            kept = prunable if side in ("", "LEFT") else frozenset()
            prunable = kept | ({len(relations)} if side in ("", "RIGHT") else frozenset())
            if join.args.get("using"):
                words, shared = self._join_using(join, relations, joined.relation)
                sql += f" {words} {joined.sql} ON {shared.condition}"
                relations, prunable = [*shared.relations], frozenset(index + 1 for index in prunable)
                continue
            relations.append(joined.relation)
            words, condition = self._join(join, Scope(tuple(relations), parent))
            sql += f" {words} {joined.sql}{condition}"
        return Source(sql, Scope(tuple(relations), parent), prunable)

    def renamed(self, outputs: tuple[Output, ...], alias: exp.TableAlias | None) -> tuple[Output, ...]:
        """Return outputs under the column names of an alias ``t(a, b)``, if it gives any."""
        names = alias.args.get("columns") if alias else None
        if alias is None or not names:
            return outputs
        if len(names) != len(outputs):
            message = (
                f"Column alias list has {len(names)} entries but '{alias.name}' has {len(outputs)} columns available"
            )
            raise QueryFailedError(ErrorName.MISMATCHED_COLUMN_ALIASES, message, self._expressions.at(alias))
        return tuple(Output(name.name, old.type, old.uses) for name, old in zip(names, outputs, strict=True))

    def _join(self, node: exp.Join, scope: Scope) -> tuple[str, str]:
        at = self._expressions.at(node)
        kind, side = self._words(node)
        condition = node.args.get("on")
        if condition is None:
            if side or kind == "INNER":
                raise not_supported("JOIN without ON", at)
            return "CROSS JOIN", ""
        return f"{side} JOIN".strip(), f" ON {self._expressions.condition(condition, Clause(scope, 'JOIN ON'))}"

    def _join_using(self, node: exp.Join, left: list[Relation], right: Relation) -> tuple[str, _Joined]:
        _, side = self._words(node)
        names = [name.name.lower() for name in node.args["using"]]
        joined = _joined_using(names, left, right, side, self._expressions.at(node))
        for column in joined.relations[0].columns:
            self._statement.demand.need(column)  # which rows there are depends on them
        return f"{side} JOIN".strip(), joined

    def _words(self, node: exp.Join) -> tuple[str, str]:
        """Return a join's kind and side; raises QueryFailedError for one that is not supported."""
        extra = [name for name, part in node.args.items() if part and name not in _JOIN_PARTS]
        kind, side = str(node.args.get("kind") or "").upper(), str(node.args.get("side") or "").upper()
        if extra or kind not in ("", "INNER", "OUTER", "CROSS") or side not in ("", "LEFT", "RIGHT", "FULL"):
            raise not_supported(f"'{node.sql(dialect='trino').strip()}'", self._expressions.at(node))
        return kind, side

    def _item(self, node: exp.Expr, before: Scope, visible: dict[str, WithQuery]) -> _Item:
        """Translate one item; ``before`` has the relations to its left, which only UNNEST sees."""
        parent = before.parent
        if isinstance(node, exp.Unnest):
            return self._unnest(node, before)
        if isinstance(node, exp.Table):
            return self._table(node, visible)
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query | exp.Values):
            alias = node.args.get("alias")
            inner = node.copy()
            inner.set("alias", None)
            return self._derived(self._query(inner, parent, visible), alias)
        if isinstance(node, exp.Values):
            bare = node.copy()
            bare.set("alias", None)
            return self._derived(self._query(bare, parent, visible), node.args.get("alias"))
        raise not_supported(f"'{node.sql(dialect='trino')}' in FROM", self._expressions.at(node))

    def _unnest(self, node: exp.Unnest, before: Scope) -> _Item:
        rows = _unnested(
            node, lambda item: self._expressions.value(item, Clause(before, "UNNEST")), self._expressions.at
        )
        alias, ordinality = node.args.get("alias"), node.args.get("offset")
        if isinstance(ordinality, exp.Identifier) and alias is not None:  # the parser took it off the alias's columns
            alias = alias.copy()
            alias.append("columns", ordinality.copy())
        elif alias is None and ordinality:
            outputs = (*rows.outputs[:-1], Output("ordinality", BIGINT, frozenset()))
            rows = Translated(rows.sql, outputs)
        item = self._derived(rows, alias)
        return _Item(f"LATERAL {item.sql}", item.relation) if before.relations else item

    def _derived(self, translated: Translated, alias: exp.TableAlias | None) -> _Item:
        outputs = self.renamed(translated.outputs, alias)
        return self._offer(f"({translated.sql})", outputs, alias.name if alias else None, None, translated.lineages)

    def _offer(
        self,
        sql: str,
        outputs: tuple[Output, ...],
        name: str | None,
        schema: str | None = None,
        lineages: tuple[Lineage, ...] = (),
    ) -> _Item:
        relation = self._statement.fresh("r")
        columns = tuple(
            Column((output.label or "").lower(), Value(f"{relation}.c{index}", output.type), output.uses)
            for index, output in enumerate(outputs)
        )
        return _Item(f"{sql} AS {relation}", Relation(name.lower() if name else None, schema, columns, lineages))

    def _table(self, node: exp.Table, visible: dict[str, WithQuery]) -> _Item:
        at = self._expressions.at(node)
        extra = [name for name, part in node.args.items() if part and name not in _TABLE_PARTS]
        if extra or not isinstance(node.this, exp.Identifier):
            raise not_supported(f"'{node.sql(dialect='trino')}' in FROM", at)
        alias, name = node.args.get("alias"), node.name.lower()
        if not node.db and name in visible:
            query = visible[name]
            return self._offer(query.name, self.renamed(query.outputs, alias), node.alias or name)
        if node.catalog and node.catalog.lower() != CATALOG:
            raise QueryFailedError(ErrorName.CATALOG_NOT_FOUND, f"Catalog '{node.catalog}' does not exist", at)
        table = self._tables(node.db.lower() or None, name, at)
        schema = None if node.alias else table.database
        if isinstance(table, View):
            shown = self._view(table, at)
            outputs = self.renamed(shown.outputs, alias)
            return self._offer(f"({shown.sql})", outputs, node.alias or name, schema, shown.lineages)
        if alias and alias.args.get("columns"):
            raise not_supported("Column aliases of a table", at)
        return self._scan(table, (node.alias or name).lower(), schema)

    def _scan(self, table: Table, name: str, schema: str | None) -> _Item:
        scan = self._statement.scan(table)
        columns = tuple(
            Column(
                column.name,
                Value(f"{scan.alias}.{quoted(column.name)}", column.type) if column.type else None,
                frozenset({(scan.index, column.name)}),
                column.type_text,
            )
            for column in (*table.columns, *table.partition_columns)
        )
        whole = Lineage(scan, {index: column.name for index, column in enumerate(columns)})
        return _Item(f"scan_{scan.index} AS {scan.alias}", Relation(name, schema, columns, (whole,)))


def _joined_using(
    names: Sequence[str], left: Sequence[Relation], right: Relation, side: str, at: Position | None
) -> _Joined:
    """Return what a join by columns of these names gives; ``side`` is empty, LEFT, RIGHT or FULL."""
    shared, conditions = [], []
    for name in names:
        first, second = _only(name, left, "left", at), _only(name, [right], "right", at)
        if first.value is None or second.value is None:
            raise not_supported(f"JOIN USING column '{name}'", at)
        conditions.append(comparison("=", first.value, second.value, at).sql)
        a, b = operands("=", first.value, second.value, at)
        kept = {"": a.sql, "LEFT": a.sql, "RIGHT": b.sql, "FULL": f"coalesce({a.sql}, {b.sql})"}[side]
        shared.append(Column(name, Value(kept, a.type), first.uses | second.uses))
    rest = [_without(relation, names) for relation in (*left, right)]
    return _Joined((Relation(None, None, tuple(shared)), *rest), " AND ".join(conditions))


def _only(name: str, relations: Sequence[Relation], side: str, at: Position | None) -> Column:
    found = [column for relation in relations for column in relation.columns if column.name == name]
    if not found:
        message = f"Column '{name}' is missing from {side} side of join"
        raise QueryFailedError(ErrorName.COLUMN_NOT_FOUND, message, at)
    if len(found) > 1:
        raise QueryFailedError(ErrorName.AMBIGUOUS_NAME, f"Column '{name}' is ambiguous", at)
    return found[0]


def _without(relation: Relation, names: Sequence[str]) -> Relation:
    kept = [index for index, column in enumerate(relation.columns) if column.name not in names]
    lineages = tuple(
        Lineage(
            lineage.scan,
            {place: lineage.columns[index] for place, index in enumerate(kept) if index in lineage.columns},
        )
        for lineage in relation.lineages
    )
    return replace(relation, columns=tuple(relation.columns[index] for index in kept), lineages=lineages)


def _unnested(
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
        columns += _unnested_columns(found)
        is_array = found.type.kind is Kind.ARRAY
        lengths.append(f"coalesce({'len' if is_array else 'cardinality'}({found.sql}), 0)")
    if node.args.get("offset"):
        longest = f"greatest({', '.join(lengths)})" if len(lengths) > 1 else lengths[0]
        columns.append((f"range(1, CAST({longest} AS BIGINT) + 1)", BIGINT))
    selected = ", ".join(f"unnest({sql}) AS c{index}" for index, (sql, _) in enumerate(columns))
    return Translated(f"SELECT {selected}", tuple(Output(None, type_, frozenset()) for _, type_ in columns))


def _unnested_columns(found: Value) -> list[tuple[str, Type]]:
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
