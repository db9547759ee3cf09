"""FROM and JOIN: which relations a query block has, and which of them its WHERE may prune."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from .catalog import CATALOG
from .clauses import Clause
from .errors import ErrorName, Position, QueryFailedError, not_supported
from .expressions import Expressions
from .outputs import Output, Translated, WithQuery
from .scopes import Column, Lineage, Relation, Scope, Statement, Value, quoted
from .tables import Table
from .trino_types import BIGINT
from .unnest import unnest
from .using import Joined, joined_using
from .view_definitions import View

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

    def _join_using(self, node: exp.Join, left: list[Relation], right: Relation) -> tuple[str, Joined]:
        _, side = self._words(node)
        names = [name.name.lower() for name in node.args["using"]]
        joined = joined_using(names, left, right, side, self._expressions.at(node))
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
        rows = unnest(node, lambda item: self._expressions.value(item, Clause(before, "UNNEST")), self._expressions.at)
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
