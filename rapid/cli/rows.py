"""A query's rows as a table for people, or as JSON for programs."""

import json
import sys
from collections.abc import Iterator
from typing import Literal

from .athena import Column, Result

_INTEGERS = ("tinyint", "smallint", "integer", "int", "bigint")
_NUMBERS = (*_INTEGERS, "decimal", "double", "float", "real")
_UNLIMITED_WIDTH = 10_000
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


def print_table(result: Result, *, with_count: bool = True) -> None:
    """Print a table, numbers to the right, and the number of rows.

    On a terminal too narrow for whole words, such as ids that somebody wants to copy, a row is a list of lines.
    """
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(result.columns):
        side: Literal["left", "right"] = "right" if column.type in _NUMBERS else "left"
        one_word = not any(" " in (row[number] or "") for row in result.rows)
        table.add_column(escape(column.name), justify=side, overflow="fold", no_wrap=one_word)
    for row in result.rows:
        table.add_row(*("" if value is None else escape(value) for value in row))
    # What reads a file or a pipe has no width to keep to.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _UNLIMITED_WIDTH)
    needed = console.measure(table, options=console.options.update_width(_UNLIMITED_WIDTH)).minimum
    if result.rows and needed > console.width:
        for line in _lines(result):
            console.print(Text(line), soft_wrap=True)
    else:
        console.print(table)
    if with_count:
        console.print(f"{len(result.rows)} row{'' if len(result.rows) == 1 else 's'}")


def _lines(result: Result) -> Iterator[str]:
    width = max(len(column.name) for column in result.columns)
    for row in result.rows:
        for column, value in zip(result.columns, row, strict=False):
            yield f"{column.name:<{width}}  {'' if value is None else value}".rstrip()
        yield ""


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
