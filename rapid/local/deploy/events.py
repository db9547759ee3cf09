"""What the deployer says while it works: one JSON object a line."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from enum import Enum
from typing import Any, TextIO

from rapid.local.deploy.deployment import Deployment, Failure, ResourceRecord
from rapid.local.deploy.steps import Step


class Status(Enum):
    """What was done to a resource."""

    CREATED = "created"
    UPDATED = "updated"
    REPLACED = "replaced"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    RETAINED = "retained"
    CLEANED_UP = "cleaned up"


class EventStream:
    """Writes events, whole lines at a time, from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def resource_done(self, type_: str, name: str, status: Status) -> None:
        """Say what was done to a resource."""
        self._write({"event": "resource", "type": type_, "name": name, "status": status.value})

    def component_planned(self, record: ResourceRecord) -> None:
        """Say that a component is there, for others to be in."""
        self._write({"event": "component", **_place(record)})

    def resource_planned(self, record: ResourceRecord, step: Step) -> None:
        """Say what would be done to a resource, and why."""
        found = [asdict(difference) for difference in step.differences]
        plan = {"operation": step.operation.value, "differences": found, "forced_by": step.forced_by}
        self._write({"event": "plan", **_place(record), **plan})

    def resource_failed(self, failure: Failure) -> None:
        """Say that a resource could not be made, and why."""
        self._write({"event": "resource", "status": "failed", **asdict(failure)})

    def done(self, deployment: Deployment) -> None:
        """Say that all went well; secrets among the outputs are masked."""
        self._write({"event": "done", "outputs": deployment.masked_outputs()})

    def failed(self, failures: list[Failure]) -> None:
        """Say all that went wrong."""
        self._write({"event": "failed", "failures": [asdict(failure) for failure in failures]})

    def _write(self, event: dict[str, Any]) -> None:
        with self._lock:
            self._stream.write(json.dumps(event) + "\n")
            self._stream.flush()


def _place(record: ResourceRecord) -> dict[str, str]:
    return {"type": record.type, "name": record.name, "urn": record.urn, "parent": record.parent}
