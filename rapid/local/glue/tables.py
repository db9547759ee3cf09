"""Tables of the Data Catalog, changed by one writer at a time."""

import threading
from typing import Any

from botocore.exceptions import ClientError
from werkzeug import Response

from ..clients import Clients
from ..server.planes import Forward
from ..service_error import ServiceError


class Tables:
    """Refuses an update of a table that has changed since; moto would take it.

    https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-tables.html#aws-glue-api-catalog-tables-UpdateTable
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()

    def change(self, forward: Forward) -> Response:
        """A change that needs no check, yet must not come between another's check and its update."""
        with self._lock:
            return forward()

    def update(self, body: dict[str, Any], forward: Forward) -> Response:
        """UpdateTable. Raises ServiceError if the request's VersionId is not the table's."""
        name = {"DatabaseName": body.get("DatabaseName"), "Name": (body.get("TableInput") or {}).get("Name")}
        with self._lock:
            replaced = self._version(name)
            if body.get("VersionId") and replaced and body["VersionId"] != replaced:
                message = "Update table failed due to concurrent modifications."
                raise ServiceError("ConcurrentModificationException", message)
            response = forward()
            # Before another table of the name may have a version of that number.
            if body.get("SkipArchive") and replaced and response.status_code < 300:
                self._drop(name, replaced)
        return response

    def _version(self, name: dict[str, Any]) -> str | None:
        """The version of a table; None where there is no such table, which moto's own answer will say."""
        try:
            return str(self._clients.client("glue").get_table(**name)["Table"]["VersionId"])
        except ClientError:
            return None

    def _drop(self, name: dict[str, Any], version: str) -> None:
        """An archived version that was not to be: moto keeps each in memory."""
        self._clients.client("glue").delete_table_version(
            DatabaseName=name["DatabaseName"], TableName=name["Name"], VersionId=version
        )
