"""What a stack is made of, as its state has it, and the destruction of it or of a part."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import urllib3

from .. import local_changes, project, pulumi_cli, target
from ..console import say
from ..errors import CommandError
from ..project import ROOT
from ..target import CONTROL_TIMEOUT_SECONDS, AwsStack, LocalStack, Target

_NOT_FOUND = 404


@dataclass(frozen=True)
class StackResource:
    """One resource that exists in AWS."""

    type: str
    name: str
    """Its name in the program."""
    urn: str
    id: str
    outputs: Mapping[str, Any]
    protect: bool
    is_retained: bool
    """Whether it stays in AWS when it leaves the stack."""

    def value(self, name: str) -> str:
        """One of its properties as text; empty where it has none such."""
        return str(self.outputs.get(name) or "")


class LocalState:
    """The state of a stack on a local cloud, which keeps it itself."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack: Target = stack
        self._cloud = stack
        self._record = self._read()

    @property
    def name(self) -> str:
        """Name of the stack."""
        return self._cloud.stack

    @property
    def project(self) -> str:
        """Name of the Pulumi project."""
        return str(self._record.get("project") or project.name())

    @property
    def place(self) -> str:
        """Where the stack is, for people."""
        return self._cloud.endpoint_url

    def resources(self) -> list[StackResource]:
        """What there is now, with what an interrupted deployment had under way."""
        self._record = self._read()
        items = [*self._record.get("resources", ()), *self._record.get("leftovers", ())]
        found = [
            StackResource(
                item["type"],
                item["name"],
                item["urn"],
                item["id"],
                {**item["inputs"], **item["outputs"]},
                item["protect"],
                item["retain_on_delete"],
            )
            for item in items
            if item["id"]
        ]
        pending = [item for item in self._record.get("pending", ()) if item["urn"] not in {it.urn for it in found}]
        return [
            *found,
            *(StackResource(it["type"], it["name"], it["urn"], it["id"], {}, False, False) for it in pending),
        ]

    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs."""
        return dict(self._record.get("outputs", {}))

    def commands(self, key: str, value: str) -> str:
        """What sets a configuration key and deploys it."""
        return (
            f"set `{self.project}:{key}: {value}` in Pulumi.{self.name}.yaml, "
            f"then `rapid local deploy --stack {self.name}`"
        )

    def destroy(self, targets: Sequence[str] = (), *, exclude_protected: bool = False) -> None:
        """Destroy through the deployer of the local cloud."""
        chosen = [word for urn in targets for word in ("--target", urn)]
        options = [*chosen, *(["--exclude-protected"] if exclude_protected else [])]
        local_changes.destroy(self._cloud, options)

    def _read(self) -> dict[str, Any]:
        url = f"{self._cloud.endpoint_url}/_rapid/stacks/{self.name}"
        answer = urllib3.request("GET", url, timeout=CONTROL_TIMEOUT_SECONDS, retries=False)
        return {} if answer.status == _NOT_FOUND else dict(answer.json())


class PulumiState:
    """The state of a stack on AWS, which the Pulumi CLI keeps."""

    def __init__(self) -> None:
        self.name = _pulumi("stack", "--show-name").strip()
        self.project = project.name()
        self.stack: Target = AwsStack()

    @property
    def place(self) -> str:
        """Where the stack is, for people."""
        return f"AWS, {self.stack.region}" if self.stack.region else "AWS"

    def resources(self) -> list[StackResource]:
        """What there is now: https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/."""
        deployment = json.loads(_pulumi("stack", "export"))["deployment"]
        found = [
            StackResource(
                item["type"],
                item["urn"].rpartition("::")[2],
                item["urn"],
                item["id"],
                {**item.get("inputs", {}), **item.get("outputs", {})},
                bool(item.get("protect")),
                bool(item.get("retainOnDelete")),
            )
            for item in deployment.get("resources", ())
            if item.get("custom") and not item["type"].startswith("pulumi:")
        ]
        self.stack = replace(AwsStack(), region_found=_region(found))
        return found

    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs, secrets masked."""
        return AwsStack().masked_outputs

    def commands(self, key: str, value: str) -> str:
        """What sets a configuration key and deploys it."""
        return f"`pulumi config set {key} {value} --stack {self.name}`, then `pulumi up --stack {self.name}`"

    def destroy(self, targets: Sequence[str] = (), *, exclude_protected: bool = False) -> None:
        """Destroy through the CLI: https://www.pulumi.com/docs/iac/cli/commands/pulumi_destroy/."""
        command = ["destroy", "--yes", "--skip-preview", "--stack", self.name]
        if targets:
            command += ["--target-dependents", *(word for urn in targets for word in ("--target", urn))]
        if exclude_protected:
            command.append("--exclude-protected")
        # A person sees what the CLI says.
        if status := pulumi_cli.run(*command):
            raise CommandError(
                f"`pulumi {' '.join(command[:5])} …` ended with status {status}; mend what it names, then run this "
                "again"
            )


State = LocalState | PulumiState


def find(name: str | None) -> State:
    """The state of the stack that commands talk to, or of the one of this name there. Raises CommandError."""
    if name:
        # What chooses a stack for every command, and for the Pulumi CLI.
        os.environ["PULUMI_STACK"] = name
    found = target.find()
    if isinstance(found, LocalStack):
        # A name that is mistyped is no stack that is gone.
        project.region_of(found.stack)
        return LocalState(found)
    return PulumiState()


def listed(resources: Iterable[StackResource], kept: frozenset[str]) -> None:
    """Print each resource, those first that go first; in columns, of which only the last may break a line."""
    items = [*reversed([*resources])]
    type_width = max((len(item.type) for item in items), default=0)
    name_width = max((len(item.name) for item in items), default=0)
    for item in items:
        fate = "  (stays)" if item.urn in kept else "  (leaves the stack, stays in AWS)" if item.is_retained else ""
        say(f"{item.type:<{type_width}}  {item.name:<{name_width}}  {item.id}{fate}")


def by_type(resources: Iterable[StackResource]) -> Counter[str]:
    """How many resources there are of each type."""
    return Counter(item.type for item in resources)


def _region(resources: Iterable[StackResource]) -> str | None:
    """The region of a stack's resources, by an ARN that names one."""
    parts = (item.value("arn").split(":") for item in resources)
    return next((found[3] for found in parts if len(found) > 3 and found[3]), None)


def _pulumi(*arguments: str) -> str:
    command = ["pulumi", *arguments]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CommandError(target.no_pulumi()) from None
    if done.returncode:
        raise CommandError(f"`{' '.join(command)}` failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
