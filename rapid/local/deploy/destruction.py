"""Ending a stack: everything that the record of its deployment names."""

from __future__ import annotations

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.deployment import Deployment, Failure
from rapid.local.deploy.ending import end, refuse_protected
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.events import EventStream
from rapid.local.deploy.journal import Journal, clean_up
from rapid.local.deploy.project import Project
from rapid.local.deploy.records import Records
from rapid.local.deploy.resources import SERVICES


def destroy(project: Project, cloud: Cloud, records: Records, events: EventStream) -> Deployment:
    """Delete a stack's resources, each before what it depends on, and forget the stack; failures are in the result.

    Where a resource is protected, nothing is deleted at all. Raises CloudError where the cloud does not answer.
    """
    cloud.prepare(SERVICES, lambda: None)
    before = records.load(project.name, project.stack, cloud.region)
    existing = [*before.resources.values(), *before.leftovers]
    for record in existing:
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
    left, failures = end(existing, after, journal, cloud, events)
    after.failures += failures
    if not left and not still_pending:
        records.forget(project.stack)
        return after
    after.resources = {record.urn: record for record in left if record not in before.leftovers}
    after.leftovers = [*still_pending, *(record for record in left if record in before.leftovers)]
    records.save(after)
    return after
