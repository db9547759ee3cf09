"""Where the columns of a query come from, down to the tables that there are, read from its SQL."""

from collections.abc import Iterator, Mapping

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

Tables = Mapping[str, Mapping[str, str]]
"""Types of columns by name, by the table's name."""


def scopes(sql: str, views: Mapping[str, str], tables: Tables) -> list[Scope]:
    """The selections of a query, inner ones first, with the queries of views in place of their names and each column
    under its table's name. Raises sqlglot's OptimizeError naming a column that no table has."""
    queries = {name: parse_one(query, read="athena") for name, query in views.items()}
    expanded = exp.expand(parse_one(sql, read="athena"), queries, dialect="athena", copy=False)
    schema = {table: dict(columns) for table, columns in tables.items()}
    return traverse_scope(qualify(expanded, schema=schema, dialect="athena", quote_identifiers=False))


def base_columns(found: list[Scope]) -> set[tuple[str, str]]:
    """The columns of tables that a query reads, each with its table."""
    return {
        (source.name, column.name)
        for scope in found
        for column in scope.columns
        if isinstance(source := scope.sources.get(column.table), exp.Table)
    }


def base_tables(found: list[Scope]) -> set[str]:
    """The tables that a query reads."""
    return {source.name for scope in found for source in scope.sources.values() if isinstance(source, exp.Table)}


def outputs_of(found: list[Scope], marked: set[tuple[str, str]]) -> set[str]:
    """The names of a query's columns whose values are made of the values of marked columns, other than by counting."""
    reached: dict[int, list[bool]] = {}
    for scope in found:
        reached[id(scope)] = _outputs(scope, reached, marked)
    names = found[-1].expression.named_selects
    return {name for name, is_marked in zip(names, reached[id(found[-1])], strict=True) if is_marked}


def _outputs(scope: Scope, reached: dict[int, list[bool]], marked: set[tuple[str, str]]) -> list[bool]:
    if scope.set_operation_scopes:
        sides = [reached[id(side)] for side in scope.set_operation_scopes]
        return [any(column) for column in zip(*sides, strict=True)]
    if not isinstance(scope.expression, exp.Select):
        return [False for _ in scope.expression.named_selects]
    return [
        any(_is_marked(column, scope, reached, marked) for column in _told(projection))
        for projection in scope.expression.selects
    ]


def _told(projection: exp.Expression) -> Iterator[exp.Column]:
    for column in projection.find_all(exp.Column):
        if not column.find_ancestor(exp.Count, exp.CountIf):
            yield column


def _is_marked(column: exp.Column, scope: Scope, reached: dict[int, list[bool]], marked: set[tuple[str, str]]) -> bool:
    source = scope.sources.get(column.table)
    if isinstance(source, exp.Table):
        return (source.name, column.name) in marked
    if source is None or id(source) not in reached:
        return False
    by_name = dict(zip(source.expression.named_selects, reached[id(source)], strict=True))
    return by_name.get(column.name, False)
