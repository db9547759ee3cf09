"""One stack: what it is made of, its status, and what happened to it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from rapid.local.cloudformation.template import Template


class OnFailure(Enum):
    """What happens to a stack when one of its resources cannot be made."""

    DELETE = "DELETE"
    DO_NOTHING = "DO_NOTHING"
    ROLLBACK = "ROLLBACK"


@dataclass
class Resource:
    """One resource of a stack and its fate."""

    logical_id: str
    type: str
    physical_id: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    status: str = "CREATE_IN_PROGRESS"
    reason: str = ""
    changed: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Event:
    """Something that happened to a resource, or to the stack itself."""

    id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    time: datetime


@dataclass(frozen=True)
class Wish:
    """What a stack is asked to be."""

    template_body: str
    template: Template
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    role_arn: str | None


@dataclass
class Stack:
    """One stack."""

    name: str
    id: str
    wish: Wish
    on_failure: OnFailure
    status: str = "CREATE_IN_PROGRESS"
    reason: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime | None = None
    deleted: datetime | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    replaced: list[Resource] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def become(self, status: str, reason: str = "") -> None:
        """Change the stack's own status."""
        self.status, self.reason = status, reason
        self._happened(self.name, self.id, "AWS::CloudFormation::Stack", status, reason)

    def resource_becomes(self, resource: Resource, status: str, reason: str = "") -> None:
        """Change a resource's status."""
        resource.status, resource.reason, resource.changed = status, reason, datetime.now(UTC)
        self._happened(resource.logical_id, resource.physical_id, resource.type, status, reason)

    def _happened(self, logical_id: str, physical_id: str, type_: str, status: str, reason: str) -> None:
        event_id = f"{logical_id}-{status}-{uuid.uuid4()}"
        self.events.append(Event(event_id, logical_id, physical_id, type_, status, reason, datetime.now(UTC)))
