"""Athena: moto keeps work groups but cannot change them; here is that operation.

https://docs.aws.amazon.com/athena/latest/APIReference/API_UpdateWorkGroup.html
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
