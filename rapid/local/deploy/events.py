"""What the deployer says while it works: one JSON object a line."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from typing import Any, TextIO

from rapid.local.deploy.deployment import Deployment, Failure


class EventStream:
    """Writes events, whole lines at a time, from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def resource_created(self, type_: str, name: str) -> None:
        """Say that a resource exists now."""
        self._write({"event": "resource", "type": type_, "name": name, "status": "created"})

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
