"""`rapid local preview` and `deploy`: the stack on a local cloud, and what the program says now; and its end."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from .console import activity, say, say_error
from .deployment import PROGRAM, described
from .errors import CommandError
from .plan_tree import render
from .project import ROOT
from .target import LocalStack

_TABLE = "aws:glue/catalogTable:CatalogTable"
_MADE = ("created", "updated", "replaced")
_TOLD = ("cleaned up", "created", "updated", "replaced", "deleted", "retained", "unchanged")


def preview(stack: LocalStack, targets: Sequence[str]) -> None:
    """Print what a deployment would do, and do nothing. Raises CommandError with every failure."""
    told = _events(stack, "preview", _chosen(targets))
    say(render([event for event in told if event.get("event") in ("component", "plan")]))


def deploy(stack: LocalStack, targets: Sequence[str]) -> None:
    """Change what differs from the program, and say what was done. Raises CommandError with every failure."""
    _carry_out(f"Deploying stack {stack.stack} to {stack.endpoint_url}", _events(stack, "deploy", _chosen(targets)))


def destroy(stack: LocalStack, options: Sequence[str] = ()) -> None:
    """Delete the stack's resources, and say how many; `options` are the deployer's.

    Raises CommandError with every failure.
    """
    _carry_out(f"Destroying stack {stack.stack} on {stack.endpoint_url}", _events(stack, "destroy", options), False)


def _carry_out(title: str, events: Iterator[dict[str, Any]], with_names: bool = True) -> None:
    """Follow a deployer, and say what it did, also where it fails in the end: each by name, or only how many."""
    done: list[dict[str, Any]] = []
    try:
        with activity(title) as tell:
            for event in events:
                if event.get("event") == "resource" and event["status"] in _TOLD:
                    done.append(event)
                    if event["status"] != "unchanged":
                        tell(f"{event['status']} {event['type']} {event['name']}")
    finally:
        if done:
            _report(done, with_names)
    if not done:
        say("The stack has no resources.")


def _report(done: Sequence[dict[str, Any]], with_names: bool) -> None:
    for event in done:
        if with_names and event["status"] != "unchanged":
            say(f"{event['status']:<10} {event['type']} {event['name']}")
    counts = Counter(event["status"] for event in done)
    changes = [f"{counts[status]} {status}" for status in _TOLD if counts[status] and status != "unchanged"]
    unchanged = [f"{counts['unchanged']} unchanged"] if counts["unchanged"] else []
    say("; ".join([", ".join(changes) or "nothing changed", *unchanged]))
    if any(event["type"] == _TABLE and event["status"] in _MADE for event in done):
        say(
            "Tables changed: the run of the curate job that begins in a minute or two brings the curated ones along, "
            "`rapid etl run` does at once; "
            "their views may not answer before."
        )


def _chosen(targets: Sequence[str]) -> list[str]:
    return [word for target in targets for word in ("--target", target)]


def _events(stack: LocalStack, action: str, options: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Run the deployer and hand out what it tells. Raises CommandError with every failure at its end."""
    command = [*PROGRAM, "--stack", stack.stack, "--endpoint", stack.endpoint_url, "--action", action, *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    failures: list[dict[str, str]] = []
    assert process.stdout is not None
    try:
        for line in process.stdout:
            event = _event(line)
            failures += event.get("failures", [])
            yield event
        status = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if status:
        listed = "".join(f"\n  {described(item)}" for item in failures)
        raise CommandError(f"{action} of stack {stack.stack} failed:{listed or f' exit status {status}'}")


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if isinstance(event, dict):
        return event
    say_error(line.rstrip("\n"))
    return {}


def confirmed(question: str) -> bool:
    """Ask a person; without a terminal nobody can say yes."""
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to be asked; say --force to go on without asking")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
