"""The state of a stack: every resource with the inputs it has, every failure, the stack's outputs."""

from __future__ import annotations

import graphlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rapid.local.deploy.wire import SECRET_MASK

_UNDER_WAY = "under way"


@dataclass(frozen=True)
class ResourceRecord:
    """One resource that exists now. `id` is empty for components.

    Of secrets, `inputs` hold digests and `outputs` a mask; assets are digests in both. `unsettled` names the inputs
    whose change failed, so that the resource may have either value. `protect` and `retain_on_delete` are Pulumi's
    resource options: https://www.pulumi.com/docs/iac/concepts/resources/options/.
    """

    type: str
    name: str
    urn: str
    id: str
    parent: str
    dependencies: tuple[str, ...]
    outputs: Mapping[str, Any]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    unsettled: tuple[str, ...] = ()
    protect: bool = False
    retain_on_delete: bool = False

    @property
    def is_component(self) -> bool:
        """Whether it only groups others: nothing in the cloud is it."""
        return not self.id


@dataclass(frozen=True)
class Failure:
    """One thing that did not work: a resource, the program, or the configuration."""

    type: str
    name: str
    error: str


@dataclass
class Deployment:
    """The state of a stack, during a run of the program and after it.

    `resources` are in the order of their registration, so that what a resource depends on stands before it.
    `leftovers` exist beside them: what was replaced, or could not be made whole, and could not be deleted. `pending`
    are what a deployer that was interrupted was about to make, when they have no id, or to delete. `process_id` is that
    of the deployer that is changing the stack, or was.
    """

    project: str
    stack: str
    resources: dict[str, ResourceRecord] = field(default_factory=dict)
    leftovers: list[ResourceRecord] = field(default_factory=list)
    pending: list[ResourceRecord] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    secret_outputs: set[str] = field(default_factory=set)
    process_id: int | None = None

    def masked_outputs(self) -> dict[str, Any]:
        """Return the stack's outputs with the secrets masked, fit for a terminal or a log."""
        return {name: SECRET_MASK if name in self.secret_outputs else value for name, value in self.outputs.items()}

    def as_record(self, is_under_way: bool = False) -> dict[str, Any]:
        """Return what the local cloud keeps of the stack; its outputs are in clear, the secret ones named."""
        return {
            "project": self.project,
            "stack": self.stack,
            "status": _UNDER_WAY if is_under_way else "failed" if self.failures else "succeeded",
            "outputs": self.outputs,
            "secret_outputs": sorted(self.secret_outputs),
            "resources": [asdict(resource) for resource in self.resources.values()],
            "leftovers": [asdict(resource) for resource in self.leftovers],
            "pending": [asdict(resource) for resource in self.pending],
            "process_id": os.getpid() if is_under_way else None,
            "failures": [asdict(failure) for failure in self.failures],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Deployment:
        """Read what `as_record` returned; raises KeyError or TypeError for anything else."""
        resources = {item["urn"]: _resource(item) for item in record["resources"]}
        leftovers = [_resource(item) for item in record["leftovers"]]
        # Those without an id were pending, and could not even be looked for.
        pending = [item for item in leftovers if not item.id] + [_resource(item) for item in record["pending"]]
        return cls(
            record["project"],
            record["stack"],
            _in_order(resources) if record["status"] == _UNDER_WAY else resources,
            [item for item in leftovers if item.id],
            pending,
            outputs=dict(record["outputs"]),
            secret_outputs=set(record["secret_outputs"]),
            process_id=record["process_id"],
        )


def _in_order(resources: dict[str, ResourceRecord]) -> dict[str, ResourceRecord]:
    """Put what a resource depends on before it: what was noted during a deployment stands where it stood before."""
    needs = {urn: resources.keys() & record.dependencies for urn, record in resources.items()}
    return {urn: resources[urn] for urn in graphlib.TopologicalSorter(needs).static_order()}


def _resource(item: Mapping[str, Any]) -> ResourceRecord:
    tuples = {name: tuple(item[name]) for name in ("dependencies", "unsettled")}
    return ResourceRecord(**{**item, **tuples})
