"""The resource monitor: what the Pulumi SDK asks of its engine, answered by making the resources.

The protocol is Pulumi's (proto/pulumi/resource.proto); the SDK calls the methods below by their protocol names on
threads of its executor. A failed resource is answered as failed, not raised, so that the program goes on and what does
not depend on it is still made.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import resource_pb2

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.creation import ResourceType, create
from rapid.local.deploy.deployment import Deployment, Failure, ResourceRecord
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.events import EventStream
from rapid.local.deploy.records import Records
from rapid.local.deploy.resources import SERVICES, row_of
from rapid.local.deploy.wire import (
    SECRET_MASK,
    holds_secret,
    plain,
    plain_properties,
    recordable,
    to_secret,
    to_value,
    unknown_paths,
)

_STACK_TYPE = "pulumi:pulumi:Stack"
# References to resources are left out: without them the SDK sends a resource's id, which is what AWS takes.
_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
)


class ResourceMonitor:
    """Makes each resource that the program registers, and keeps the deployment's record."""

    def __init__(self, deployment: Deployment, cloud: Cloud, records: Records, events: EventStream) -> None:
        self._deployment = deployment
        self._cloud = cloud
        self._records = records
        self._events = events
        self._lock = threading.Lock()
        self._failed: dict[str, str] = {}
        self._urns: set[str] = set()

    def GetDeploymentInfo(self, _request: empty_pb2.Empty) -> resource_pb2.DeploymentInfo:
        """Say what this engine can do."""
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        """Make a resource, or note a component."""
        urn = self._urn(request.parent, request.type, request.name)
        try:
            self._claim(urn)
            if not request.custom:
                return self._note_component(request, urn)
            self._require_dependencies(request)
            return self._make(request, urn)
        except DeployError as error:
            return self._fail(request, urn, str(error))

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        """Keep the outputs of a component; those of the stack are the deployment's."""
        if request.urn.split("::")[2] == _STACK_TYPE:
            self._keep_stack_outputs(request.outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        """Refuse provider look-ups by name."""
        raise DeployError(f"the provider function {request.tok} is not supported by the local cloud")

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:
        """Refuse reading resources that the stack did not make."""
        raise DeployError(f"reading {request.type} {request.name!r} ({request.id}) is not supported by the local cloud")

    def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> resource_pb2.RegisterPackageResponse:
        """Refuse parameterized providers by name."""
        raise DeployError(f"the provider package {request.name} is not supported by the local cloud")

    def SignalAndWaitForShutdown(self, _request: empty_pb2.Empty) -> empty_pb2.Empty:
        """Let the program end."""
        return empty_pb2.Empty()

    def _urn(self, parent: str, type_: str, name: str) -> str:
        parent_type = parent.split("::")[2] if parent else _STACK_TYPE
        qualified = type_ if parent_type == _STACK_TYPE else f"{parent_type}${type_}"
        return f"urn:pulumi:{self._deployment.stack}::{self._deployment.project}::{qualified}::{name}"

    def _claim(self, urn: str) -> None:
        with self._lock:
            if urn in self._urns:
                raise DeployError(f"the name is taken: the program makes two resources {urn}; give one another name")
            self._urns.add(urn)

    def _require_dependencies(self, request: resource_pb2.RegisterResourceRequest) -> None:
        causes = sorted(self._failed[urn] for urn in {*request.dependencies, request.parent} if urn in self._failed)
        if causes:
            raise DeployError(f"skipped: depends on {', '.join(causes)}, which failed")
        for name, value in request.object.fields.items():
            for path in unknown_paths(value, name):
                sources = [urn.split("::")[-1] for urn in request.propertyDependencies[name].urns]
                raise DeployError(
                    f"property {path} comes from an output that the local cloud does not compute "
                    f"(of {', '.join(sorted(sources)) or 'an unnamed resource'})"
                )

    def _note_component(
        self, request: resource_pb2.RegisterResourceRequest, urn: str
    ) -> resource_pb2.RegisterResourceResponse:
        if request.remote:
            raise DeployError(f"the remote component {request.type} is not supported by the local cloud")
        self._record(request, urn, "", {})
        return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)

    def _make(self, request: resource_pb2.RegisterResourceRequest, urn: str) -> resource_pb2.RegisterResourceResponse:
        row = row_of(request.type)
        if request.importId:
            raise DeployError(f"importing {request.importId!r} is not supported by the local cloud")
        inputs = plain_properties(request.object)
        name_given = _name_given(row, request.name, inputs)
        self._cloud.prepare(SERVICES, lambda: self._records.refuse_second(self._deployment.stack))
        created = create(row, request.name, {**inputs, **name_given}, self._cloud)
        computed = {"region": self._cloud.region, **name_given, **created.outputs}
        state = _state(request.object, computed, {*request.additionalSecretOutputs, *row.secret_outputs})
        self._record(request, urn, created.id, state.fields)
        self._events.resource_created(request.type, request.name)
        # What neither inputs nor row say is unknown rather than None, so that a use of it is refused by name.
        return resource_pb2.RegisterResourceResponse(urn=urn, id=created.id, object=state, unknown=True)

    def _record(
        self,
        request: resource_pb2.RegisterResourceRequest,
        urn: str,
        id_: str,
        state: Mapping[str, struct_pb2.Value],
    ) -> None:
        outputs = {
            name: SECRET_MASK if holds_secret(value) else recordable(plain(value)) for name, value in state.items()
        }
        record = ResourceRecord(
            request.type, request.name, urn, id_, request.parent, tuple(sorted(request.dependencies)), outputs
        )
        with self._lock:
            self._deployment.resources[urn] = record

    def _fail(
        self, request: resource_pb2.RegisterResourceRequest, urn: str, error: str
    ) -> resource_pb2.RegisterResourceResponse:
        failure = Failure(request.type, request.name, error)
        with self._lock:
            self._failed[urn] = f"{request.type} {request.name!r}"
            self._deployment.failures.append(failure)
        self._events.resource_failed(failure)
        return resource_pb2.RegisterResourceResponse(urn=urn, result=resource_pb2.FAIL)

    def _keep_stack_outputs(self, outputs: struct_pb2.Struct) -> None:
        for name, value in sorted(outputs.fields.items()):
            if any(unknown_paths(value, name)):
                if not self._failed:
                    error = "comes from an output that the local cloud does not compute"
                    self._deployment.failures.append(Failure("stack output", name, error))
                continue
            self._deployment.outputs[name] = recordable(plain(value))
            if holds_secret(value):
                self._deployment.secret_outputs.add(name)


def _name_given(row: ResourceType, logical_name: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the physical name made for a resource that was given none."""
    if row.auto_name is None or row.auto_name.property in inputs:
        return {}
    return {row.auto_name.property: row.auto_name.physical_name(logical_name)}


def _state(inputs: struct_pb2.Struct, computed: Mapping[str, Any], secrets: Iterable[str]) -> struct_pb2.Struct:
    """Return a resource's outputs: its inputs as they came, what was computed, secrets marked."""
    state = struct_pb2.Struct()
    state.CopyFrom(inputs)
    tags_all = plain_properties(inputs).get("tags", {})
    for name, value in {"tagsAll": tags_all, **computed}.items():
        if value is not None:
            state.fields[name].CopyFrom(to_value(value))
    for name in secrets:
        if name in state.fields:
            state.fields[name].CopyFrom(to_secret(state.fields[name]))
    return state
