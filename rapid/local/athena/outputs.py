"""What a translated query yields."""

from __future__ import annotations

from dataclasses import dataclass

from .scopes import Lineage, Uses
from .trino_types import Type


@dataclass(frozen=True)
class Output:
    """An output column: its name as written (None if it has none), its type, and the stored columns it is made from."""

    label: str | None
    type: Type
    uses: Uses


@dataclass(frozen=True)
class Translated:
    """A query in DuckDB's SQL; its columns are called c0, c1 … ``lineages``: scans that an outer WHERE may prune."""

    sql: str
    outputs: tuple[Output, ...]
    lineages: tuple[Lineage, ...] = ()


@dataclass(frozen=True)
class WithQuery:
    """A query of a WITH clause: the name it has in DuckDB, and its output columns."""

    name: str
    outputs: tuple[Output, ...]
