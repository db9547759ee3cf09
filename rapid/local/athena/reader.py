"""Reading a table's objects from S3: only partitions and files that can matter, only columns that are needed.

``scanned_bytes`` counts what a query reads of the lake as Athena bills it: the footers and, of the needed columns, the
compressed chunks or pages that the query's conditions leave. Columns decoded once are kept in a small cache by object
and ETag; they count again all the same. Sources: https://docs.aws.amazon.com/athena/latest/ug/columnar-storage.html,
https://docs.aws.amazon.com/athena/latest/ug/data-types.html.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
from botocore.exceptions import ClientError

from .errors import ErrorName, QueryFailedError, not_supported
from .json_objects import JsonObjects
from .parquet_objects import (
    ColumnNames,
    ParquetObjects,
    StoredObject,
    arrow_type,
    names_by_field_id,
    names_ignoring_case,
)
from .projection import ProjectionError
from .scopes import Bound, EvaluatedBound, Scan
from .tables import IcebergTable, ObjectTable, RegisteredPartition, Table, TableColumn
from .trino_types import INTEGERS, Kind

if TYPE_CHECKING:
    from .iceberg import IcebergFiles


_KEY_TEXTS: dict[Kind, Callable[[str], object]] = {
    **dict.fromkeys(INTEGERS, int),
    Kind.BOOLEAN: {"true": True, "false": False}.__getitem__,
    Kind.DATE: date.fromisoformat,
    Kind.DOUBLE: float,
    Kind.VARCHAR: str,
}
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


class Evaluator(Protocol):
    """What tells, from a scan's conditions, what need not be read."""

    def matching_partitions(self, scan: Scan, partitions: pa.Table) -> list[bool]:
        """Return for each partition (a row, a column a partition column) whether it can contribute a row."""

    def evaluated(self, bounds: list[Bound]) -> list[EvaluatedBound]:
        """Return bounds with their values."""


@dataclass
class Stores:
    """What is kept of the objects that queries read, for later queries."""

    parquet: ParquetObjects = field(default_factory=ParquetObjects)
    json: JsonObjects = field(default_factory=JsonObjects)

    @cached_property
    def iceberg(self) -> IcebergFiles:
        """Iceberg's metadata; pyiceberg is loaded when the first table needs it."""
        from .iceberg import IcebergFiles

        return IcebergFiles()


@dataclass(frozen=True)
class _Partition:
    values: tuple[str, ...]
    objects: tuple[StoredObject, ...]


class TableReader:
    """Reads tables for one query. ``before_read`` is told the bytes about to be read, and may raise to stop the
    query.
    """

    def __init__(
        self, s3: Any, stores: Stores, evaluator: Evaluator, now: datetime, before_read: Callable[[int], None]
    ) -> None:
        self._s3 = s3
        self._stores = stores
        self._evaluator = evaluator
        self._now = now
        self._before_read = before_read

    def read(self, scan: Scan, needed: set[str]) -> pa.Table:
        """Return the rows of a scan's table; columns that are not needed are there, filled with nulls."""
        table = scan.table
        bounds = self._evaluator.evaluated(scan.bounds)
        partitions = self._matching(scan, bounds)
        read = [column for column in table.columns if column.name in needed and column.type]
        pieces = [piece for partition in partitions for piece in self._pieces(table, partition, read, bounds)]
        stored = [*read, *table.partition_columns]
        schema = pa.schema([(column.name, arrow_type(column.type)) for column in stored if column.type])
        count = sum(count for count, _ in pieces)
        whole = pa.concat_tables([piece for _, piece in pieces]) if pieces and len(schema) else None
        columns = {
            column.name: whole[column.name]
            if whole is not None and column.name in schema.names
            else pa.nulls(count, arrow_type(column.type))
            for column in (*table.columns, *table.partition_columns)
            if column.type
        }
        return pa.table(columns)

    def _pieces(
        self, table: Table, partition: _Partition, columns: list[TableColumn], bounds: list[EvaluatedBound]
    ) -> Iterator[tuple[int, pa.Table]]:
        for stored in partition.objects:
            rows, arrays = self._columns(table, stored, columns, bounds)
            for column, text in zip(table.partition_columns, partition.values, strict=True):
                if column.type:
                    value = pa.array([_partition_value(table, column, text)], arrow_type(column.type))
                    arrays[column.name] = pa.chunked_array([pa.repeat(value[0], rows)])
            yield rows, pa.table(arrays)

    def _columns(
        self, table: Table, stored: StoredObject, columns: list[TableColumn], bounds: list[EvaluatedBound]
    ) -> tuple[int, dict[str, pa.ChunkedArray]]:
        if isinstance(table, ObjectTable) and table.json:
            return self._stores.json.read(self._s3, stored, table.json, table.columns, columns, self._before_read)
        names: ColumnNames = names_ignoring_case
        uses_page_index = False
        if isinstance(table, IcebergTable):
            names, uses_page_index = names_by_field_id(table.field_ids), table.uses_page_index
        return self._stores.parquet.read(
            self._s3, stored, columns, names, self._before_read, bounds, uses_page_index=uses_page_index
        )

    def _matching(self, scan: Scan, bounds: list[EvaluatedBound]) -> list[_Partition]:
        """Return what can contribute a row; an Iceberg table's partitions are its files' own affair."""
        table = scan.table
        if isinstance(table, IcebergTable):
            return [_Partition((), tuple(self._stores.iceberg.data_files(self._s3, table, bounds)))]
        assert isinstance(table, ObjectTable)
        if table.registered is not None:
            return self._registered(scan, table, table.registered())
        partitions = self._partitions(table)
        if not table.partition_columns or not partitions:
            return partitions
        kept = self._kept(scan, [partition.values for partition in partitions])
        return [partition for partition, keep in zip(partitions, kept, strict=True) if keep]

    def _registered(
        self, scan: Scan, table: ObjectTable, registered: Sequence[RegisteredPartition]
    ) -> list[_Partition]:
        kept = self._kept(scan, [partition.values for partition in registered])
        return [
            _Partition(partition.values, tuple(self._listed(partition.bucket, partition.prefix)))
            for partition, keep in zip(registered, kept, strict=True)
            if keep
        ]

    def _kept(self, scan: Scan, partitions: list[tuple[str, ...]]) -> list[bool]:
        """Return for each partition, given its values, whether it can contribute a row."""
        return self._evaluator.matching_partitions(scan, _partition_table(scan.table, partitions))

    def _partitions(self, table: ObjectTable) -> list[_Partition]:
        projection = table.projection
        if projection is None:
            return [_Partition((), tuple(self._listed(table.bucket, table.prefix)))]
        matcher = projection.matcher()
        found: dict[tuple[str, ...], list[StoredObject]] = {}
        for stored in self._listed(projection.bucket, projection.literal_prefix):
            if match := matcher.fullmatch(stored.key):
                found.setdefault(_values(match, len(projection.domains)), []).append(stored)
        domains = list(projection.domains.values())
        try:
            return [
                _Partition(values, tuple(objects))
                for values, objects in sorted(found.items())
                if all(domain.contains(text, self._now) for domain, text in zip(domains, values, strict=True))
            ]
        except ProjectionError as error:
            raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, f"Table {table.name}: {error}") from None

    def _listed(self, bucket: str, prefix: str) -> Iterator[StoredObject]:
        """List data objects: those whose name begins with ``_`` or ``.`` are hidden, as in Hive."""
        try:
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for item in page.get("Contents", []):
                    is_hidden = item["Key"].rpartition("/")[2].startswith(("_", "."))
                    if item["Size"] > 0 and not is_hidden:
                        yield StoredObject(bucket, item["Key"], item["ETag"], item["Size"])
        except ClientError as error:
            message = f"Permission denied on S3 path: s3://{bucket}/{prefix.rstrip('/')}"
            if error.response["Error"]["Code"] != "AccessDenied":
                message = f"Cannot list s3://{bucket}/{prefix}: {error.response['Error']['Message']}"
            raise QueryFailedError(ErrorName.PERMISSION_DENIED, message) from None


def _values(match: re.Match[str], count: int) -> tuple[str, ...]:
    return tuple(match[f"c{index}"] for index in range(count))


def _partition_table(table: Table, partitions: list[tuple[str, ...]]) -> pa.Table:
    return pa.table(
        {
            column.name: pa.array(
                [_partition_value(table, column, values[index]) for values in partitions],
                arrow_type(column.type),
            )
            for index, column in enumerate(table.partition_columns)
            if column.type
        }
    )


def _partition_value(table: Table, column: TableColumn, text: str) -> object:
    """Return a key's text as the partition column's type."""
    if text == NULL_PARTITION or column.type is None:
        return None
    if (convert := _KEY_TEXTS.get(column.type.kind)) is None:
        raise not_supported(f"Partition column '{column.name}': type {column.type_text}")
    with contextlib.suppress(ValueError, OverflowError, LookupError):
        value = convert(text)
        pa.scalar(value, arrow_type(column.type))  # within the type's range
        return value
    message = f"Partition value '{text}' of {table.name}.{column.name} does not match its type {column.type_text}"
    raise QueryFailedError(ErrorName.HIVE_BAD_DATA, message)
