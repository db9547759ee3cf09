"""Ending resources: each before what it depends on, the protected ones never."""

from __future__ import annotations

from collections.abc import Iterable

from rapid.local.deploy.application import delete
from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.deployment import Deployment, Failure, ResourceRecord
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.events import EventStream
from rapid.local.deploy.journal import Journal
from rapid.local.deploy.resources import row_of


def refuse_protected(record: ResourceRecord, what: str) -> None:
    """Raise DeployError where a resource is protected; `what` would be done to it."""
    if record.protect:
        raise DeployError(
            f"it is protected, and would be {what}; take `protect` from it in the program, deploy that, and try again"
        )


def end(
    records: Iterable[ResourceRecord], deployment: Deployment, journal: Journal, cloud: Cloud, events: EventStream
) -> tuple[list[ResourceRecord], list[Failure]]:
    """End resources, which stand in the order of their creation; return those that are left, and why.

    Of those whose URNs are the deployment's, replaced that is, that has been told already, and their end is not told
    once more.
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
            is_replaced = record.urn in deployment.resources
            if record in deployment.leftovers:
                deployment.leftovers.remove(record)
            journal.write(pending=[record], departed=[] if is_replaced else [record.urn])
            status = delete(row_of(record.type), record, cloud)
            journal.write()
            if not is_replaced:
                events.resource_done(record.type, record.name, status)
        except DeployError as error:
            needed.update(dict.fromkeys(record.dependencies, f"{record.type} {record.name!r}"))
            left.insert(0, record)
            deployment.leftovers.append(record)
            journal.write()
            failures.append(Failure(record.type, record.name, str(error)))
            events.resource_failed(failures[-1])
    return left, failures
