"""The API operations that tell of databases and tables, read from Glue with the asker's credentials.

Sources: https://docs.aws.amazon.com/athena/latest/APIReference/API_ListTableMetadata.html and its neighbours.
"""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from .asker import Asker
from .catalog import CATALOG
from .errors import InvalidRequestError

_MOST_LISTED = 50


class MetadataError(Exception):
    """HTTP 400 ``MetadataException``: Glue refused."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def get_database(asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
    """GetDatabase."""
    _check_catalog(body)
    return {"Database": _database(_called(asker, "get_database", Name=body.get("DatabaseName"))["Database"])}


def list_databases(asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
    """ListDatabases."""
    _check_catalog(body)
    found = _called(asker, "get_databases", **_page(body))
    return {"DatabaseList": [_database(item) for item in found["DatabaseList"]], **_next(found)}


def get_table_metadata(asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
    """GetTableMetadata."""
    _check_catalog(body)
    found = _called(asker, "get_table", DatabaseName=body.get("DatabaseName"), Name=body.get("TableName"))
    return {"TableMetadata": _table(found["Table"])}


def list_table_metadata(asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
    """ListTableMetadata; ``Expression`` is a regular expression on names."""
    _check_catalog(body)
    arguments = _page(body)
    found = _called(asker, "get_tables", DatabaseName=body.get("DatabaseName"), **arguments)
    try:
        pattern = re.compile(body.get("Expression") or ".*")
    except re.error as error:
        raise InvalidRequestError(f"Expression is not a regular expression: {error}") from None
    tables = [_table(item) for item in found["TableList"] if pattern.fullmatch(item["Name"])]
    return {"TableMetadataList": tables, **_next(found)}


def _check_catalog(body: dict[str, Any]) -> None:
    catalog = str(body.get("CatalogName", ""))
    if catalog.lower() != CATALOG:
        raise InvalidRequestError(f"Catalog {catalog} is not supported by the local cloud")


def _called(asker: Asker, operation: str, **arguments: Any) -> dict[str, Any]:
    try:
        found: dict[str, Any] = getattr(asker.clients.client("glue"), operation)(**arguments)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        raise MetadataError(f"{message} (Service: AmazonDataCatalog; Status Code: 400; Error Code: {code})") from None
    return found


def _page(body: dict[str, Any]) -> dict[str, Any]:
    token = {"NextToken": body["NextToken"]} if body.get("NextToken") else {}
    return {"MaxResults": min(body.get("MaxResults") or _MOST_LISTED, _MOST_LISTED), **token}


def _next(found: dict[str, Any]) -> dict[str, Any]:
    return {"NextToken": found["NextToken"]} if found.get("NextToken") else {}


def _database(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("Name", "Description", "Parameters") if found.get(name)}


def _table(found: dict[str, Any]) -> dict[str, Any]:
    storage = found.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    described = {
        "inputformat": storage.get("InputFormat"),
        "location": storage.get("Location"),
        "outputformat": storage.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
    }
    parameters = {
        **found.get("Parameters", {}),
        **{name: value for name, value in described.items() if value is not None},
        **{f"serde.param.{name}": value for name, value in serde.get("Parameters", {}).items()},
    }
    moments = {name: found[name].timestamp() for name in ("CreateTime", "LastAccessTime") if found.get(name)}
    return {
        "Name": found["Name"],
        **moments,
        "TableType": found.get("TableType", ""),
        "Columns": [_column(column) for column in storage.get("Columns", [])],
        "PartitionKeys": [_column(column) for column in found.get("PartitionKeys", [])],
        "Parameters": parameters,
    }


def _column(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("Name", "Type", "Comment") if found.get(name)}
