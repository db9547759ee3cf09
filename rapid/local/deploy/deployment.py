"""What came of a deployment: every resource, every failure, the stack's outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rapid.local.deploy.wire import SECRET_MASK


@dataclass(frozen=True)
class ResourceRecord:
    """One resource that exists now. `id` is empty for components, secrets in `outputs` are masked."""

    type: str
    name: str
    urn: str
    id: str
    parent: str
    dependencies: tuple[str, ...]
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """One thing that did not work: a resource, the program, or the configuration."""

    type: str
    name: str
    error: str


@dataclass
class Deployment:
    """The state of one run of the program."""

    project: str
    stack: str
    resources: dict[str, ResourceRecord] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    secret_outputs: set[str] = field(default_factory=set)

    def masked_outputs(self) -> dict[str, Any]:
        """Return the stack's outputs with the secrets masked, fit for a terminal or a log."""
        return {name: SECRET_MASK if name in self.secret_outputs else value for name, value in self.outputs.items()}

    def as_record(self) -> dict[str, Any]:
        """Return what the local cloud keeps of the stack; its outputs are in clear, the secret ones named."""
        return {
            "project": self.project,
            "stack": self.stack,
            "status": "failed" if self.failures else "succeeded",
            "outputs": self.outputs,
            "secret_outputs": sorted(self.secret_outputs),
            "resources": [asdict(resource) for resource in self.resources.values()],
            "failures": [asdict(failure) for failure in self.failures],
        }
