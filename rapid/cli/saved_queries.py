"""The queries saved in the stack's workgroup: listing them, and finding one by its name."""

import difflib
import re
from typing import Any, NamedTuple

from contracts import overview_queries
from contracts import saved_queries as in_contracts

from . import athena, project
from .athena import Column, Result, asked
from .errors import CommandError
from .target import Target

_ALL_SOURCES = "all"
_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


class Saved(NamedTuple):
    """A query as deployed; `source` is `all` if it is of all, empty where no contract of this checkout has it."""

    name: str
    source: str
    description: str
    sql: str


def is_name(text: str) -> bool:
    """Whether a text can only be the name of a query: no SQL statement is a single word."""
    return _NAME.fullmatch(text.strip()) is not None


def of(stack: Target) -> list[Saved]:
    """The queries in the stack's workgroup, by source and name. Raises CommandError with Athena's own message."""
    with asked(stack) as client:
        pages = client.get_paginator("list_named_queries").paginate(WorkGroup=stack.masked_outputs["workgroup"])
        ids = [query_id for page in pages for query_id in page["NamedQueryIds"]]
        found = [client.get_named_query(NamedQueryId=query_id)["NamedQuery"] for query_id in ids]
    sources = _sources()
    return sorted((_saved(query, sources) for query in found), key=lambda saved: (saved.source, saved.name))


def find(stack: Target, name: str) -> Saved:
    """The query `name`, or `source/name`. Raises CommandError naming near ones, or those that share the name."""
    saved = of(stack)
    named = [query for query in saved if name in (query.name, _full(query))]
    if len(named) == 1:
        return named[0]
    if named:
        full = ", ".join(_full(query) for query in named)
        raise CommandError(f"several saved queries are called {name!r}; write one of: {full}")
    known = [query.name for query in saved]
    near = difflib.get_close_matches(name.rpartition("/")[2], known) or [
        query for query in known if name.lower() in query.lower()
    ]
    hint = f"near it: {', '.join(near)}; " if near else ""
    raise CommandError(f"there is no saved query {name!r}; {hint}`rapid query --list` lists all")


def run(stack: Target, name: str) -> Result:
    """Run the query `name`, or `source/name`. Raises CommandError, which names the query where Athena refuses it."""
    found = find(stack, name)
    try:
        return athena.run(stack, found.sql)
    except CommandError as error:
        file = f"sources/queries/{_full(found)}.sql" if found.source not in ("", _ALL_SOURCES) else repr(found.name)
        raise CommandError(f"saved query {file}: {error}") from None


def as_result(saved: list[Saved]) -> Result:
    """The list as rows to be printed."""
    columns = tuple(Column(name, "varchar") for name in ("name", "source", "what it answers"))
    shared = {query.name for query in saved if [other.name for other in saved].count(query.name) > 1}
    rows: list[tuple[str | None, ...]] = [
        (_full(query) if query.name in shared else query.name, query.source, query.description) for query in saved
    ]
    return Result(columns, rows, 0)


def _full(query: Saved) -> str:
    return f"{query.source}/{query.name}"


def _saved(query: dict[str, Any], sources: dict[str, list[tuple[str, str]]]) -> Saved:
    """Athena keeps no source of a query; it is the one that has this query, or the only one that has its name."""
    named = sources.get(query["Name"], [])
    same = [source for source, sql in named if sql == query["QueryString"].strip()] or [source for source, _ in named]
    source = same[0] if len(same) == 1 else ""
    return Saved(query["Name"], source, query.get("Description", ""), query["QueryString"])


def _sources() -> dict[str, list[tuple[str, str]]]:
    """Source and SQL of each saved query of the contracts, by name."""
    found: dict[str, list[tuple[str, str]]] = {}
    contracts = project.all_contracts()
    for query in overview_queries.of(contracts):
        found.setdefault(query.name, []).append((_ALL_SOURCES, query.sql))
    for contract in contracts:
        for query in in_contracts.of(contract):
            found.setdefault(query.name, []).append((contract.source, query.sql))
    return found
