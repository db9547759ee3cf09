"""Iceberg tables: their metadata, and which data files a query needs by partition and column statistics.

Sources: https://iceberg.apache.org/spec/, https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg.html,
https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-supported-data-types.html; a ``timestamp`` is Trino's
timestamp(6): https://trino.io/docs/current/connector/iceberg.html#iceberg-to-trino-type-mapping.
"""

from __future__ import annotations

import io
from typing import Any

from botocore.exceptions import ClientError
from pyiceberg import expressions, types
from pyiceberg.exceptions import ValidationError
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile
from pyiceberg.manifest import FileFormat, ManifestContent
from pyiceberg.table import DataScan
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil

from .errors import ErrorName, Position, QueryFailedError, not_supported
from .object_cache import ObjectCache
from .parquet_objects import ICEBERG, StoredObject, access_denied
from .parquet_scan import PAGE_INDEX_PROPERTY
from .scopes import EvaluatedBound
from .tables import IcebergTable, TableColumn
from .trino_types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    REAL,
    TIMESTAMP_MICROS,
    TIMESTAMP_TZ_MICROS,
    VARBINARY,
    VARCHAR,
    Type,
    decimal,
)

CACHE_BYTES = 64 * 1024 * 1024
NEWEST_FORMAT_VERSION = 2
_TYPES: dict[types.IcebergType, Type] = {
    types.BooleanType(): BOOLEAN,
    types.IntegerType(): INTEGER,
    types.LongType(): BIGINT,
    types.FloatType(): REAL,
    types.DoubleType(): DOUBLE,
    types.StringType(): VARCHAR,
    types.BinaryType(): VARBINARY,
    types.DateType(): DATE,
    types.TimestampType(): TIMESTAMP_MICROS,
    types.TimestamptzType(): TIMESTAMP_TZ_MICROS,
}
_COMPARISONS = {
    "<": expressions.LessThan,
    "<=": expressions.LessThanOrEqual,
    ">": expressions.GreaterThan,
    ">=": expressions.GreaterThanOrEqual,
}


class IcebergFiles:
    """Reads metadata and manifests, and keeps them by location: Iceberg's files never change. Safe between threads."""

    def __init__(self) -> None:
        self._contents: ObjectCache[str, bytes] = ObjectCache(CACHE_BYTES, len)
        self._metadata: ObjectCache[str, TableMetadata] = ObjectCache(1000, lambda metadata: 1)

    def table(
        self,
        s3: Any,
        database: str,
        name: str,
        parameters: dict[str, str],
        position: Position | None,
    ) -> IcebergTable:
        """Return the table that its Glue parameters name; raises QueryFailedError if its metadata is wrong."""
        metadata = self._read(s3, database, name, parameters, position)
        schema = metadata.schema()
        columns = tuple(
            TableColumn(field.name.lower(), str(field.field_type), _type(field.field_type)) for field in schema.fields
        )
        field_ids = {field.name.lower(): field.field_id for field in schema.fields}
        uses_page_index = parameters.get(PAGE_INDEX_PROPERTY, "").lower() == "true"
        return IcebergTable(database, name, columns, (), metadata, field_ids, uses_page_index)

    def _read(
        self, s3: Any, database: str, name: str, parameters: dict[str, str], position: Position | None
    ) -> TableMetadata:
        location = parameters.get("metadata_location")
        if not location:
            message = f"Table is missing [metadata_location] property: {database}.{name}"
            raise QueryFailedError(ErrorName.ICEBERG_INVALID_METADATA, message, position)
        metadata = self._metadata.get(location)
        if metadata is None:
            try:
                metadata = TableMetadataUtil.parse_raw(self.content(s3, location).decode())
            except FileNotFoundError:
                message = f"Metadata not found in metadata location for table {database}.{name}"
                raise QueryFailedError(ErrorName.ICEBERG_MISSING_METADATA, message, position) from None
            except (ValueError, ValidationError) as error:
                message = f"Invalid metadata file for table {database}.{name}: {location}: {error}"
                raise QueryFailedError(ErrorName.ICEBERG_INVALID_METADATA, message, position) from None
            self._metadata.keep(location, metadata)
        if metadata.format_version > NEWEST_FORMAT_VERSION:
            what = f"Table '{name}': Iceberg format version {metadata.format_version}"
            raise not_supported(what, position)
        return metadata

    def data_files(self, s3: Any, table: IcebergTable, bounds: list[EvaluatedBound]) -> list[StoredObject]:
        """Return the table's data files that can hold rows within all bounds."""
        snapshot = table.metadata.current_snapshot()
        if snapshot is None:
            return []
        files = _S3Files(self, s3)
        has_other_columns = snapshot.schema_id not in (None, table.metadata.current_schema_id)
        scan = DataScan(
            table.metadata,
            files,
            row_filter=_expression([] if has_other_columns else bounds),
            case_sensitive=False,
        )
        try:
            for manifest in snapshot.manifests(files):
                has_files = manifest.has_existing_files() or manifest.has_added_files()
                if manifest.content == ManifestContent.DELETES and has_files:
                    raise not_supported(f"Table '{table.name}': an Iceberg table with delete files")
            found = [task.file for task in scan.plan_files()]
        except FileNotFoundError as error:
            message = f"Error accessing manifest file for table {table.database}.{table.name}: {error}"
            raise QueryFailedError(ErrorName.ICEBERG_INVALID_METADATA, message) from None
        for file in found:
            if file.file_format != FileFormat.PARQUET:
                raise not_supported(f"Table '{table.name}': Iceberg data files of format {file.file_format.value}")
        return [StoredObject(*_place(file.file_path), "", file.file_size_in_bytes, ICEBERG) for file in found]

    def content(self, s3: Any, location: str) -> bytes:
        """Return a file's content; raises FileNotFoundError if it is missing, QueryFailedError if it cannot be read."""
        kept = self._contents.get(location)
        if kept is None:
            bucket, key = _place(location)
            try:
                kept = bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            except ClientError as error:
                if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "404"):
                    raise FileNotFoundError(location) from None
                raise access_denied(error.response["Error"]["Message"], location) from None
            self._contents.keep(location, kept)
        return kept


class _S3Files(FileIO):
    """pyiceberg's way to files, by the boto3 client of the query; it only reads."""

    def __init__(self, files: IcebergFiles, s3: Any) -> None:
        super().__init__()
        self._files = files
        self._s3 = s3

    def new_input(self, location: str) -> InputFile:
        return _S3File(location, self._files, self._s3)

    def new_output(self, location: str) -> OutputFile:
        raise PermissionError(f"a query does not write {location}")

    def delete(self, location: str | InputFile | OutputFile) -> None:
        raise PermissionError(f"a query does not delete {location}")


class _S3File(InputFile):
    def __init__(self, location: str, files: IcebergFiles, s3: Any) -> None:
        super().__init__(location)
        self._files = files
        self._s3 = s3

    def __len__(self) -> int:
        return len(self._files.content(self._s3, self.location))

    def exists(self) -> bool:
        try:
            self._files.content(self._s3, self.location)
        except FileNotFoundError:
            return False
        return True

    def open(self, seekable: bool = True) -> InputStream:
        return io.BytesIO(self._files.content(self._s3, self.location))


def _type(stored: types.IcebergType) -> Type | None:
    return decimal(stored.precision, stored.scale) if isinstance(stored, types.DecimalType) else _TYPES.get(stored)


def _place(location: str) -> tuple[str, str]:
    bucket, _, key = location.partition("://")[2].partition("/")
    return bucket, key


def _expression(bounds: list[EvaluatedBound]) -> expressions.BooleanExpression:
    whole: expressions.BooleanExpression = expressions.AlwaysTrue()
    for bound in bounds:
        term = expressions.Reference(bound.column)
        if bound.operator in _COMPARISONS:
            whole = expressions.And(whole, _COMPARISONS[bound.operator](term, bound.values[0]))
        else:
            whole = expressions.And(whole, expressions.In(term, set(bound.values)))
    return whole
