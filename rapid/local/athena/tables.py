"""Stored tables as queries see them, whatever holds their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .projection import Projection
from .trino_types import Type


@dataclass(frozen=True)
class TableColumn:
    """A column: its lower-case name, its type's text in the catalog, and the Trino type (None: not known here)."""

    name: str
    type_text: str
    type: Type | None


@dataclass(frozen=True)
class Table:
    """What a query may name of a table."""

    database: str
    name: str
    columns: tuple[TableColumn, ...]
    partition_columns: tuple[TableColumn, ...]

    def column(self, name: str) -> TableColumn:
        """Return the stored or partition column of that name."""
        return next(column for column in (*self.columns, *self.partition_columns) if column.name == name)


@dataclass(frozen=True)
class OpenXJson:
    """The OpenX JSON SerDe, as a table's properties set it: whether null stands for what cannot be taken."""

    ignores_malformed_lines: bool = False
    nulls_invalid_values: bool = False


@dataclass(frozen=True)
class RegisteredPartition:
    """A partition that the catalog lists: its values as text, and where its objects lie."""

    values: tuple[str, ...]
    bucket: str
    prefix: str


@dataclass(frozen=True)
class ObjectTable(Table):
    """An external table over the objects under a prefix: Parquet, or JSON lines read as ``json`` says.

    If it is partitioned, ``projection`` tells its partitions, or else ``registered`` asks the catalog for them.
    """

    bucket: str
    prefix: str
    projection: Projection | None
    registered: Callable[[], Sequence[RegisteredPartition]] | None
    json: OpenXJson | None


@dataclass(frozen=True)
class IcebergTable(Table):
    """An Iceberg table: pyiceberg's TableMetadata, each column's field id."""

    metadata: Any
    field_ids: Mapping[str, int]
    uses_page_index: bool = False
    """Whether Athena passes over pages of its files by their page index."""
