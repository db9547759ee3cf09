"""Stored tables as queries see them, whatever holds their rows."""

from __future__ import annotations

import enum
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


class OnBadInput(enum.Enum):
    """What a line or value that cannot be taken does."""

    FAIL = "fail"
    NULL = "null"


@dataclass(frozen=True)
class Parquet:
    """The SerDe of Parquet objects."""


@dataclass(frozen=True)
class OpenXJson:
    """The OpenX JSON SerDe, as a table's properties set it.

    ``takes_other_kinds`` is False for Hive's JSON SerDe: of a value that is not of the column's kind (a string where a
    number belongs) it is not known what that makes.
    """

    malformed_lines: OnBadInput = OnBadInput.FAIL
    invalid_values: OnBadInput = OnBadInput.FAIL
    takes_other_kinds: bool = True


@dataclass(frozen=True)
class LazySimple:
    """Hive's LazySimpleSerDe, as a table's properties set it; ``header_lines`` are skipped in each object."""

    delimiter: str
    escape: str | None
    null_text: str
    last_takes_rest: bool
    header_lines: int


@dataclass(frozen=True)
class OpenCsv:
    """Hive's OpenCSVSerde, as a table's properties set it; ``header_lines`` are skipped in each object."""

    separator: str
    quote: str
    escape: str
    header_lines: int


LineSerde = OpenXJson | LazySimple | OpenCsv
Serde = Parquet | LineSerde


@dataclass(frozen=True)
class RegisteredPartition:
    """A partition that the catalog lists: its values as text, and where its objects lie."""

    values: tuple[str, ...]
    bucket: str
    prefix: str


@dataclass(frozen=True)
class ObjectTable(Table):
    """An external table over the objects under a prefix, read as ``serde`` says.

    If it is partitioned, ``projection`` tells its partitions, or else ``registered`` asks the catalog for them.
    """

    bucket: str
    prefix: str
    projection: Projection | None
    registered: Callable[[], Sequence[RegisteredPartition]] | None
    serde: Serde


@dataclass(frozen=True)
class TableVersion:
    """Which version of a table a query names: the one at a moment (milliseconds since 1970), or a snapshot."""

    timestamp_ms: int | None = None
    snapshot_id: int | None = None


@dataclass(frozen=True)
class IcebergTable(Table):
    """An Iceberg table at one snapshot (None: it has none): pyiceberg's TableMetadata, each column's field id."""

    metadata: Any
    field_ids: Mapping[str, int]
    snapshot_id: int | None
    uses_page_index: bool = False
    """Whether Athena passes over pages of its files by their page index."""


@dataclass(frozen=True)
class MetadataTable(Table):
    """A table that tells of an Iceberg table; ``rows`` are an Arrow table of its columns."""

    rows: Callable[[], Any]
