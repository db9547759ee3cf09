"""Writes docs/athena-sql.md: the SQL that the local Athena answers as Trino does, and what it refuses.

`python -m tests.athena_sql_page FILE` writes the page from the cases that tests/unit/local/test_athena_sql.py runs.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from tests.unit.local.athena_sql_cases import Case, Group, groups

INTRODUCTION = Path(__file__).with_name("athena_sql_page.md")


def render(found: Iterable[Group]) -> str:
    """The page."""
    every = list(found)
    cases = [case for group in every for case in group.cases]
    refused = sum(case.is_refused for case in cases)
    counts = f"{len(cases)} cases: {len(cases) - refused} are answered as Trino answers them, {refused} refused."
    introduction = INTRODUCTION.read_text(encoding="utf-8")
    return "\n".join([introduction, counts, "", *(line for group in every for line in _section(group))])


def _section(group: Group) -> list[str]:
    lines = [f"## {group.title}", "", f"Source: <{group.page}>", ""]
    values = [case for case in group.cases if not case.fails]
    if values:
        lines += ["| SQL | type | value |", "|---|---|---|", *(_answered(case) for case in values), ""]
    failures = [case for case in group.cases if case.fails and not case.is_refused]
    if failures:
        lines += ["| fails, as in Trino | error |", "|---|---|", *(_failed(case) for case in failures), ""]
    refused = [case for case in group.cases if case.is_refused]
    if refused:
        lines += ["| refused by the local cloud | message |", "|---|---|", *(_failed(case) for case in refused), ""]
    return lines


def _answered(case: Case) -> str:
    shown = "<br>".join(", ".join("null" if cell is None else _code(cell) for cell in row) for row in case.rows)
    return f"| {_code(case.sql)} | {'' if case.kind == 'rows' else case.kind} | {shown} |"


def _failed(case: Case) -> str:
    return f"| {_code(case.sql)} | {_code(f'{case.kind}: … {case.expected}')} |"


def _code(text: str) -> str:
    """A text as code in a table's cell."""
    if not text:
        return "(empty)"
    escaped = text.replace("|", "\\|")
    return f"`` {escaped} ``" if "`" in text else f"`{escaped}`"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(groups()), encoding="utf-8")
