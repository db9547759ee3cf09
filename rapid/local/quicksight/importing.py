"""Asking Athena for the rows of a data set, as its data source's role.

https://docs.aws.amazon.com/quicksight/latest/user/datasource-run-as-role.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..clients import Clients
from .data_sets import Source, quoted
from .registry import DATA_SOURCE, Registry

if TYPE_CHECKING:
    import pyarrow as pa

PRINCIPAL = "quicksight.amazonaws.com"
_WORKGROUP = "primary"
_POLL_SECONDS = (0.01, 0.02, 0.05, 0.1)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403"})
_NOT_ALLOWED = "is not authorized to perform"
_NO_TABLE = ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND")


class ImportFailure(Exception):
    """The rows could not be had: the type of an ingestion's error, and why.

    https://docs.aws.amazon.com/quicksight/latest/user/errors-spice-ingestion.html
    """

    def __init__(self, type_: str, message: str) -> None:
        super().__init__(message)
        self.type = type_
        self.message = message


class AthenaImport:
    """Runs queries until it is told to stop."""

    def __init__(self, clients: Clients, registry: Registry) -> None:
        self._clients = clients.of_service(PRINCIPAL)
        self._registry = registry
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let what waits for a query fail."""
        self._stopped.set()

    def rows(self, source: Source, column: str = "", since: datetime | None = None) -> pa.Table:
        """The rows, all of them or those whose column is not before a time. Raises ImportFailure."""
        data_source = self._registry.of_arn(source.data_source_arn)
        if data_source is None or data_source.kind is not DATA_SOURCE:
            raise ImportFailure("DATA_SOURCE_NOT_FOUND", f"Data source {source.data_source_arn} not found")
        parameters = (data_source.content.get("DataSourceParameters") or {}).get("AthenaParameters") or {}
        role = parameters.get("RoleArn")
        if not role:
            message = f"QuickSight here asks Athena as the role of a data source; {data_source.id} has none"
            raise ImportFailure("IAM_ROLE_NOT_AVAILABLE", message)
        sql = _sql(source, column, since)
        try:
            athena, s3 = self._clients.client("athena", role), self._clients.client("s3", role)
            location = self._run(athena, sql, parameters.get("WorkGroup") or _WORKGROUP)
            bucket, _, key = location.removeprefix("s3://").partition("/")
            content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise _failure(error, role) from None
        except BotoCoreError as error:
            raise ImportFailure("CONNECTION_FAILURE", str(error)) from None
        return _table(content, source.columns)

    def _run(self, athena: Any, sql: str, workgroup: str) -> str:
        """Run a query to its end; where its result lies."""
        id_ = athena.start_query_execution(QueryString=sql, WorkGroup=workgroup)["QueryExecutionId"]
        waits = iter(_POLL_SECONDS)
        while True:
            execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=id_)["QueryExecution"]
            state = execution["Status"]["State"]
            if state == "SUCCEEDED":
                return str(execution["ResultConfiguration"]["OutputLocation"])
            if state in ("FAILED", "CANCELLED"):
                raise _failed(execution["Status"].get("StateChangeReason") or state)
            if self._stopped.wait(next(waits, _POLL_SECONDS[-1])):
                raise ImportFailure("INGESTION_CANCELED", "The local cloud is being stopped")


def _sql(source: Source, column: str, since: datetime | None) -> str:
    columns = ", ".join(map(quoted, source.columns))
    sql = f"SELECT {columns} FROM {source.relation}"
    if since is not None:
        sql += f" WHERE {quoted(column)} >= TIMESTAMP '{since:%Y-%m-%d %H:%M:%S}'"
    return sql


def _failure(error: ClientError, role: str) -> ImportFailure:
    details = error.response["Error"]
    message = f"{details['Code']}: {details['Message']}"
    if error.operation_name == "AssumeRole":
        return ImportFailure("FAILURE_TO_ASSUME_ROLE", f"{role}: {message}")
    is_denied = details["Code"] in _DENIED or _NOT_ALLOWED in details["Message"]
    return ImportFailure("PERMISSION_DENIED" if is_denied else "CONNECTION_FAILURE", message)


def _failed(reason: str) -> ImportFailure:
    if any(name in reason for name in _NO_TABLE):
        return ImportFailure("SQL_TABLE_NOT_FOUND", reason)
    is_denied = "PERMISSION_DENIED" in reason or _NOT_ALLOWED in reason
    return ImportFailure("PERMISSION_DENIED" if is_denied else "SQL_EXCEPTION", reason)


def _table(content: bytes, columns: Mapping[str, str]) -> pa.Table:
    """Rows as Athena writes them: nothing is null, an empty text stands in quotes."""
    import pyarrow as pa
    from pyarrow import csv

    types: dict[str, Callable[[], pa.DataType]] = {
        "STRING": pa.string,
        "INTEGER": pa.int64,
        "DECIMAL": pa.float64,
        "DATETIME": lambda: pa.timestamp("us"),
    }
    try:
        return csv.read_csv(
            pa.BufferReader(content),
            csv.ReadOptions(column_names=list(columns), skip_rows=1, use_threads=False),
            csv.ParseOptions(newlines_in_values=True),
            csv.ConvertOptions(
                column_types={name: types[type_]() for name, type_ in columns.items()},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise ImportFailure("DATA_TOLERANCE_EXCEPTION", f"The rows are not of the dataset's types: {error}") from None
