"""The Athena data plane: the API operations that run queries and tell of tables, by X-Amz-Target.

Source: https://docs.aws.amazon.com/athena/latest/APIReference/Welcome.html. Work groups, named queries and catalogs
belong to the control plane and are only read here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from werkzeug import Request, Response

from ..clients import Clients
from ..service_error import Protocol, ServiceError, error_response
from .asker import Asker, asker_of
from .catalog_operations import (
    MetadataError,
    get_database,
    get_table_metadata,
    list_databases,
    list_table_metadata,
)
from .engine import USER_CANCELLED
from .errors import InvalidRequestError
from .executions import Execution, ExecutionStore, State
from .prepared_statements import PreparedStatements
from .result_pages import MAX_ROWS, result_page
from .runner import Job, Runner
from .statement_parsing import parse_statement, prepared, takes_parameters
from .statements import Execute, Statement
from .workgroups import read_work_group

TARGET_PREFIX = "AmazonAthena."
DEFAULT_WORKGROUP = "primary"
MAX_ACTIVE_QUERIES = 200
MAX_BATCH_IDS = 50
_START_PARAMETERS = frozenset(
    {
        "QueryString",
        "ClientRequestToken",
        "ExecutionParameters",
        "QueryExecutionContext",
        "ResultConfiguration",
        "WorkGroup",
        "ResultReuseConfiguration",
    }
)
Operation = Callable[[Asker, dict[str, Any]], dict[str, Any]]
_CONTENT_TYPE = "application/x-amz-json-1.1"


class _TooManyRequestsError(Exception):
    pass


class AthenaPlane:
    """Answers Athena's query operations. ``clients`` gives the boto3 clients that it reads and writes with."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._store = ExecutionStore()
        self._prepared_statements = PreparedStatements()
        self._runner = Runner(self._prepared_statements)
        self._operations: dict[str, Operation] = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "BatchGetQueryExecution": self._batch_get,
            "ListQueryExecutions": self._list,
            "StopQueryExecution": self._stop,
            "GetQueryResults": self._results,
            "GetDatabase": get_database,
            "ListDatabases": list_databases,
            "GetTableMetadata": get_table_metadata,
            "ListTableMetadata": list_table_metadata,
        }

    def close(self) -> None:
        """Stop the workers, and the queries that they run."""
        self._store.cancel_all(USER_CANCELLED)
        self._runner.close()

    def handle(self, request: Request) -> Response:
        """Answer one request of the JSON 1.1 protocol."""
        name = request.headers.get("X-Amz-Target", "").removeprefix(TARGET_PREFIX)
        operation = self._operations.get(name)
        if operation is None:
            return _error("UnknownOperationException", f"Operation '{name}' is not known to this plane")
        try:
            body = json.loads(request.get_data() or b"{}")
        except ValueError:
            return _error("SerializationException", "The request body is not JSON")
        if not isinstance(body, dict):
            return _error("SerializationException", "The request body is not a JSON object")
        try:
            return _answer(operation(asker_of(request, self._clients), body))
        except InvalidRequestError as error:
            return _error("InvalidRequestException", error.message, AthenaErrorCode=error.code)
        except MetadataError as error:
            return _error("MetadataException", error.message)
        except _TooManyRequestsError:
            message = (
                "You have exceeded the limit for the number of queries you can run concurrently. "
                "Please reduce the number of concurrent queries submitted by this account."
            )
            return _error("TooManyRequestsException", message, Reason="CONCURRENT_QUERY_LIMIT_EXCEEDED")

    def _start(self, asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
        query = _text(body, "QueryString")
        unsupported = sorted(name for name in set(body) - _START_PARAMETERS if body[name])
        if unsupported:
            raise InvalidRequestError(f"{', '.join(unsupported)} is not supported by the local cloud")
        context = body.get("QueryExecutionContext") or {}
        if context.get("Catalog", "awsdatacatalog").lower() != "awsdatacatalog":
            raise InvalidRequestError(f"Catalog {context['Catalog']} is not supported by the local cloud")
        workgroup = read_work_group(self._clients.client("athena"), body.get("WorkGroup") or DEFAULT_WORKGROUP)
        target = workgroup.target(body.get("ResultConfiguration") or {})
        statement, sql, values = self._statement(query, workgroup.name, body)
        _verify_bucket(asker, target.bucket)
        asked = {name: value for name, value in body.items() if name != "ClientRequestToken"}
        execution = Execution(
            str(uuid.uuid4()), query, statement.kind, context.get("Database"), workgroup.name, target, asked
        )
        kept = self._store.add(execution, body.get("ClientRequestToken"), MAX_ACTIVE_QUERIES)
        if kept is None:
            raise _TooManyRequestsError
        if kept is execution:
            self._runner.submit(Job(execution, statement, sql, values, workgroup, asker))
        return {"QueryExecutionId": kept.id}

    def _statement(self, query: str, workgroup: str, body: dict[str, Any]) -> tuple[Statement, str, tuple[str, ...]]:
        """Return what to run, its text, and the values of its question marks."""
        statement = parse_statement(query)
        values = tuple(body.get("ExecutionParameters") or ())
        if values and not takes_parameters(statement):
            raise InvalidRequestError("Execution parameters are not supported by statements of this type")
        if not isinstance(statement, Execute):
            return statement, query, values
        if values and statement.values:
            raise InvalidRequestError("Parameters are given both by USING and by ExecutionParameters")
        sql = self._prepared_statements.get(workgroup, statement.name)
        return prepared(sql), sql, values or statement.values

    def _get(self, asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
        return {"QueryExecution": self._store.get(_text(body, "QueryExecutionId")).describe()}

    def _batch_get(self, asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
        ids = body.get("QueryExecutionIds") or []
        if not 1 <= len(ids) <= MAX_BATCH_IDS:
            raise InvalidRequestError(f"QueryExecutionIds must have 1 to {MAX_BATCH_IDS} items")
        found, missing = [], []
        for query_id in ids:
            try:
                found.append(self._store.get(query_id).describe())
            except InvalidRequestError as error:
                entry = {"QueryExecutionId": query_id, "ErrorCode": error.code, "ErrorMessage": error.message}
                missing.append(entry)
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def _list(self, asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
        ids = self._store.newest_first(body.get("WorkGroup") or DEFAULT_WORKGROUP)
        count = _count(body, MAX_BATCH_IDS)
        token = body.get("NextToken")
        if token and token not in ids:
            raise InvalidRequestError("Invalid NextToken")
        first = ids.index(token) if token else 0
        page: dict[str, Any] = {"QueryExecutionIds": ids[first : first + count]}
        if first + count < len(ids):
            page["NextToken"] = ids[first + count]
        return page

    def _stop(self, asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
        self._store.get(_text(body, "QueryExecutionId")).cancel(USER_CANCELLED)
        return {}

    def _results(self, asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
        execution = self._store.get(_text(body, "QueryExecutionId"))
        if body.get("QueryResultType", "DATA_ROWS") != "DATA_ROWS":
            raise InvalidRequestError(f"QueryResultType {body['QueryResultType']} is not supported by the local cloud")
        state = execution.state
        if state in (State.QUEUED, State.RUNNING):
            raise InvalidRequestError(f"Query has not yet finished. Current state: {state.value}")
        if state is not State.SUCCEEDED:
            message = f"Query did not finish successfully. Final query state: {state.value}"
            raise InvalidRequestError(message)
        return result_page(asker.clients.client("s3"), execution, _count(body, MAX_ROWS), body.get("NextToken"))


def _verify_bucket(asker: Asker, bucket: str) -> None:
    """https://repost.aws/knowledge-center/athena-output-bucket-error."""
    try:
        asker.clients.client("s3").get_bucket_location(Bucket=bucket)
    except ClientError:
        raise InvalidRequestError(f"Unable to verify/create output bucket {bucket}") from None


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidRequestError(f"{name} is required")
    return value


def _count(body: dict[str, Any], most: int) -> int:
    count = body.get("MaxResults", most)
    if not isinstance(count, int) or not 1 <= count <= most:
        raise InvalidRequestError(f"MaxResults is more than maximum allowed length {most}.")
    return count


def _answer(body: dict[str, Any]) -> Response:
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    return Response(json.dumps(body), headers=headers, content_type=_CONTENT_TYPE)


def _error(kind: str, message: str, **details: str) -> Response:
    return error_response(ServiceError(kind, message, members=details), Protocol.JSON, "athena")
