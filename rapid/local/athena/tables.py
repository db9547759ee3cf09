"""Stored tables as queries see them, whatever holds their rows."""

from __future__ import annotations

import enum
from collections.abc import Mapping
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


class OnBadInput(enum.Enum):
    """What a line or value that cannot be taken does."""

    FAIL = "fail"
    NULL = "null"


@dataclass(frozen=True)
class Parquet:
    """The SerDe of Parquet objects."""


@dataclass(frozen=True)
class OpenXJson:
    """The OpenX JSON SerDe, as a table's properties set it."""

    malformed_lines: OnBadInput = OnBadInput.FAIL
    invalid_values: OnBadInput = OnBadInput.FAIL


Serde = Parquet | OpenXJson


@dataclass(frozen=True)
class ObjectTable(Table):
    """An external table over the objects under a prefix, read as ``serde`` says.

    ``projection`` is set if it is partitioned.
    """

    bucket: str
    prefix: str
    projection: Projection | None
    serde: Serde


@dataclass(frozen=True)
class IcebergTable(Table):
    """An Iceberg table at one version: pyiceberg's TableMetadata, and the field id of each column."""

    metadata: Any
    field_ids: Mapping[str, int]
