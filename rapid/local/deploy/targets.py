"""Choosing some resources of a program: those that are named, and what they depend on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from google.protobuf import empty_pb2
from pulumi.runtime.proto import resource_pb2

from rapid.local.deploy.errors import DeployError, suggestion
from rapid.local.deploy.urns import urn_of


@dataclass(frozen=True)
class _Node:
    name: str
    parent: str
    needs: frozenset[str]


class TargetError(DeployError):
    """A target names no resource of the program and none that is deployed."""


class Graph:
    """A resource monitor that makes nothing and notes what depends on what."""

    def __init__(self, project: str, stack: str) -> None:
        self._project = project
        self._stack = stack
        self._nodes: dict[str, _Node] = {}

    def GetDeploymentInfo(self, _request: empty_pb2.Empty) -> resource_pb2.DeploymentInfo:
        """Say what this engine can do: for the shape of the graph, nothing more is needed."""
        return resource_pb2.DeploymentInfo(supportedFeatures=[resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS])

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        """Note a resource; its outputs are unknown."""
        urn = urn_of(self._project, self._stack, request.parent, request.type, request.name)
        self._nodes[urn] = _Node(request.name, request.parent, frozenset(request.dependencies))
        return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)

    def RegisterResourceOutputs(self, _request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        """Take the outputs of a component, which say nothing of the graph."""
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, _request: empty_pb2.Empty) -> empty_pb2.Empty:
        """Let the program end."""
        return empty_pb2.Empty()

    def choose(self, targets: Iterable[str], departed: Mapping[str, str]) -> frozenset[str]:
        """Return the URNs of what is named, by URN or by name, of what is inside it, and of what all of that needs.

        `departed` are the names, by URN, of resources that are deployed but that the program has no more.
        Raises TargetError for a target that is neither.
        """
        names = {**departed, **{urn: node.name for urn, node in self._nodes.items()}}
        chosen: set[str] = set()
        for target in targets:
            found = [urn for urn, name in names.items() if target in (urn, name)]
            if not found:
                raise TargetError(f"there is no resource {target!r}; {suggestion(target, names.values())}")
            for urn in found:
                self._add(urn, chosen)
                for inner in self._inside(urn):
                    self._add(inner, chosen)
        return frozenset(chosen)

    def _inside(self, urn: str) -> list[str]:
        children = [child for child, node in self._nodes.items() if node.parent == urn]
        return [*children, *(inner for child in children for inner in self._inside(child))]

    def _add(self, urn: str, chosen: set[str]) -> None:
        if urn in chosen:
            return
        chosen.add(urn)
        node = self._nodes.get(urn)
        for needed in (*node.needs, node.parent) if node else ():
            if needed:
                self._add(needed, chosen)
