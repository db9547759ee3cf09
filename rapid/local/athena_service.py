"""Athena: queries are ours; of the definitions, which moto keeps, what it cannot do: change work groups, end queries.

https://docs.aws.amazon.com/athena/latest/APIReference/API_UpdateWorkGroup.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_DeleteNamedQuery.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.athena.models import athena_backends
from werkzeug import Request, Response

from . import input_constraints
from .clients import ACCOUNT_ID, Clients
from .server.planes import DataPlane, Forward
from .service_error import ServiceError

# https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html, about query executions, prepared
# statements, databases and tables.
_QUERY_OPERATIONS = frozenset(
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
_STATES = ("ENABLED", "DISABLED")


class AthenaService:
    """Athena: queries are ours, the rest (work groups, named queries) is moto's but for what it cannot do."""

    def __init__(self, plane: DataPlane, clients: Clients) -> None:
        self._plane = plane
        self._clients = clients
        self._region = clients.region

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request; raises ServiceError for a member that crosses its bounds."""
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if operation not in _PAGED_OPERATIONS:
            model = self._clients.client("athena").meta.service_model
            input_constraints.check(model, operation, request, "InvalidRequestException")
        if operation == "DeleteNamedQuery":
            return _delete_named_query(request, self._region)
        if operation == "UpdateWorkGroup":
            return _update_work_group(request, self._region)
        return self._plane.handle(request) if operation in _QUERY_OPERATIONS else forward()


def _update_work_group(request: Request, region: str) -> Response:
    """Answer UpdateWorkGroup; raises ServiceError for a work group that does not exist, or a state there is not."""
    asked = json.loads(request.get_data())
    name = asked.get("WorkGroup", "")
    group = athena_backends[ACCOUNT_ID][region].work_groups.get(name)
    if group is None:
        raise ServiceError("InvalidRequestException", f"WorkGroup {name} is not found.")
    if asked.get("State", "ENABLED") not in _STATES:
        raise ServiceError("InvalidRequestException", f"State {asked['State']} is not one of {', '.join(_STATES)}")
    group.state = asked.get("State", group.state)
    group.description = asked.get("Description", group.description)
    updates = dict(asked.get("ConfigurationUpdates", {}))
    results = updates.pop("ResultConfigurationUpdates", None)
    _apply(group.configuration, updates)
    if results is not None:
        _apply(group.configuration.setdefault("ResultConfiguration", {}), results)
    return Response("{}", content_type="application/x-amz-json-1.1")


def _apply(settings: dict[str, Any], updates: dict[str, Any]) -> None:
    """Change what is given; `RemoveX: true` takes X away."""
    for name, value in updates.items():
        if name.startswith("Remove"):
            if value:
                settings.pop(name.removeprefix("Remove"), None)
        else:
            settings[name] = value


def _delete_named_query(request: Request, region: str) -> Response:
    """Answer DeleteNamedQuery; raises ServiceError for a query that does not exist."""
    id_ = json.loads(request.get_data()).get("NamedQueryId", "")
    if athena_backends[ACCOUNT_ID][region].named_queries.pop(id_, None) is None:
        raise ServiceError("InvalidRequestException", f"NamedQuery {id_} was not found")
    return Response("{}", content_type="application/x-amz-json-1.1")
