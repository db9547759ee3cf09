"""A query's rows as a table for people, or as JSON for programs."""

import json
import sys

from .athena import Column, Result

_INTEGERS = ("tinyint", "smallint", "integer", "int", "bigint")
_NUMBERS = (*_INTEGERS, "decimal", "double", "float", "real")
_UNLIMITED_WIDTH = 10_000
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


def print_table(result: Result, *, with_count: bool = True) -> None:
    """Print a table, numbers to the right, and the number of rows."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in result.columns:
        table.add_column(escape(column.name), justify="right" if column.type in _NUMBERS else "left", overflow="fold")
    for row in result.rows:
        table.add_row(*("" if value is None else escape(value) for value in row))
    # What reads a file or a pipe has no width to keep to.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _UNLIMITED_WIDTH)
    console.print(table)
    if with_count:
        console.print(f"{len(result.rows)} row{'' if len(result.rows) == 1 else 's'}")


def as_json_text(result: Result) -> str:
    """A JSON array of objects; numbers keep every digit that Athena gave."""
    rows = (
        "{" + ", ".join(f"{json.dumps(column.name)}: {_literal(column, value)}" for column, value in cells) + "}"
        for cells in (zip(result.columns, row, strict=False) for row in result.rows)
    )
    return "[" + ",\n ".join(rows) + "]"


def _literal(column: Column, value: str | None) -> str:
    if value is None:
        return "null"
    if column.type == "boolean" or (column.type in _NUMBERS and value not in _NOT_FINITE):
        return value
    return json.dumps(value, ensure_ascii=False)
