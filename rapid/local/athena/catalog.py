"""Tables as Athena sees them: Glue's definition, checked for what this plane can read.

Sources: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html,
https://docs.aws.amazon.com/athena/latest/ug/glue-athena.html,
https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html (properties).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from .errors import ErrorName, Position, QueryFailedError, not_supported
from .glue_types import from_glue
from .projection import ProjectionError, projection_of
from .tables import ObjectTable, OpenXJson, RegisteredPartition, Table, TableColumn
from .views import View, decode_view

if TYPE_CHECKING:
    from .iceberg import IcebergFiles

CATALOG = "awsdatacatalog"
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
PARQUET_INPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
OPENX_JSON_SERDE = "org.openx.data.jsonserde.JsonSerDe"
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_MALFORMED, _INVALID = "ignore.malformed.json", "use.null.for.invalid.data"
_JSON_PROPERTIES = frozenset({_MALFORMED, _INVALID, "paths", "serialization.format"})
_JSON_DEFAULTS = {"case.insensitive": "true", "dots.in.keys": "false"}
_HEADER = "skip.header.line.count"


class GlueCatalog:
    """The AWS Glue Data Catalog of the account, read by GetTable at each query."""

    def __init__(self, glue: Any, s3: Any, iceberg: Callable[[], IcebergFiles]) -> None:
        self._glue = glue
        self._s3 = s3
        self._iceberg = iceberg

    def table(self, database: str, name: str, position: Position | None) -> Table | View:
        """Return a table or view; raises QueryFailedError if it is missing or of a kind that cannot be read here."""
        if "$" in name:
            raise not_supported(f"Metadata table '{name}'", position)
        try:
            definition = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            raise self._missing(database, name, position, error) from None
        parameters = definition.get("Parameters", {})
        if parameters.get("table_type", "").upper() == "ICEBERG":
            return self._iceberg().table(self._s3, database, name, parameters, position)
        if definition.get("TableType") == "VIRTUAL_VIEW":
            return decode_view(CATALOG, database, definition, position)
        return self._object_table(database, definition, position)

    def _missing(self, database: str, name: str, position: Position | None, error: ClientError) -> QueryFailedError:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            return QueryFailedError(ErrorName.PERMISSION_DENIED, error.response["Error"]["Message"], position)
        try:
            self._glue.get_database(Name=database)
        except ClientError:
            return QueryFailedError(ErrorName.SCHEMA_NOT_FOUND, f"Schema '{database}' does not exist", position)
        return QueryFailedError(
            ErrorName.TABLE_NOT_FOUND, f"Table '{CATALOG}.{database}.{name}' does not exist", position
        )

    def _object_table(self, database: str, definition: dict[str, Any], position: Position | None) -> ObjectTable:
        name = definition["Name"].lower()
        storage = definition.get("StorageDescriptor", {})
        parameters = definition.get("Parameters", {})
        kind = definition.get("TableType", "EXTERNAL_TABLE")
        if kind != "EXTERNAL_TABLE":
            raise not_supported(f"Table '{name}': table type {kind}", position)
        partitions = _columns(definition.get("PartitionKeys", []))
        json = _json_serde(name, storage.get("SerdeInfo", {}), parameters, position)
        expected = TEXT_INPUT if json else PARQUET_INPUT
        if storage.get("InputFormat", "") not in ("", expected):
            raise not_supported(f"Table '{name}': input format '{storage['InputFormat']}'", position)
        bucket, prefix = _place(name, storage, position)
        is_projected = parameters.get("projection.enabled", "").strip().lower() == "true"
        projection = None
        if partitions and is_projected:
            try:
                projection = projection_of(
                    [column.name for column in partitions], parameters, storage["Location"].rstrip("/") + "/"
                )
            except ProjectionError as error:
                raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, f"Table {name}: {error}", position) from None
        return ObjectTable(
            database=database,
            name=name,
            bucket=bucket,
            prefix=prefix,
            columns=_columns(storage.get("Columns", [])),
            partition_columns=partitions,
            projection=projection,
            registered=partial(self._registered, definition, position) if partitions and not is_projected else None,
            json=json,
        )

    def _registered(self, definition: dict[str, Any], position: Position | None) -> list[RegisteredPartition]:
        """Read the partitions of a table; raises QueryFailedError for one that is not read as the table is."""
        name, serde = definition["Name"], definition["StorageDescriptor"].get("SerdeInfo", {})
        found = []
        try:
            pages = self._glue.get_paginator("get_partitions").paginate(
                DatabaseName=definition["DatabaseName"], TableName=name
            )
            for partition in (partition for page in pages for partition in page["Partitions"]):
                storage = partition["StorageDescriptor"]
                own = storage.get("SerdeInfo", serde)
                if any(own.get(part) != serde.get(part) for part in ("SerializationLibrary", "Parameters")):
                    raise not_supported(f"Table '{name}': a partition with a SerDe of its own", position)
                found.append(RegisteredPartition(tuple(partition["Values"]), *_place(name, storage, position)))
        except ClientError as error:
            raise QueryFailedError(ErrorName.PERMISSION_DENIED, error.response["Error"]["Message"], position) from None
        return found


def _place(name: str, storage: dict[str, Any], position: Position | None) -> tuple[str, str]:
    """Return the bucket and the prefix of a storage descriptor's location."""
    location = urlsplit(storage.get("Location", ""))
    if location.scheme not in ("s3", "s3a", "s3n") or not location.netloc:
        raise QueryFailedError(ErrorName.HIVE_INVALID_METADATA, f"Table {name} has no S3 location", position)
    prefix = location.path.strip("/")
    return location.netloc, f"{prefix}/" if prefix else ""


def _json_serde(
    table: str, info: Mapping[str, Any], parameters: Mapping[str, str], position: Position | None
) -> OpenXJson | None:
    """Read Glue's SerDeInfo; None for Parquet's SerDe. Raises QueryFailedError naming what is not known of another."""
    library, properties = info.get("SerializationLibrary", ""), info.get("Parameters", {})
    if library == PARQUET_SERDE:
        return None
    if library != OPENX_JSON_SERDE:
        raise not_supported(f"Table '{table}': SerDe '{library}'", position)
    if parameters.get(_HEADER, "0").strip() != "0":
        raise not_supported(f"Table '{table}': {_HEADER} of a table of JSON", position)
    for name, text in properties.items():
        is_default = text.strip().lower() == _JSON_DEFAULTS.get(name)
        if name not in _JSON_PROPERTIES and not is_default:
            raise not_supported(f"Table '{table}': SerDe property '{name}' = '{text}'", position)
    return OpenXJson(*(properties.get(name, "").strip().lower() == "true" for name in (_MALFORMED, _INVALID)))


def _columns(entries: list[dict[str, Any]]) -> tuple[TableColumn, ...]:
    return tuple(
        TableColumn(entry["Name"].lower(), entry.get("Type", "string"), from_glue(entry.get("Type", "string")))
        for entry in entries
    )
