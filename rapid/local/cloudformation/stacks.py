"""Stacks: made resource by resource, rolled back when one fails, ended, and remembered."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from rapid.local.clients import ACCOUNT_ID, Clients
from rapid.local.cloudformation import quicksight_dashboard
from rapid.local.cloudformation.errors import ResourceFailure, stack_not_found
from rapid.local.cloudformation.references import Scope
from rapid.local.cloudformation.template import Template
from rapid.local.service_error import ServiceError

SUPPORTED_TYPES = (quicksight_dashboard.TYPE,)


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


@dataclass
class Stack:
    """One stack."""

    name: str
    id: str
    template_body: str
    template: Template
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    role_arn: str | None
    on_failure: OnFailure
    status: str = "CREATE_IN_PROGRESS"
    reason: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    deleted: datetime | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
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


class Stacks:
    """All stacks of the account; a stack's work is done when the call that starts it returns."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._stacks: dict[str, Stack] = {}
        self._lock = threading.RLock()

    def find(self, name_or_id: str) -> Stack:
        """Find a stack by id, or by name while it is not deleted; raises ServiceError where there is none."""
        with self._lock:
            stack = self._stacks.get(name_or_id) or self._by_name(name_or_id)
        if stack is None:
            raise stack_not_found(name_or_id)
        return stack

    def living(self) -> list[Stack]:
        """List the stacks that are not deleted."""
        with self._lock:
            return [stack for stack in self._stacks.values() if stack.deleted is None]

    def create(
        self, name: str, body: str, template: Template, parameters: Mapping[str, str], tags: Mapping[str, str],
        role_arn: str | None, on_failure: OnFailure,
    ) -> Stack:  # fmt: skip
        """Make a stack; one whose resource fails ends in the status that AWS gives it. Raises ServiceError."""
        stack_id = f"arn:aws:cloudformation:{self._clients.region}:{ACCOUNT_ID}:stack/{name}/{uuid.uuid4()}"
        with self._lock:
            if self._by_name(name):
                raise ServiceError("AlreadyExistsException", f"Stack [{name}] already exists")
            stack = Stack(name, stack_id, body, template, parameters, tags, role_arn, on_failure)
            self._stacks[stack_id] = stack
            stack.become("CREATE_IN_PROGRESS", "User Initiated")
            self._fill(stack)
        return stack

    def delete(self, name_or_id: str) -> None:
        """End a stack and what is in it; a stack that does not exist has ended already."""
        with self._lock:
            stack = self._stacks.get(name_or_id) or self._by_name(name_or_id)
            if stack and stack.deleted is None:
                stack.become("DELETE_IN_PROGRESS", "User Initiated")
                self._end(stack, "DELETE")

    def _by_name(self, name: str) -> Stack | None:
        return next((item for item in self._stacks.values() if item.name == name and item.deleted is None), None)

    def _quicksight(self, stack: Stack) -> Any:
        return self._clients.client("quicksight", role_arn=stack.role_arn)

    def _fill(self, stack: Stack) -> None:
        scope = Scope({**self._pseudo_parameters(stack), **stack.parameters})
        try:
            for logical_id in stack.template.order:
                self._make(stack, logical_id, scope)
            stack.outputs = {name: str(scope.resolve(item["Value"])) for name, item in stack.template.outputs.items()}
        except ResourceFailure as failure:
            failed = [item.logical_id for item in stack.resources.values() if item.status == "CREATE_FAILED"]
            reason = f"The following resource(s) failed to create: [{', '.join(failed)}]. " if failed else f"{failure} "
            self._give_up(stack, reason)
        else:
            stack.become("CREATE_COMPLETE")

    def _make(self, stack: Stack, logical_id: str, scope: Scope) -> None:
        declared = stack.template.resources[logical_id]
        resource = stack.resources[logical_id] = Resource(logical_id, declared["Type"])
        stack.resource_becomes(resource, "CREATE_IN_PROGRESS")
        try:
            properties = scope.resolve(declared.get("Properties", {}))
            made = quicksight_dashboard.create(self._quicksight(stack), logical_id, properties)
        except ResourceFailure as failure:
            stack.resource_becomes(resource, "CREATE_FAILED", str(failure))
            raise
        resource.physical_id = scope.physical_ids[logical_id] = made.physical_id
        scope.attributes[logical_id] = made.attributes
        stack.resource_becomes(resource, "CREATE_COMPLETE")

    def _give_up(self, stack: Stack, reason: str) -> None:
        if stack.on_failure is OnFailure.DO_NOTHING:
            stack.become("CREATE_FAILED", reason.strip())
        elif stack.on_failure is OnFailure.DELETE:
            stack.become("DELETE_IN_PROGRESS", f"{reason}Delete requested by user.")
            self._end(stack, "DELETE")
        else:
            stack.become("ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")
            self._end(stack, "ROLLBACK")

    def _end(self, stack: Stack, operation: str) -> None:
        reason = stack.reason if operation == "ROLLBACK" else ""
        for resource in reversed(stack.resources.values()):
            if resource.status in ("CREATE_COMPLETE", "DELETE_FAILED"):
                try:
                    quicksight_dashboard.delete(self._quicksight(stack), resource.physical_id)
                except ResourceFailure as failure:
                    stack.resource_becomes(resource, "DELETE_FAILED", str(failure))
                    continue
                stack.resource_becomes(resource, "DELETE_COMPLETE")
        failed = [item.logical_id for item in stack.resources.values() if item.status == "DELETE_FAILED"]
        if failed:
            stack.become(f"{operation}_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
            return
        if operation == "DELETE":
            stack.deleted = datetime.now(UTC)
        stack.become(f"{operation}_COMPLETE", reason)

    def _pseudo_parameters(self, stack: Stack) -> dict[str, str]:
        return {
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::Partition": "aws",
            "AWS::Region": self._clients.region,
            "AWS::StackId": stack.id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
