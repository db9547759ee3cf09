"""Table optimizers of the Data Catalog: checked and stored as Glue does it. None of them runs here.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-table-optimizers.html
"""

import logging
import threading
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from ..clients import ACCOUNT_ID, Clients
from ..service_error import ServiceError
from . import roles

_LOG = logging.getLogger(__name__)
_OWN_SETTINGS = {
    "compaction": "compactionConfiguration",
    "retention": "retentionConfiguration",
    "orphan_file_deletion": "orphanFileDeletionConfiguration",
}
_RUN_RATE_HOURS = range(3, 169)
"""https://docs.aws.amazon.com/glue/latest/webapi/API_IcebergRetentionConfiguration.html"""

_Place = tuple[str, str, str]


class TableOptimizers:
    """The optimizers of all tables."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._stored: dict[_Place, dict[str, Any]] = {}

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """CreateTableOptimizer."""
        place, configuration = self._place(body), self._checked(body)
        with self._lock:
            if place in self._stored:
                raise ServiceError("AlreadyExistsException", f"{_named(place)} exists already.")
            self._stored[place] = configuration
        _LOG.warning("%s is stored; the local cloud runs none. `rapid etl maintain` does its work.", _named(place))
        return {}

    def update(self, body: dict[str, Any]) -> dict[str, Any]:
        """UpdateTableOptimizer."""
        place, configuration = self._place(body), self._checked(body)
        with self._lock:
            self._find(place)
            self._stored[place] = configuration
        return {}

    def get(self, body: dict[str, Any]) -> dict[str, Any]:
        """GetTableOptimizer."""
        database, table, kind = place = self._place(body)
        with self._lock:
            configuration = self._find(place)
        return {
            "CatalogId": ACCOUNT_ID,
            "DatabaseName": database,
            "TableName": table,
            "TableOptimizer": {"type": kind, "configuration": configuration, "configurationSource": "table"},
        }

    def forget(self, database: str, tables: Iterable[str]) -> None:
        """Tables are deleted, and their optimizers with them."""
        gone = set(tables)
        with self._lock:
            self._stored = {
                place: kept for place, kept in self._stored.items() if place[0] != database or place[1] not in gone
            }

    def _place(self, body: dict[str, Any]) -> _Place:
        """Whose optimizer a request is about. Raises ServiceError unless that is an Iceberg table of this account."""
        database, table = body["DatabaseName"], body["TableName"]
        if body["CatalogId"] != ACCOUNT_ID:
            raise ServiceError("EntityNotFoundException", f"Catalog {body['CatalogId']} not found.")
        try:
            found = self._clients.client("glue").get_table(DatabaseName=database, Name=table)["Table"]
        except ClientError as error:
            raise ServiceError("EntityNotFoundException", error.response["Error"]["Message"]) from None
        if found.get("Parameters", {}).get("table_type", "").upper() != "ICEBERG":
            raise ServiceError("InvalidInputException", f"Table {database}.{table} is not an Iceberg table.")
        return database, table, body["Type"]

    def _find(self, place: _Place) -> dict[str, Any]:
        if place not in self._stored:
            raise ServiceError("EntityNotFoundException", f"{_named(place)} not found.")
        return self._stored[place]

    def _checked(self, body: dict[str, Any]) -> dict[str, Any]:
        """The configuration of a request. Raises ServiceError."""
        configuration: dict[str, Any] = body["TableOptimizerConfiguration"]
        if "vpcConfiguration" in configuration:
            raise ServiceError(
                "InvalidInputException", "The local cloud does not support a table optimizer's vpcConfiguration"
            )
        if not configuration.get("roleArn"):
            raise ServiceError("InvalidInputException", "TableOptimizerConfiguration has no roleArn.")
        roles.arn_for_glue(self._clients, configuration["roleArn"])
        own = _OWN_SETTINGS[body["Type"]]
        for other in sorted(set(_OWN_SETTINGS.values()) & set(configuration) - {own}):
            raise ServiceError("InvalidInputException", f"An optimizer of type {body['Type']} takes no {other}.")
        if own not in configuration and body["Type"] != "compaction":
            raise ServiceError("InvalidInputException", f"An optimizer of type {body['Type']} needs {own}.")
        settings = configuration.get(own, {}).get("icebergConfiguration", {})
        hours = settings.get("runRateInHours")
        if hours is not None and hours not in _RUN_RATE_HOURS:
            raise ServiceError("InvalidInputException", f"runRateInHours is {hours}; it must be between 3 and 168.")
        return configuration


def _named(place: _Place) -> str:
    database, table, kind = place
    return f"Table optimizer {kind} of {database}.{table}"
