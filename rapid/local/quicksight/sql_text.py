"""Values in DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def text(value: str) -> str:
    """A text."""
    return "'" + value.replace("'", "''") + "'"


def moment(value: datetime) -> str:
    """A time without a zone."""
    return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S.%f}'"


def any_of(expression: str, values: Iterable[str]) -> str:
    """That an expression has one of some values."""
    return f"{expression} IN ({', '.join(map(text, values))})"
