"""Stacks: made and changed resource by resource, rolled back when one fails, ended, and remembered."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from rapid.local.clients import ACCOUNT_ID, Clients
from rapid.local.cloudformation import quicksight_dashboard
from rapid.local.cloudformation.errors import ResourceFailure, stack_not_found, validation_error
from rapid.local.cloudformation.references import Scope
from rapid.local.cloudformation.stack import OnFailure, Resource, Stack, Wish
from rapid.local.service_error import ServiceError

SUPPORTED_TYPES = (quicksight_dashboard.TYPE,)
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html lists what may follow what.
_UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
_EXISTING = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_FAILED", "DELETE_FAILED")


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

    def exists(self, name_or_id: str) -> bool:
        """Whether there is such a stack that is not deleted."""
        return any(name_or_id in (stack.name, stack.id) for stack in self.living())

    def living(self) -> list[Stack]:
        """List the stacks that are not deleted."""
        with self._lock:
            return [stack for stack in self._stacks.values() if stack.deleted is None]

    def create(self, name: str, wish: Wish, on_failure: OnFailure) -> Stack:
        """Make a stack; one whose resource fails ends in the status that AWS gives it. Raises ServiceError."""
        stack_id = f"arn:aws:cloudformation:{self._clients.region}:{ACCOUNT_ID}:stack/{name}/{uuid.uuid4()}"
        with self._lock:
            if self._by_name(name):
                raise ServiceError("AlreadyExistsException", f"Stack [{name}] already exists")
            stack = self._stacks[stack_id] = Stack(name, stack_id, wish, on_failure)
            stack.become("CREATE_IN_PROGRESS", "User Initiated")
            try:
                self._reach(stack, wish)
            except ResourceFailure as failure:
                self._give_up(stack, _failed(stack, "CREATE_FAILED", "create") or f"{failure} ")
            else:
                stack.become("CREATE_COMPLETE")
        return stack

    def update(self, stack: Stack, wish: Wish) -> None:
        """Change a stack; one whose resource fails goes back to what it was. Raises ServiceError.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-direct.html
        """
        with self._lock:
            if stack.status not in _UPDATABLE:
                raise validation_error(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
            before = stack.wish
            if _asks_for_the_same(before, wish):
                raise validation_error("No updates are to be performed.")
            stack.updated = datetime.now(UTC)
            stack.become("UPDATE_IN_PROGRESS", "User Initiated")
            try:
                self._reach(stack, wish)
            except ResourceFailure as failure:
                reason = _failed(stack, "CREATE_FAILED", "create") + _failed(stack, "UPDATE_FAILED", "update")
                self._roll_back(stack, before, (reason or f"{failure} ").strip())
                return
            stack.wish = wish
            self._clean_up(stack, "UPDATE")

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
        return self._clients.client("quicksight", role_arn=stack.wish.role_arn)

    def _reach(self, stack: Stack, wish: Wish) -> None:
        """Make or change, in order, what the template declares; raises ResourceFailure at the first that fails."""
        scope = Scope({**self._pseudo_parameters(stack), **wish.parameters})
        for logical_id in wish.template.order:
            declared, existing = wish.template.resources[logical_id], stack.resources.get(logical_id)
            resource = existing if existing and existing.status in _EXISTING else Resource(logical_id, declared["Type"])
            stack.resources[logical_id] = resource
            verb = "UPDATE" if resource.physical_id else "CREATE"
            try:
                self._make(stack, resource, scope.resolve(declared.get("Properties", {})))
            except ResourceFailure as failure:
                stack.resource_becomes(resource, f"{verb}_FAILED", str(failure))
                raise
            scope.physical_ids[logical_id], scope.attributes[logical_id] = resource.physical_id, resource.attributes
        stack.outputs = {name: str(scope.resolve(item["Value"])) for name, item in wish.template.outputs.items()}

    def _make(self, stack: Stack, resource: Resource, properties: Any) -> None:
        is_as_wished = resource.properties == properties and resource.status != "UPDATE_FAILED"
        if resource.physical_id and is_as_wished:
            return
        verb = "UPDATE" if resource.physical_id else "CREATE"
        stack.resource_becomes(resource, f"{verb}_IN_PROGRESS")
        quicksight, logical_id = self._quicksight(stack), resource.logical_id
        if verb == "CREATE" or quicksight_dashboard.must_be_replaced(resource.properties, properties):
            made = quicksight_dashboard.create(quicksight, logical_id, properties)
            if resource.physical_id:
                replaced = Resource(logical_id, resource.type, resource.physical_id, resource.properties)
                stack.replaced.append(replaced)
            resource.physical_id, resource.attributes = made.physical_id, made.attributes
        else:
            quicksight_dashboard.update(quicksight, logical_id, resource.properties, properties)
        resource.properties = properties
        stack.resource_becomes(resource, f"{verb}_COMPLETE")

    def _roll_back(self, stack: Stack, wish: Wish, reason: str) -> None:
        stack.become("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        try:
            self._reach(stack, wish)
        except ResourceFailure as failure:
            stack.become("UPDATE_ROLLBACK_FAILED", str(failure))
        else:
            self._clean_up(stack, "UPDATE_ROLLBACK")

    def _clean_up(self, stack: Stack, operation: str) -> None:
        """End what the stack was changed from: resources that were replaced, or are in its template no more."""
        stack.become(f"{operation}_COMPLETE_CLEANUP_IN_PROGRESS")
        departed = [stack.resources.pop(name) for name in {*stack.resources} - {*stack.wish.template.resources}]
        replaced, stack.replaced = stack.replaced, []
        current = {resource.physical_id for resource in stack.resources.values()}
        for resource in (*departed, *replaced):
            if resource.physical_id and resource.physical_id not in current:
                self._delete(stack, resource)
        stack.become(f"{operation}_COMPLETE")

    def _delete(self, stack: Stack, resource: Resource) -> None:
        try:
            quicksight_dashboard.delete(self._quicksight(stack), resource.physical_id)
        except ResourceFailure as failure:
            stack.resource_becomes(resource, "DELETE_FAILED", str(failure))
        else:
            stack.resource_becomes(resource, "DELETE_COMPLETE")

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
            if resource.status in _EXISTING:
                self._delete(stack, resource)
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


def _failed(stack: Stack, status: str, verb: str) -> str:
    failed = [item.logical_id for item in stack.resources.values() if item.status == status]
    return f"The following resource(s) failed to {verb}: [{', '.join(failed)}]. " if failed else ""


def _asks_for_the_same(before: Wish, after: Wish) -> bool:
    """Whether an update would change nothing: resources, outputs, parameters and tags are as they were."""
    return (
        before.template.resources == after.template.resources
        and before.template.outputs == after.template.outputs
        and before.parameters == after.parameters
        and before.tags == after.tags
    )
