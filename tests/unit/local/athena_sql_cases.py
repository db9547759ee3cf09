"""The expressions and queries of `athena_sql/*.txt`: what Trino's documentation and tests say of them.

A file is a group: its title, the page that documents it, then a case a line: `expression => type: value`, where NULL
is null and a value in backticks is text as it stands; `query => rows: a | b ; c | d`;
`expression => ERROR_NAME: part of the message`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).parent / "athena_sql"
_REFUSED = "is not supported by the local cloud"
_STATEMENT = re.compile(r"(SELECT|WITH|VALUES)\b")


@dataclass(frozen=True)
class Case:
    """One expression or query with what it must give."""

    sql: str
    kind: str
    """The type of an expression's value, `rows`, or the name of an error."""
    expected: str

    @property
    def statement(self) -> str:
        """A whole query."""
        return self.sql if _STATEMENT.match(self.sql) else f"SELECT {self.sql}"

    @property
    def fails(self) -> bool:
        """Whether it must fail."""
        return self.kind.isupper()

    @property
    def is_refused(self) -> bool:
        """Whether Trino answers it, and the local cloud says that it does not."""
        return self.kind == "NOT_SUPPORTED"

    @property
    def rows(self) -> list[list[str | None]]:
        """The rows that a query must give."""
        if self.kind != "rows":
            return [[_value(self.expected)]]
        return [[_value(cell) for cell in line.split(" | ")] for line in self.expected.split(" ; ")]


@dataclass(frozen=True)
class Group:
    """The cases of one page."""

    title: str
    page: str
    cases: tuple[Case, ...]

    @cached_property
    def values(self) -> tuple[Case, ...]:
        """Expressions that have a value."""
        return tuple(case for case in self.cases if not case.fails and case.kind != "rows")

    @cached_property
    def others(self) -> tuple[Case, ...]:
        """Queries, and what fails: each is run alone."""
        return tuple(case for case in self.cases if case.fails or case.kind == "rows")


def read(file: Path) -> Group:
    """Return a file's group."""
    title, page, *lines = file.read_text(encoding="utf-8").splitlines()
    cases = []
    for line in lines:
        sql, _, expected = line.rpartition(" => ")
        kind, _, value = expected.partition(": ")
        cases.append(Case(sql, kind, value))
    return Group(title.removeprefix("# "), page.removeprefix("page: "), tuple(cases))


def groups() -> list[Group]:
    """Return all groups, in the order of the page."""
    return [read(file) for file in sorted(FOLDER.glob("*.txt"))]


def _value(text: str) -> str | None:
    if text == "NULL":
        return None
    return text[1:-1] if text.startswith("`") else text
