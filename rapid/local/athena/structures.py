"""Rows in DuckDB's SQL: structs whose fields are called f0, f1 …."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .scopes import Value
from .trino_types import row


def packed(fields: Iterable[str]) -> str:
    """Return the SQL of a row."""
    return f"struct_pack({', '.join(f'f{index} := {field}' for index, field in enumerate(fields))})"


def row_of(values: Sequence[Value]) -> Value:
    """Return a row with anonymous fields."""
    return Value(packed(value.sql for value in values), row([value.type for value in values]))
