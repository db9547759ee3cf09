"""The resource monitor: what the Pulumi SDK asks of its engine, answered by making the resources.

The protocol is Pulumi's (proto/pulumi/resource.proto); the SDK calls the methods below by their protocol names on
threads of its executor. A failed resource is answered as failed, not raised, so that the program goes on and what does
not depend on it is still made.
"""

from __future__ import annotations

import threading

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import is_dry_run

from rapid.local.deploy.changes import Changes
from rapid.local.deploy.deployment import Deployment, Failure
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.outputs import as_reached_here, own_names, quicksight_here
from rapid.local.deploy.urns import STACK_TYPE, earlier_urns, urn_of
from rapid.local.deploy.wire import holds_secret, plain, recordable, unknown_paths, without_secrets

# References to resources are left out: without them the SDK sends a resource's id, which is what AWS takes.
_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
)


class ResourceMonitor:
    """Answers the program; of its resources, those whose URNs are chosen, or all of them, are brought about."""

    def __init__(self, deployment: Deployment, changes: Changes, chosen: frozenset[str] | None = None) -> None:
        self._deployment = deployment
        self._changes = changes
        self._chosen = chosen
        self._lock = threading.Lock()
        self._failed: dict[str, str] = {}
        self._urns: dict[str, list[str]] = {}
        self._departed_outputs: set[str] = set()

    def GetDeploymentInfo(self, _request: empty_pb2.Empty) -> resource_pb2.DeploymentInfo:
        """Say what this engine can do."""
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        """Make a resource, or note a component."""
        urn = self._urn(request.parent, request.type, request.name)
        try:
            self._claim(request, urn)
            _refuse_options(request)
            if not request.custom:
                return self._note_component(request, urn)
            if self._chosen is not None and urn not in self._chosen:
                return self._pass_over(urn)
            self._require_dependencies(request)
            return self._changes.resource(request, urn)
        except DeployError as error:
            return self._fail(request, urn, str(error))

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        """Keep the outputs of a component; those of the stack are the deployment's."""
        if request.urn.split("::")[2] == STACK_TYPE:
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

    def drop_departed_outputs(self) -> None:
        """Drop the outputs of the stack that the program says no more; one that failed may not have come to them."""
        for name in self._departed_outputs:
            del self._deployment.outputs[name]
        self._deployment.secret_outputs -= self._departed_outputs

    def _urn(self, parent: str, type_: str, name: str) -> str:
        return urn_of(self._deployment.project, self._deployment.stack, parent, type_, name)

    def _claim(self, request: resource_pb2.RegisterResourceRequest, urn: str) -> None:
        with self._lock:
            if urn in self._urns:
                raise DeployError(f"the name is taken: the program makes two resources {urn}; give one another name")
            of_parent = self._urns.get(request.parent, [])
            earlier = earlier_urns(request, self._deployment.project, self._deployment.stack, of_parent)
            self._urns[urn] = earlier
        if request.custom and earlier:
            self._changes.adopt(urn, earlier)

    def _require_dependencies(self, request: resource_pb2.RegisterResourceRequest) -> None:
        causes = sorted(self._failed[urn] for urn in {*request.dependencies, request.parent} if urn in self._failed)
        if causes:
            raise DeployError(f"skipped: depends on {', '.join(causes)}, which failed")
        if is_dry_run():
            return
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
        self._changes.component(request, urn)
        return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)

    def _pass_over(self, urn: str) -> resource_pb2.RegisterResourceResponse:
        """Leave a resource as it is; answered as failed, what comes of it is unknown, and nobody chosen needs it."""
        self._changes.load()
        self._changes.leave(urn)
        return resource_pb2.RegisterResourceResponse(urn=urn, result=resource_pb2.FAIL)

    def _fail(
        self, request: resource_pb2.RegisterResourceRequest, urn: str, error: str
    ) -> resource_pb2.RegisterResourceResponse:
        failure = Failure(request.type, request.name, without_secrets(error, request.object))
        with self._lock:
            self._failed[urn] = f"{request.type} {request.name!r}"
        self._changes.leave(urn)
        self._changes.fail(failure)
        return resource_pb2.RegisterResourceResponse(urn=urn, result=resource_pb2.FAIL)

    def _keep_stack_outputs(self, outputs: struct_pb2.Struct) -> None:
        self._changes.load()
        if not is_dry_run():
            self._departed_outputs = {*self._deployment.outputs} - {*outputs.fields}
        named = own_names(self._deployment.resources.values()) | quicksight_here(*self._changes.place)
        for name, value in sorted(outputs.fields.items()):
            if any(unknown_paths(value, name)):
                if not self._failed and self._chosen is None and not is_dry_run():
                    error = "comes from an output that the local cloud does not compute"
                    self._deployment.failures.append(Failure("stack output", name, error))
                continue
            self._deployment.outputs[name] = as_reached_here(recordable(plain(value)), named)
            (self._deployment.secret_outputs.add if holds_secret(value) else self._deployment.secret_outputs.discard)(
                name
            )


def _refuse_options(request: resource_pb2.RegisterResourceRequest) -> None:
    """Raise DeployError for an option that would be ignored; see `pulumi.ResourceOptions`."""
    given = {
        "ignore_changes": bool(request.ignoreChanges),
        "replace_on_changes": bool(request.replaceOnChanges),
        "replace_with": bool(request.replace_with),
        "deleted_with": bool(request.deletedWith),
    }
    for option, is_given in given.items():
        if is_given:
            raise DeployError(f"the resource option {option} is not supported by the local cloud; leave it out")
