"""Tables that tell of an Iceberg table: ``"t$history"``, ``"t$snapshots"``, ``"t$files"`` and the like.

Sources: https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-table-metadata.html (which there are),
https://trino.io/docs/current/connector/iceberg.html#metadata-tables (their columns). Columns of arrays, maps and rows
are there by name; a query that names one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile, ManifestContent, ManifestEntryStatus
from pyiceberg.table.metadata import TableMetadata

from .parquet_objects import arrow_type
from .tables import MetadataTable, TableColumn
from .trino_types import BIGINT, BOOLEAN, INTEGER, TIMESTAMP_TZ, VARBINARY, VARCHAR, Type

_COUNTS_BY_COLUMN = ("column_sizes", "value_counts", "null_value_counts", "nan_value_counts")
_Columns = Mapping[str, Type | str]
"""Trino's type by column; a text for a type that this plane does not know."""

_COLUMNS: dict[str, _Columns] = {
    "history": {
        "made_current_at": TIMESTAMP_TZ,
        "snapshot_id": BIGINT,
        "parent_id": BIGINT,
        "is_current_ancestor": BOOLEAN,
    },
    "snapshots": {
        "committed_at": TIMESTAMP_TZ,
        "snapshot_id": BIGINT,
        "parent_id": BIGINT,
        "operation": VARCHAR,
        "manifest_list": VARCHAR,
        "summary": "map(varchar, varchar)",
    },
    "manifests": {
        "path": VARCHAR,
        "length": BIGINT,
        "partition_spec_id": INTEGER,
        "added_snapshot_id": BIGINT,
        "added_data_files_count": INTEGER,
        "added_rows_count": BIGINT,
        "existing_data_files_count": INTEGER,
        "existing_rows_count": BIGINT,
        "deleted_data_files_count": INTEGER,
        "deleted_rows_count": BIGINT,
        "partition_summaries": "array(row(contains_null boolean, contains_nan boolean, lower_bound varchar, "
        "upper_bound varchar))",
    },
    "files": {
        "content": INTEGER,
        "file_path": VARCHAR,
        "file_format": VARCHAR,
        "record_count": BIGINT,
        "file_size_in_bytes": BIGINT,
        **dict.fromkeys(_COUNTS_BY_COLUMN, "map(integer, bigint)"),
        "lower_bounds": "map(integer, varchar)",
        "upper_bounds": "map(integer, varchar)",
        "key_metadata": VARBINARY,
        "split_offsets": "array(bigint)",
        "equality_ids": "array(integer)",
    },
    "partitions": {
        "partition": "row",
        "record_count": BIGINT,
        "file_count": BIGINT,
        "total_size": BIGINT,
        "data": "row",
    },
    "refs": {
        "name": VARCHAR,
        "type": VARCHAR,
        "snapshot_id": BIGINT,
        "max_reference_age_in_ms": BIGINT,
        "min_snapshots_to_keep": INTEGER,
        "max_snapshot_age_in_ms": BIGINT,
    },
}
_Row = dict[str, Any]


def metadata_table(database: str, name: str, kind: str, metadata: TableMetadata, files: FileIO) -> MetadataTable | None:
    """Return the table ``name$kind``, None if there is no such kind."""
    columns = _COLUMNS.get(kind)
    if columns is None:
        return None
    if kind == "partitions" and not metadata.spec().fields:
        columns = {column: type_ for column, type_ in columns.items() if column != "partition"}
    read = _ROWS[kind]

    def rows() -> pa.Table:
        found = list(read(metadata, files))
        known = {column: type_ for column, type_ in columns.items() if isinstance(type_, Type)}
        return pa.table(
            {column: pa.array([row.get(column) for row in found], arrow_type(type_)) for column, type_ in known.items()}
        )

    listed = tuple(
        TableColumn(column, str(type_), type_ if isinstance(type_, Type) else None) for column, type_ in columns.items()
    )
    return MetadataTable(database, f"{name}${kind}", listed, (), rows)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)


def _history(metadata: TableMetadata, files: FileIO) -> Iterator[_Row]:
    ancestors, at = set(), metadata.current_snapshot()
    while at is not None:
        ancestors.add(at.snapshot_id)
        at = metadata.snapshot_by_id(at.parent_snapshot_id) if at.parent_snapshot_id is not None else None
    for entry in metadata.snapshot_log:
        snapshot = metadata.snapshot_by_id(entry.snapshot_id)
        yield {
            "made_current_at": _moment(entry.timestamp_ms),
            "snapshot_id": entry.snapshot_id,
            "parent_id": snapshot.parent_snapshot_id if snapshot else None,
            "is_current_ancestor": entry.snapshot_id in ancestors,
        }


def _snapshots(metadata: TableMetadata, files: FileIO) -> Iterator[_Row]:
    for snapshot in metadata.snapshots:
        yield {
            "committed_at": _moment(snapshot.timestamp_ms),
            "snapshot_id": snapshot.snapshot_id,
            "parent_id": snapshot.parent_snapshot_id,
            "operation": snapshot.summary.operation.value if snapshot.summary else None,
            "manifest_list": snapshot.manifest_list,
        }


def _manifests(metadata: TableMetadata, files: FileIO) -> Iterator[_Row]:
    snapshot = metadata.current_snapshot()
    for manifest in snapshot.manifests(files) if snapshot else []:
        yield {
            "path": manifest.manifest_path,
            "length": manifest.manifest_length,
            "partition_spec_id": manifest.partition_spec_id,
            "added_snapshot_id": manifest.added_snapshot_id,
            "added_data_files_count": manifest.added_files_count,
            "added_rows_count": manifest.added_rows_count,
            "existing_data_files_count": manifest.existing_files_count,
            "existing_rows_count": manifest.existing_rows_count,
            "deleted_data_files_count": manifest.deleted_files_count,
            "deleted_rows_count": manifest.deleted_rows_count,
        }


def _live_files(metadata: TableMetadata, files: FileIO) -> Iterator[DataFile]:
    snapshot = metadata.current_snapshot()
    for manifest in snapshot.manifests(files) if snapshot else []:
        for entry in manifest.fetch_manifest_entry(files):
            if entry.status != ManifestEntryStatus.DELETED:
                yield entry.data_file


def _files(metadata: TableMetadata, files: FileIO) -> Iterator[_Row]:
    for file in _live_files(metadata, files):
        yield {
            "content": file.content.value,
            "file_path": file.file_path,
            "file_format": file.file_format.value,
            "record_count": file.record_count,
            "file_size_in_bytes": file.file_size_in_bytes,
            "key_metadata": file.key_metadata,
        }


def _partitions(metadata: TableMetadata, files: FileIO) -> Iterator[_Row]:
    found: dict[str, _Row] = {}
    for file in _live_files(metadata, files):
        if file.content.value != ManifestContent.DATA.value:
            continue
        row = found.setdefault(repr(file.partition), {"record_count": 0, "file_count": 0, "total_size": 0})
        row["record_count"] += file.record_count
        row["file_count"] += 1
        row["total_size"] += file.file_size_in_bytes
    yield from found.values()


def _refs(metadata: TableMetadata, files: FileIO) -> Iterator[_Row]:
    for name, reference in metadata.refs.items():
        yield {
            "name": name,
            "type": reference.snapshot_ref_type.value.upper(),
            "snapshot_id": reference.snapshot_id,
            "max_reference_age_in_ms": reference.max_ref_age_ms,
            "min_snapshots_to_keep": reference.min_snapshots_to_keep,
            "max_snapshot_age_in_ms": reference.max_snapshot_age_ms,
        }


_ROWS: dict[str, Callable[[TableMetadata, FileIO], Iterator[_Row]]] = {
    "history": _history,
    "snapshots": _snapshots,
    "manifests": _manifests,
    "files": _files,
    "partitions": _partitions,
    "refs": _refs,
}
