"""Athena: moto keeps work groups and named queries, but cannot change the ones nor delete the others.

https://docs.aws.amazon.com/athena/latest/APIReference/API_UpdateWorkGroup.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_DeleteNamedQuery.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.athena.models import athena_backends
from werkzeug import Request, Response

from .clients import ACCOUNT_ID
from .service_error import ServiceError

_STATES = ("ENABLED", "DISABLED")


def update_work_group(request: Request, region: str) -> Response:
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


def delete_named_query(request: Request, region: str) -> Response:
    """Answer DeleteNamedQuery; raises ServiceError for a query that does not exist."""
    id_ = json.loads(request.get_data()).get("NamedQueryId", "")
    if athena_backends[ACCOUNT_ID][region].named_queries.pop(id_, None) is None:
        raise ServiceError("InvalidRequestException", f"NamedQuery {id_} was not found")
    return Response("{}", content_type="application/x-amz-json-1.1")
