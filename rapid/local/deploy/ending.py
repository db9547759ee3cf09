"""Ending resources: each before what it depends on, the protected ones never."""

from __future__ import annotations

from collections.abc import Container, Iterable

from rapid.local.deploy.application import delete
from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.deployment import Failure, ResourceRecord
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.events import EventStream
from rapid.local.deploy.resources import row_of


def refuse_protected(record: ResourceRecord, what: str) -> None:
    """Raise DeployError where a resource is protected; `what` would be done to it."""
    if record.protect:
        raise DeployError(
            f"it is protected, and would be {what}; take `protect` from it in the program, deploy that, and try again"
        )


def end(
    records: Iterable[ResourceRecord], cloud: Cloud, events: EventStream, replaced: Container[str] = ()
) -> tuple[list[ResourceRecord], list[Failure]]:
    """End resources, which stand in the order of their creation; return those that are left, and why.

    Of those whose URNs were replaced, that has been told already, and their end is not told once more.
    """
    left: list[ResourceRecord] = []
    failures: list[Failure] = []
    needed: dict[str, str] = {}
    for record in reversed(list(records)):
        if record.is_component:
            continue
        try:
            if record.urn in needed:
                raise DeployError(f"not deleted: {needed[record.urn]}, which depends on it, could not be deleted")
            refuse_protected(record, "deleted")
            status = delete(row_of(record.type), record, cloud)
            if record.urn not in replaced:
                events.resource_done(record.type, record.name, status)
        except DeployError as error:
            needed.update(dict.fromkeys(record.dependencies, f"{record.type} {record.name!r}"))
            left.insert(0, record)
            failures.append(Failure(record.type, record.name, str(error)))
            events.resource_failed(failures[-1])
    return left, failures
