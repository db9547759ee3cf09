"""Which operations of a service a data plane answers; all others go to moto."""

from typing import Protocol

from werkzeug import Request, Response

from .. import input_constraints
from ..athena_definitions import delete_named_query, update_work_group
from ..clients import Clients
from .planes import DataPlane, Forward

# https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html, about query executions, prepared
# statements, databases and tables.
ATHENA_QUERY_OPERATIONS = frozenset(
    {
        "BatchGetQueryExecution",
        "CreatePreparedStatement",
        "DeletePreparedStatement",
        "GetDatabase",
        "GetPreparedStatement",
        "GetQueryExecution",
        "GetQueryResults",
        "GetQueryRuntimeStatistics",
        "GetTableMetadata",
        "ListDatabases",
        "ListPreparedStatements",
        "ListQueryExecutions",
        "ListTableMetadata",
        "StartQueryExecution",
        "StopQueryExecution",
        "UpdatePreparedStatement",
    }
)
# These word the bounds of MaxResults in their own way.
_PAGED_OPERATIONS = frozenset({"GetQueryResults", "ListQueryExecutions"})
_FIREHOSE_PUT_OPERATIONS = frozenset({"PutRecord", "PutRecordBatch"})


class WatchingPlane(DataPlane, Protocol):
    """A data plane that also follows, and may refuse, what the control plane is asked."""

    def control(self, request: Request, forward: Forward) -> Response:
        """Answer a request to the control plane."""


class AthenaService:
    """Athena: queries are ours, the rest (work groups, named queries) is moto's but for what it cannot do."""

    def __init__(self, plane: DataPlane, clients: Clients) -> None:
        self._plane = plane
        self._clients = clients
        self._region = clients.region

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request; raises ServiceError for a member that crosses its bounds."""
        operation = _operation(request)
        if operation not in _PAGED_OPERATIONS:
            model = self._clients.client("athena").meta.service_model
            input_constraints.check(model, operation, request, "InvalidRequestException")
        if operation == "DeleteNamedQuery":
            return delete_named_query(request, self._region)
        if operation == "UpdateWorkGroup":
            return update_work_group(request, self._region)
        return self._plane.handle(request) if operation in ATHENA_QUERY_OPERATIONS else forward()


class FirehoseService:
    """Firehose: records are ours, and definitions are checked before moto keeps them."""

    def __init__(self, plane: WatchingPlane) -> None:
        self._plane = plane

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request."""
        if _operation(request) in _FIREHOSE_PUT_OPERATIONS:
            return self._plane.handle(request)
        return self._plane.control(request, forward)


class CloudFormationService:
    """CloudFormation: all of it is ours."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane = plane

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request."""
        return self._plane.handle(request)


def _operation(request: Request) -> str:
    """The operation of a request in the JSON protocol."""
    return request.headers.get("X-Amz-Target", "").rpartition(".")[2]
