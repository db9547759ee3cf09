"""UpdateConnection and DeleteConnection, which moto lacks.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-connections-connections.html
"""

from collections.abc import Mapping
from typing import Any

from moto.core.utils import utcnow
from moto.glue.models import FakeConnection, glue_backends

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError


def update(body: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Change a connection; runs under way go on as they were started. Raises ServiceError."""
    connections, name, asked = _connections(region), str(body.get("Name")), body.get("ConnectionInput") or {}
    before = _found(connections, name)
    if asked.get("Name") != name:
        raise ServiceError("InvalidInputException", f"The connection {name} cannot be renamed to {asked.get('Name')}")
    tags = before.backend.get_tags(before.arn)
    changed = FakeConnection(before.backend, before.catalog_id, dict(asked), tags)
    changed.created_time, changed.updated_time = before.created_time, utcnow()
    connections[name] = changed
    return {}


def delete(body: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Delete a connection. Raises ServiceError where there is none."""
    connections, name = _connections(region), str(body.get("ConnectionName"))
    ended = _found(connections, name)
    ended.backend.tagger.delete_all_tags_for_resource(ended.arn)
    del connections[name]
    return {}


def _connections(region: str) -> dict[str, FakeConnection]:
    return glue_backends[ACCOUNT_ID][region].connections


def _found(connections: Mapping[str, FakeConnection], name: str) -> FakeConnection:
    found = connections.get(name)
    if found is None:
        raise ServiceError("EntityNotFoundException", f"Cannot find connection {name} in account {ACCOUNT_ID}")
    return found
