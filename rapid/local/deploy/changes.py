"""Carrying out, or only planning, what each registered resource needs; and the end of those that left the program."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from pulumi.runtime.proto import resource_pb2

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.deployment import Deployment, Failure, ResourceRecord
from rapid.local.deploy.ending import clean_up, delete, end, refuse_protected
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.events import EventStream, Status
from rapid.local.deploy.records import Journal, Records
from rapid.local.deploy.resource_type import HalfMadeError, ResourceType
from rapid.local.deploy.resources import SERVICES, row_of
from rapid.local.deploy.states import computed_before, name_given, name_kept, record_of, state_of
from rapid.local.deploy.steps import Operation, Step, step_to
from rapid.local.deploy.wire import plain_properties, recordable_inputs

_DONE = {
    Operation.CREATE: Status.CREATED,
    Operation.UPDATE: Status.UPDATED,
    Operation.REPLACE: Status.REPLACED,
    Operation.SAME: Status.UNCHANGED,
}
_Request = resource_pb2.RegisterResourceRequest
_Response = resource_pb2.RegisterResourceResponse


class Mode(Enum):
    """Whether changes are carried out."""

    DEPLOY = "deploy"
    PREVIEW = "preview"


class Changes:
    """Brings resources from what is recorded to what the program asks for, and keeps the deployment's state true."""

    def __init__(self, deployment: Deployment, cloud: Cloud, records: Records, events: EventStream, mode: Mode) -> None:
        self._deployment = deployment
        self._cloud = cloud
        self._records = records
        self._events = events
        self._mode = mode
        self._before = Deployment(deployment.project, deployment.stack)
        self._journal = Journal(deployment, records)
        self._ended: set[str] = set()
        self._lock = threading.Lock()

    @property
    def place(self) -> tuple[str, str]:
        """The cloud's region and address."""
        return self._cloud.region, self._cloud.endpoint_url

    def load(self) -> None:
        """Wait for the cloud and read what it has of the stack, once. Raises CloudError."""
        self._cloud.prepare(SERVICES, self._read)

    def names_before(self) -> dict[str, str]:
        """The names, by URN, of what is recorded."""
        return {record.urn: record.name for record in self._before.resources.values()}

    def adopt(self, urn: str, earlier_urns: Iterable[str]) -> None:
        """Take what is recorded by an earlier URN of a resource for the resource itself. Raises CloudError."""
        self.load()
        known = self._before.resources
        found = next((earlier for earlier in earlier_urns if earlier in known and urn not in known), None)
        if found:
            record = replace(known[found], urn=urn, name=urn.rpartition("::")[2])
            # In its place, since the order tells what is to be ended before what.
            renamed = [record if item.urn == found else item for item in known.values()]
            self._before.resources = {item.urn: item for item in renamed}
            if self._mode is Mode.DEPLOY:
                self._journal.write(kept=[record], departed=[found])

    def component(self, request: _Request, urn: str) -> None:
        """Note a component."""
        record = record_of(request, urn, "", {}, {})
        self._keep(record)
        if self._mode is Mode.PREVIEW:
            self._events.component_planned(record)

    def resource(self, request: _Request, urn: str) -> _Response:
        """Make, change, replace or leave a resource, whichever it needs. Raises DeployError."""
        row = row_of(request.type)
        self.load()
        # By the stack rather than the resource, which an alias may have given another name.
        inputs = recordable_inputs(request.object, f"{self._deployment.project}::{self._deployment.stack}")
        before = self._before.resources.get(urn)
        step = step_to(row, before, inputs)
        if before and step.operation is Operation.REPLACE:
            refuse_protected(before, f"replaced, because {', '.join(step.forced_by)} differs")
        if self._mode is Mode.PREVIEW:
            return self._plan(request, urn, row, before, step, inputs)
        id_, computed = self._carry_out(request, urn, row, before, step, inputs)
        state = state_of(request, computed, self._cloud.region)
        record = record_of(request, urn, id_, inputs, state.fields)
        self._keep(record)
        if step.operation is not Operation.SAME:
            self._journal.write(kept=[record])
        self._events.resource_done(request.type, request.name, _DONE[step.operation])
        # What neither inputs nor row say is unknown rather than None, so that a use of it is refused by name.
        return _Response(urn=urn, id=id_, object=state, unknown=True)

    def leave(self, urn: str) -> None:
        """Keep a resource as it is recorded, unless more is known of it."""
        before = self._before.resources.get(urn)
        if before and urn not in self._ended and urn not in self._deployment.resources:
            self._keep(before)

    def finish(self, chosen: frozenset[str] | None) -> None:
        """End what is recorded but left the program, and what was replaced; of the `chosen` URNs alone where given.

        After a failure nothing is ended, only kept in the record: what failed may still need it.
        """
        self.load()
        order = {urn: index for index, urn in enumerate(self._before.resources)}
        departed = [item for urn, item in self._before.resources.items() if self._departed(urn)]
        gone = sorted([*departed, *self._deployment.leftovers], key=lambda item: order.get(item.urn, len(order)))
        going = [item for item in gone if chosen is None or item.urn in chosen]
        staying = [item for item in gone if item not in going]
        if self._mode is Mode.PREVIEW:
            for record in reversed([*going, *self._before.pending]):
                if not record.is_component or record in self._before.pending:
                    self._events.resource_planned(record, Step(Operation.DELETE))
            return
        if self._deployment.failures:
            staying, going = gone, []
        left, failures = end(going, self._deployment, self._journal, self._cloud, self._events)
        self._deployment.failures += failures
        self._deployment.leftovers = []
        for record in sorted([*staying, *left], key=gone.index):
            if self._departed(record.urn):
                self._keep(record)
            else:
                self._deployment.leftovers.append(record)

    def _read(self) -> None:
        self._before = before = self._records.load(self._deployment.project, self._deployment.stack, self._cloud.region)
        if self._mode is Mode.DEPLOY:
            left, failures = clean_up(before, self._cloud, self._events)
            self._deployment.leftovers += left
            self._deployment.failures += failures
            before.pending = []
            self._journal.start_from(before)
        # What the program does not say anew stays true.
        self._deployment.leftovers += before.leftovers
        self._deployment.outputs = {**before.outputs, **self._deployment.outputs}
        self._deployment.secret_outputs |= before.secret_outputs

    def _departed(self, urn: str) -> bool:
        return urn in self._before.resources and urn not in self._ended and urn not in self._deployment.resources

    def _plan(
        self, request: _Request, urn: str, row: ResourceType, before: ResourceRecord | None, step: Step,
        inputs: Mapping[str, Any],
    ) -> _Response:  # fmt: skip
        record = record_of(request, urn, "", inputs, {})
        self._keep(record)
        self._events.resource_planned(record, step)
        if before is None or step.operation is Operation.REPLACE:
            return _Response(urn=urn, object=request.object)
        known = computed_before(row, before, inputs, self._cloud)
        return _Response(urn=urn, id=before.id, object=state_of(request, known, self._cloud.region))

    def _carry_out(
        self, request: _Request, urn: str, row: ResourceType, before: ResourceRecord | None, step: Step,
        inputs: Mapping[str, Any],
    ) -> tuple[str, dict[str, Any]]:  # fmt: skip
        """Do what a step says; return the resource's id and what it has beside its inputs."""
        if before is None:
            return self._create(request, urn, row, inputs)
        if step.operation is Operation.REPLACE:
            return self._replace(request, urn, row, before, inputs)
        computed = computed_before(row, before, inputs, self._cloud)
        if step.operation is Operation.UPDATE:
            properties = plain_properties(request.object)
            properties |= name_kept(row, before, properties)
            unsettled = replace(before, unsettled=tuple(sorted(step.changed)))
            self._journal.write(kept=[unsettled])
            try:
                row.change(before, properties, step.changed, self._cloud)
            except DeployError:
                self._keep(unsettled)
                raise
        return before.id, computed

    def _create(
        self, request: _Request, urn: str, row: ResourceType, inputs: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        properties = plain_properties(request.object)
        given = name_given(row, request.name, properties)
        state = state_of(request, given, self._cloud.region)
        self._journal.write(pending=[record_of(request, urn, "", inputs, state.fields)])
        try:
            created = row.make({**properties, **given}, self._cloud)
        except HalfMadeError as error:
            self._undo(record_of(request, urn, error.id, inputs, state.fields), error)
        except DeployError:
            self._journal.write()
            raise
        return created.id, {**given, **created.outputs}

    def _undo(self, record: ResourceRecord, error: HalfMadeError) -> None:
        """Delete what was made of a resource that could not be made whole; raises DeployError with the first error."""
        try:
            delete(record, self._cloud)
        except DeployError as second:
            self._deployment.leftovers.append(record)
            self._journal.write()
            raise DeployError(f"{error}; what was made of it could not be deleted: {second}") from error
        self._journal.write()
        raise DeployError(f"{error}; what was made of it is deleted again") from error

    def _replace(
        self, request: _Request, urn: str, row: ResourceType, before: ResourceRecord, inputs: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        if request.deleteBeforeReplace or _keeps_its_name(row, before, inputs):
            self._journal.write(pending=[before], departed=[urn])
            try:
                delete(before, self._cloud)
            except DeployError:
                self._journal.write(kept=[before])
                raise
            self._ended.add(urn)
            return self._create(request, urn, row, inputs)
        made = self._create(request, urn, row, inputs)
        self._deployment.leftovers.append(before)
        return made

    def fail(self, failure: Failure) -> None:
        """Note a failure, and say it."""
        with self._lock:
            self._deployment.failures.append(failure)
        self._events.resource_failed(failure)

    def _keep(self, record: ResourceRecord) -> None:
        with self._lock:
            self._deployment.resources[record.urn] = record


def _keeps_its_name(row: ResourceType, before: ResourceRecord, inputs: Mapping[str, Any]) -> bool:
    """Whether the old resource has the name that the new one is given, so that both cannot exist at a time."""
    name = row.auto_name.property if row.auto_name else ""
    return name in inputs and inputs[name] == before.inputs.get(name)
