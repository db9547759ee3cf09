"""Running the deployer: a child process that deploys the Pulumi program and tells of each resource in a JSON line."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from .errors import CommandError
from .project import ROOT

PROGRAM = (sys.executable, "-m", "rapid.local.deploy")


class Deployer:
    """The deployer of one stack onto one local cloud. It starts at once, so that it can load while the cloud starts."""

    def __init__(self, stack: str, endpoint_url: str) -> None:
        command = [*PROGRAM, "--stack", stack, "--endpoint", endpoint_url]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def wait(self, created: Callable[[str], None]) -> int:
        """Follow the deployment to its end, telling of each resource created; returns how many there were.

        Raises CommandError with every failure.
        """
        count, done = 0, False
        failures: list[str] = []
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = _event(line)
            if event.get("event") == "resource" and event["status"] == "created":
                count += 1
                created(f"{count:>3} {event['type']} {event['name']}")
            elif event.get("event") == "failed":
                failures += [described(failure) for failure in event["failures"]]
            done = done or event.get("event") == "done"
        status = self._process.wait()
        if status or not done:
            listed = "".join(f"\n  {failure}" for failure in failures) or f" the deployer ended with status {status}"
            raise CommandError(f"the stack was not deployed:{listed}")
        return count

    def stop(self) -> None:
        """End the deployer if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if isinstance(event, dict):
        return event
    # The program under deployment may print; that is for the person to see.
    print(line, end="", file=sys.stderr)
    return {}


def described(failure: dict[str, str]) -> str:
    """A failure that a deployer told: what failed, where that is a thing of its own, and why."""
    what = f"{failure['type']} {failure['name']}".strip()
    return f"{what}: {failure['error']}" if what else failure["error"]
