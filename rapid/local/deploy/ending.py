"""Ending resources: each before what it depends on, the protected ones never."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.deployment import Deployment, Failure, ResourceRecord
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.events import EventStream, Status
from rapid.local.deploy.project import Project
from rapid.local.deploy.records import Journal, Records
from rapid.local.deploy.resources import SERVICES, row_of


def refuse_protected(record: ResourceRecord, what: str) -> None:
    """Raise DeployError where a resource is protected; `what` would be done to it."""
    if record.protect:
        raise DeployError(
            f"it is protected, and would be {what}; take `protect` from it in the program, deploy that, and try again"
        )


def delete(record: ResourceRecord, cloud: Cloud) -> Status:
    """End one resource, or leave it where it was said to be retained; raises DeployError."""
    if record.retain_on_delete:
        return Status.RETAINED
    row_of(record.type).end(record, cloud)
    return Status.DELETED


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
            status = delete(record, cloud)
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


def clean_up(before: Deployment, cloud: Cloud, events: EventStream) -> tuple[list[ResourceRecord], list[Failure]]:
    """Delete what an interrupted deployer had under way; return what is left of it, and why."""
    known = {(record.type, record.id) for record in (*before.resources.values(), *before.leftovers)}
    left: list[ResourceRecord] = []
    failures: list[Failure] = []
    for record in before.pending:
        if not record.id:
            # It was being made: nobody has it yet who could want it kept.
            record = replace(record, protect=False, retain_on_delete=False)
        try:
            for id_ in [record.id] if record.id else row_of(record.type).ids(record, cloud):
                record = replace(record, id=id_)
                if (record.type, id_) not in known:
                    delete(record, cloud)
            status = Status.RETAINED if record.retain_on_delete else Status.CLEANED_UP
            events.resource_done(record.type, record.name, status)
        except DeployError as error:
            left.append(record)
            message = f"an interrupted deployment had it under way, and it could not be deleted: {error}"
            failures.append(Failure(record.type, record.name, message))
            events.resource_failed(failures[-1])
    return left, failures


def destroy(
    project: Project,
    cloud: Cloud,
    records: Records,
    events: EventStream,
    targets: Sequence[str] = (),
    exclude_protected: bool = False,
) -> Deployment:
    """Delete a stack's resources, each before what it depends on; failures are in the result.

    With targets, names or URNs, only those and what depends on them, as `pulumi destroy --target-dependents` does;
    without the protected ones and what they depend on where they are excluded. A stack of which nothing is left is
    forgotten. Where a resource that would go is protected, nothing is deleted at all. Raises CloudError where the cloud
    does not answer.
    """
    cloud.prepare(SERVICES, lambda: None)
    before = records.load(project.name, project.stack, cloud.region)
    existing = [*before.resources.values(), *before.leftovers]
    staying = _needed_by_protected(existing) if exclude_protected else set()
    if targets:
        staying |= {record.urn for record in existing} - _with_dependents(existing, targets)
    going = [record for record in existing if record.urn not in staying]
    for record in going:
        try:
            refuse_protected(record, "deleted")
        except DeployError as error:
            before.failures.append(Failure(record.type, record.name, str(error)))
    if before.failures:
        return before
    after = Deployment(project.name, project.stack, outputs=before.outputs, secret_outputs=before.secret_outputs)
    after.leftovers, after.failures = clean_up(before, cloud, events)
    still_pending = list(after.leftovers)
    after.leftovers += before.leftovers
    journal = Journal(after, records)
    journal.start_from(before)
    left, failures = end(going, after, journal, cloud, events)
    after.failures += failures
    kept = [record for record in existing if record.urn in staying]
    if not left and not still_pending and all(record.is_component for record in kept):
        records.forget(project.stack)
        return after
    remaining = [record for record in existing if record in left or record in kept]
    after.resources = {record.urn: record for record in remaining if record not in before.leftovers}
    after.leftovers = [*still_pending, *(record for record in remaining if record in before.leftovers)]
    records.save(after)
    return after


def _needed_by_protected(records: Sequence[ResourceRecord]) -> set[str]:
    """The URNs of protected resources, and of all that they depend on and are in."""
    by_urn = {record.urn: record for record in records}
    found: set[str] = set()
    waiting = [record.urn for record in records if record.protect]
    while waiting:
        urn = waiting.pop()
        if urn in by_urn and urn not in found:
            found.add(urn)
            waiting += [*by_urn[urn].dependencies, by_urn[urn].parent]
    return found


def _with_dependents(records: Sequence[ResourceRecord], targets: Sequence[str]) -> set[str]:
    """The URNs of the targets, of what is in them, and of all that depends on any of it."""
    found = {record.urn for record in records if record.urn in targets or record.name in targets}
    while True:
        more = {record.urn for record in records if found & {*record.dependencies, record.parent}} - found
        if not more:
            return found
        found |= more
