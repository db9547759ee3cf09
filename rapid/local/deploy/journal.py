"""The record of a stack, kept true while the stack is being changed, so that a deployer that is killed loses nothing.

What is about to be made or deleted is noted as pending first, as Pulumi does
(https://www.pulumi.com/docs/iac/support/troubleshooting/common-issues/pending-operations/): whoever comes next deletes
it, whether it exists or not, unless it is to be retained, and goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace

from rapid.local.deploy.application import delete
from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.deployment import Deployment, Failure, ResourceRecord
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.events import EventStream, Status
from rapid.local.deploy.records import Records
from rapid.local.deploy.resources import row_of


class Journal:
    """Notes the changes of one deployment in the local cloud as they happen; its `leftovers` are noted with each."""

    def __init__(self, deployment: Deployment, records: Records) -> None:
        self._deployment = deployment
        self._records = records
        self._before: Deployment | None = None
        self._is_open = False

    def start_from(self, before: Deployment) -> None:
        """Note what was there before; nothing is written until something changes."""
        self._before = before

    def write(
        self,
        kept: Iterable[ResourceRecord] = (),
        pending: Iterable[ResourceRecord] = (),
        departed: Iterable[str] = (),
    ) -> None:
        """Write what there is now, what is about to be made or deleted, and the URNs that are no more."""
        if not self._is_open and self._before:
            self._records.save(self._before, is_under_way=True)
            self._is_open = True
        self._records.amend(
            self._deployment.stack,
            {
                "resources": [asdict(record) for record in kept],
                "departed": list(departed),
                "pending": [asdict(record) for record in pending],
                "leftovers": [asdict(record) for record in self._deployment.leftovers],
            },
        )


def clean_up(before: Deployment, cloud: Cloud, events: EventStream) -> tuple[list[ResourceRecord], list[Failure]]:
    """Delete what an interrupted deployer had under way; return what is left of it, and why."""
    known = {(record.type, record.id) for record in (*before.resources.values(), *before.leftovers)}
    left: list[ResourceRecord] = []
    failures: list[Failure] = []
    for record in before.pending:
        if not record.id:
            # It was being made: nobody has it yet who could want it kept.
            record = replace(record, protect=False, retain_on_delete=False)
        row = row_of(record.type)
        try:
            for id_ in [record.id] if record.id else row.ids(Deletion(row.service, record, cloud)):
                record = replace(record, id=id_)
                if (record.type, id_) not in known:
                    delete(row, record, cloud)
            status = Status.RETAINED if record.retain_on_delete else Status.CLEANED_UP
            events.resource_done(record.type, record.name, status)
        except DeployError as error:
            left.append(record)
            message = f"an interrupted deployment had it under way, and it could not be deleted: {error}"
            failures.append(Failure(record.type, record.name, message))
            events.resource_failed(failures[-1])
    return left, failures
