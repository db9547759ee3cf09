"""How long does the Pulumi program take from its start to the last registration, as `pulumi up` runs it?

The program is a process of its own that does what Pulumi's language host does (`bench/start_program.py`). An engine in
this process, over gRPC as Pulumi's, answers each registration at once, with made-up outputs: what is left is Python,
the SDK, and our code. Bytecode is warm: a first run, which is not counted, compiles. Programs take turns.

    python -m bench.start [rounds]
"""

import json
import resource
import subprocess
import sys
import time
from concurrent import futures
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import grpc
import yaml
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from . import table

ROOT = Path(__file__).parents[1]
ROUNDS = 5
GOAL_SECONDS = 6
EVERYTHING = {
    "dashboards": "quicksight",
    "network": "create",
    "notification_email": "operations@example.com",
    "ldap_url": "ldaps://ipa.example.com",
    "ldap_base_dn": "dc=example,dc=com",
}
BARE, ONE = "Python alone", "the SDK, the AWS provider, and one bucket"
PROGRAMS: dict[str, tuple[str, str, dict[str, str]]] = {
    BARE: ("pass", "dev", {}),
    ONE: ("import pulumi_aws; pulumi_aws.s3.Bucket('one')", "dev", {}),
    "dev": ("", "dev", {}),
    "prod": ("", "prod", {}),
    "dev, with everything that can be configured": ("", "dev", EVERYTHING),
}
"""Of each program its text (ours where there is none), its stack, and what is set beside the stack's own settings."""


class Engine(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Makes nothing, and says that everything is made."""

    def __init__(self) -> None:
        self.registered = 0
        self.last = 0.0
        self._root = ""

    def SupportsFeature(self, request: Any, _context: Any) -> resource_pb2.SupportsFeatureResponse:
        """Of the current engine's features all that an answer needs nothing for."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id not in ("transforms", "invokeTransforms"))

    def RegisterResource(self, request: Any, _context: Any) -> resource_pb2.RegisterResourceResponse:
        """What was asked for, made."""
        urn = f"urn:pulumi:dev::rapid-analytics::{request.type}::{request.name}"
        made = struct_pb2.Struct()
        if request.custom:
            made.update(
                {
                    "arn": f"arn:aws:service:us-east-1:123456789012:{request.name}",
                    "name": request.name,
                    "bucket": request.name,
                    "invokeArn": f"arn:aws:apigateway:us-east-1:lambda:path/functions/{request.name}/invocations",
                    "executionArn": "arn:aws:execute-api:us-east-1:123456789012:abc123",
                    "url": f"https://sqs.us-east-1.amazonaws.com/123456789012/{request.name}",
                    "invokeUrl": "https://abc123.execute-api.us-east-1.amazonaws.com/v1",
                    "value": "made-up",
                    "domainName": "d1.cloudfront.net",
                    "bucketRegionalDomainName": f"{request.name}.s3.us-east-1.amazonaws.com",
                }
            )
            made.MergeFrom(request.object)
        self.registered += request.type != "pulumi:pulumi:Stack"
        self.last = time.perf_counter()
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"{request.name}-id", object=made)

    def RegisterResourceOutputs(self, _request: Any, _context: Any) -> empty_pb2.Empty:
        """Nobody reads them."""
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, _request: Any, _context: Any) -> empty_pb2.Empty:
        """The program is done."""
        return empty_pb2.Empty()

    def Log(self, _request: Any, _context: Any) -> empty_pb2.Empty:
        """Nobody reads it."""
        return empty_pb2.Empty()

    def GetRootResource(self, _request: Any, _context: Any) -> Any:
        """The stack, once it is known."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, _context: Any) -> Any:
        """Keep the stack."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()


def measure(program: str, stack: str, config: dict[str, str]) -> tuple[float, float, int]:
    """Seconds from a process's start to its last registration (its end, if it has none), its processor seconds in all,
    and how many registrations there were.
    """
    engine = Engine()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, server)
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        settings = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
        settings = {key: json.dumps(it) if isinstance(it, dict) else str(it) for key, it in settings.items()}
        settings |= {f"rapid-analytics:{key}": value for key, value in config.items()}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "bench.start_program", f"127.0.0.1:{port}", stack, json.dumps(settings), program],
            check=True,
            cwd=ROOT,
        )
        seconds = (engine.last or time.perf_counter()) - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor_seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        return seconds, processor_seconds, engine.registered
    finally:
        server.stop(None)


def main() -> int:
    """Run it and print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    registered: dict[str, int] = {}
    for number in range(rounds + 1):
        for name, (program, stack, config) in PROGRAMS.items():
            seconds, processor_seconds, registered[name] = measure(program, stack, config)
            if number:  # the first run compiles
                found[name].append((seconds, processor_seconds))
    versions = ", ".join(f"{package}=={version(package)}" for package in ("pulumi", "pulumi-aws"))
    print(f"{table.circumstances(versions, rounds)}\n")
    print("| program | registrations | s, to the last | goal | processor s, in all |\n|---|---:|---:|---:|---:|")
    for name, times in found.items():
        seconds, processor_seconds = (median(column) for column in zip(*times, strict=True))
        goal = ""
        if name not in (BARE, ONE):
            goal = f"at most {GOAL_SECONDS}" + (", missed" if seconds > GOAL_SECONDS else "")
        print(f"| {name} | {registered[name] or ''} | {seconds:.2f} | {goal} | {processor_seconds:.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
