"""Stacks of one resource: made, changed, rolled back when that fails, ended, and remembered."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rapid.local.clients import ACCOUNT_ID, Clients
from rapid.local.cloudformation import dashboard
from rapid.local.cloudformation.dashboard import ResourceFailure
from rapid.local.cloudformation.template import Template, validation_error
from rapid.local.service_error import ServiceError

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html lists what may follow what.
_UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


@dataclass(frozen=True)
class Event:
    """Something that happened to a stack's resource, or to the stack itself."""

    id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    time: datetime


@dataclass
class Stack:
    """One stack. `made` is the template of its resource, None while there is none."""

    name: str
    id: str
    template: Template
    tags: Mapping[str, str]
    made: Template | None = None
    status: str = ""
    reason: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime | None = None
    deleted: datetime | None = None
    events: list[Event] = field(default_factory=list)

    def become(self, status: str, reason: str = "") -> None:
        """Change the stack's own status."""
        self.status, self.reason = status, reason
        self._happened(self.name, self.id, "AWS::CloudFormation::Stack", status, reason)

    def resource_becomes(self, resource: Template, status: str, reason: str = "") -> None:
        """Note a new status of its resource."""
        physical_id = dashboard.physical_id_of(resource.properties)
        self._happened(resource.logical_id, physical_id, dashboard.TYPE, status, reason)

    def _happened(self, logical_id: str, physical_id: str, type_: str, status: str, reason: str) -> None:
        event_id = f"{logical_id}-{status}-{uuid.uuid4()}"
        self.events.append(Event(event_id, logical_id, physical_id, type_, status, reason, datetime.now(UTC)))


class Stacks:
    """All stacks of the account; a stack's work is done when the call that starts it returns."""

    def __init__(self, clients: Clients) -> None:
        self._region = clients.region
        self._quicksight: Any = clients.client("quicksight")
        self._stacks: dict[str, Stack] = {}
        self._lock = threading.RLock()

    def find(self, name_or_id: str) -> Stack:
        """Find a stack by id, or by name while it is not deleted; raises ServiceError where there is none."""
        with self._lock:
            stack = self._stacks.get(name_or_id) or self._by_name(name_or_id)
        if stack is None:
            raise validation_error(f"Stack with id {name_or_id} does not exist")
        return stack

    def living(self) -> list[Stack]:
        """List the stacks that are not deleted."""
        with self._lock:
            return [stack for stack in self._stacks.values() if stack.deleted is None]

    def create(self, name: str, template: Template, tags: Mapping[str, str]) -> Stack:
        """Make a stack; one whose resource fails is rolled back. Raises ServiceError."""
        stack_id = f"arn:aws:cloudformation:{self._region}:{ACCOUNT_ID}:stack/{name}/{uuid.uuid4()}"
        with self._lock:
            if self._by_name(name):
                raise ServiceError("AlreadyExistsException", f"Stack [{name}] already exists")
            stack = self._stacks[stack_id] = Stack(name, stack_id, template, tags)
            stack.become("CREATE_IN_PROGRESS", "User Initiated")
            try:
                self._create(stack, template)
            except ResourceFailure:
                reason = f"The following resource(s) failed to create: [{template.logical_id}]. "
                stack.become("ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")
                stack.become("ROLLBACK_COMPLETE", stack.reason)
            else:
                stack.become("CREATE_COMPLETE")
        return stack

    def update(self, stack: Stack, template: Template, tags: Mapping[str, str]) -> None:
        """Change a stack; one whose resource fails goes back to what it was. Raises ServiceError.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-direct.html
        """
        with self._lock:
            if stack.deleted:
                raise validation_error(f"Stack [{stack.name}] does not exist")
            before = stack.made
            if stack.status not in _UPDATABLE or before is None:
                raise validation_error(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
            is_same = (before.logical_id, before.properties) == (template.logical_id, template.properties)
            if is_same and stack.tags == tags:
                raise validation_error("No updates are to be performed.")
            stack.updated = datetime.now(UTC)
            stack.become("UPDATE_IN_PROGRESS", "User Initiated")
            if is_same or self._change(stack, before, template):
                stack.template, stack.tags = template, tags
                stack.become("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
                if _identity(before) != _identity(template):
                    self._delete(stack, before)
                stack.become("UPDATE_COMPLETE")

    def delete(self, name_or_id: str) -> None:
        """End a stack and its resource; a stack that does not exist has ended already."""
        with self._lock:
            stack = self._stacks.get(name_or_id) or self._by_name(name_or_id)
            if stack is None or stack.deleted:
                return
            stack.become("DELETE_IN_PROGRESS", "User Initiated")
            if stack.made and not self._delete(stack, stack.made):
                failed = f"The following resource(s) failed to delete: [{stack.made.logical_id}]. "
                stack.become("DELETE_FAILED", failed)
                return
            stack.deleted = datetime.now(UTC)
            stack.become("DELETE_COMPLETE")

    def _by_name(self, name: str) -> Stack | None:
        return next((item for item in self._stacks.values() if item.name == name and item.deleted is None), None)

    def _create(self, stack: Stack, template: Template) -> None:
        stack.resource_becomes(template, "CREATE_IN_PROGRESS")
        try:
            dashboard.create(self._quicksight, template.logical_id, template.properties)
        except ResourceFailure as failure:
            stack.resource_becomes(template, "CREATE_FAILED", str(failure))
            raise
        stack.made = template
        stack.resource_becomes(template, "CREATE_COMPLETE")

    def _change(self, stack: Stack, before: Template, after: Template) -> bool:
        """Bring a stack's resource from one template to another, or back; whether it is there."""
        is_in_place = _identity(before) == _identity(after)
        verb = "update" if is_in_place else "create"
        try:
            if is_in_place:
                self._update(stack, before, after)
            else:
                self._create(stack, after)
        except ResourceFailure:
            reason = f"The following resource(s) failed to {verb}: [{after.logical_id}]."
            stack.become("UPDATE_ROLLBACK_IN_PROGRESS", reason)
            try:
                if is_in_place:
                    self._update(stack, before, before)
            except ResourceFailure as failure:
                stack.become("UPDATE_ROLLBACK_FAILED", str(failure))
            else:
                stack.become("UPDATE_ROLLBACK_COMPLETE")
            return False
        return True

    def _update(self, stack: Stack, before: Template, after: Template) -> None:
        stack.resource_becomes(after, "UPDATE_IN_PROGRESS")
        try:
            dashboard.update(self._quicksight, after.logical_id, before.properties, after.properties)
        except ResourceFailure as failure:
            stack.resource_becomes(after, "UPDATE_FAILED", str(failure))
            raise
        stack.made = after
        stack.resource_becomes(after, "UPDATE_COMPLETE")

    def _delete(self, stack: Stack, resource: Template) -> bool:
        try:
            dashboard.delete(self._quicksight, resource.properties)
        except ResourceFailure as failure:
            stack.resource_becomes(resource, "DELETE_FAILED", str(failure))
            return False
        stack.resource_becomes(resource, "DELETE_COMPLETE")
        return True


def _identity(template: Template) -> tuple[str, str]:
    """By what a resource stays itself: one that changes any of it is another one."""
    return template.logical_id, dashboard.physical_id_of(template.properties)
