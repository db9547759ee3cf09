"""Tables as Athena sees them: Glue's definition, checked for what this plane can read.

Sources: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html,
https://docs.aws.amazon.com/athena/latest/ug/glue-athena.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from .errors import ErrorName, Position, QueryFailedError, not_supported
from .projection import ProjectionError, projection_of
from .serdes import serde_of
from .tables import ObjectTable, Table, TableColumn
from .trino_types import from_glue
from .view_definitions import View, decode_view

if TYPE_CHECKING:
    from .iceberg import IcebergFiles

CATALOG = "awsdatacatalog"


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
        if definition.get("TableType") == "VIRTUAL_VIEW":
            return decode_view(CATALOG, database, definition, position)
        parameters = definition.get("Parameters", {})
        if parameters.get("table_type", "").upper() == "ICEBERG":
            return self._iceberg().table(self._s3, database, definition["Name"].lower(), parameters, position)
        return _object_table(database, definition, position)

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


def _object_table(database: str, definition: dict[str, Any], position: Position | None) -> ObjectTable:
    name = definition["Name"].lower()
    storage = definition.get("StorageDescriptor", {})
    parameters = definition.get("Parameters", {})
    _check_kind(name, definition, parameters, position)
    serde = serde_of(name, storage.get("SerdeInfo", {}), position)
    partitions = _columns(definition.get("PartitionKeys", []))
    location = urlsplit(storage.get("Location", ""))
    if location.scheme not in ("s3", "s3a", "s3n") or not location.netloc:
        raise QueryFailedError(ErrorName.HIVE_INVALID_METADATA, f"Table {name} has no S3 location", position)
    prefix = location.path.strip("/")
    projection = None
    if partitions:
        try:
            projection = projection_of(
                [column.name for column in partitions], parameters, storage["Location"].rstrip("/") + "/"
            )
        except ProjectionError as error:
            raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, f"Table {name}: {error}", position) from None
    return ObjectTable(
        database=database,
        name=name,
        bucket=location.netloc,
        prefix=f"{prefix}/" if prefix else "",
        columns=_columns(storage.get("Columns", [])),
        partition_columns=partitions,
        projection=projection,
        serde=serde,
    )


def _columns(entries: list[dict[str, Any]]) -> tuple[TableColumn, ...]:
    return tuple(
        TableColumn(entry["Name"].lower(), entry.get("Type", "string"), from_glue(entry.get("Type", "string")))
        for entry in entries
    )


def _check_kind(
    name: str,
    definition: dict[str, Any],
    parameters: dict[str, str],
    position: Position | None,
) -> None:
    kind = definition.get("TableType", "EXTERNAL_TABLE")
    if kind != "EXTERNAL_TABLE":
        raise not_supported(f"Table '{name}': table type {kind}", position)
    if definition.get("PartitionKeys") and parameters.get("projection.enabled", "").strip().lower() != "true":
        raise not_supported(f"Table '{name}': partitions registered in Glue (without partition projection)", position)
