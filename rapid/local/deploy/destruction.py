"""Ending a stack: everything that the record of its deployment names."""

from __future__ import annotations

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.deployment import Deployment, Failure
from rapid.local.deploy.ending import end, refuse_protected
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.events import EventStream
from rapid.local.deploy.project import Project
from rapid.local.deploy.records import Records
from rapid.local.deploy.resources import SERVICES


def destroy(project: Project, cloud: Cloud, records: Records, events: EventStream) -> Deployment:
    """Delete a stack's resources, each before what it depends on, and forget the stack; failures are in the result.

    Where a resource is protected, nothing is deleted at all. Raises CloudError where the cloud does not answer.
    """
    cloud.prepare(SERVICES, lambda: None)
    deployment = records.load(project.name, project.stack)
    existing = [*deployment.resources.values(), *deployment.leftovers]
    for record in existing:
        try:
            refuse_protected(record, "deleted")
        except DeployError as error:
            deployment.failures.append(Failure(record.type, record.name, str(error)))
    if deployment.failures:
        return deployment
    try:
        left, deployment.failures = end(existing, cloud, events)
    except BaseException:
        # Interrupted: what is gone already is no error when it is deleted again.
        records.save(deployment)
        raise
    if not left:
        records.forget(project.stack)
        return Deployment(project.name, project.stack)
    deployment.resources = {record.urn: record for record in left if record not in deployment.leftovers}
    deployment.leftovers = [record for record in left if record in deployment.leftovers]
    records.save(deployment)
    return deployment
