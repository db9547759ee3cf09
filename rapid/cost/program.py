"""What the Pulumi program would make, for a price: each resource with the few inputs that a price depends on.

`python -m rapid.cost.program --stack dev [--set KEY=VALUE]` prints it as JSON. A process of its own, since Pulumi keeps
one program's state a process.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

_PRICED_INPUTS = {
    "aws:cloudwatch/logGroup:LogGroup": ("retentionInDays",),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("metricQueries",),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("vpcEndpointType", "subnetIds"),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": ("extendedS3Configuration",),
    "aws:kinesis/stream:Stream": ("shardCount", "streamModeDetails"),
    "aws:lambda/function:Function": ("memorySize", "environment"),
    "aws:quicksight/dataSet:DataSet": ("dataSetId", "importMode", "physicalTableMaps", "refreshProperties"),
    "aws:quicksight/refreshSchedule:RefreshSchedule": ("dataSetId", "schedule"),
    "aws:wafv2/webAcl:WebAcl": ("rules",),
}


class ProgramError(Exception):
    """The program cannot be run to its end; the message says why."""


@dataclass(frozen=True)
class Resource:
    """A resource as the program registers it; what is known only when it is made is not in its inputs."""

    type: str
    name: str
    inputs: Mapping[str, Any]


def record(directory: Path, stack: str, settings: Mapping[str, str] = {}) -> list[Resource]:
    """What the program in a folder makes for a stack, with some configuration keys set otherwise.

    Raises ProgramError. Takes some seconds: a process starts, and the program runs.
    """
    changed = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    command = [sys.executable, "-m", __spec__.name, "--stack", stack, "--project", str(directory), *changed]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, encoding="utf-8", check=False)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise ProgramError(done.stderr.strip() or f"the program ended with status {done.returncode}") from None
    if told["failures"]:
        raise ProgramError("; ".join(told["failures"]))
    return [Resource(**resource) for resource in told["resources"]]


def main(arguments: Sequence[str]) -> int:
    """Print what the program makes, or what failed; the exit status."""
    options = _parser().parse_args(arguments)
    with contextlib.redirect_stdout(sys.stderr):
        told = _run(options.project.resolve(), options.stack, dict(item.split("=", 1) for item in options.set))
    print(json.dumps(told))
    return 1 if told["failures"] else 0


def _run(directory: Path, stack: str, settings: Mapping[str, str]) -> dict[str, Any]:
    from rapid.local.deploy.errors import ConfigurationError
    from rapid.local.deploy.program import register
    from rapid.local.deploy.project import read_project

    try:
        project = read_project(directory, stack)
    except ConfigurationError as error:
        return {"failures": [str(error)], "resources": []}
    changed = {f"{project.name}:{key}": value for key, value in settings.items()}
    project = replace(project, config={**project.config, **changed})
    recorder = _recorder(project.name, stack)
    failures = register(project, recorder)
    return {
        "failures": [failure.error for failure in failures],
        "resources": [asdict(resource) for resource in recorder.resources],
    }


def _recorder(project: str, stack: str) -> Any:
    """A resource monitor that makes nothing and keeps what it was told."""
    from pulumi.runtime.proto import resource_pb2

    from rapid.local.deploy.targets import Graph
    from rapid.local.deploy.wire import plain_properties

    class Recorder(Graph):
        def __init__(self) -> None:
            super().__init__(project, stack)
            self.resources: list[Resource] = []

        def RegisterResource(
            self, request: resource_pb2.RegisterResourceRequest
        ) -> resource_pb2.RegisterResourceResponse:
            if request.custom:
                wanted = _PRICED_INPUTS.get(request.type, ())
                inputs = plain_properties(request.object) if wanted else {}
                kept = {key: inputs[key] for key in wanted if key in inputs}
                self.resources.append(Resource(request.type, request.name, kept))
            return super().RegisterResource(request)

    return Recorder()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description="Print what the program makes.")
    parser.add_argument("--stack", required=True, help="the stack, for instance dev")
    parser.add_argument("--project", type=Path, default=Path(), help="folder of Pulumi.yaml (default: this one)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a configuration key")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
