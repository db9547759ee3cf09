"""What tests of the deployer stand on: moto behind a port, with our CloudFormation, CloudFront and stack records."""

import contextlib
import io
import json
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any
from unittest import mock

import urllib3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from rapid.local.clients import Clients
from rapid.local.cloudformation import CloudFormationPlane
from rapid.local.cloudfront import CloudFront
from rapid.local.cloudwatch.metrics import Metrics
from rapid.local.deploy import command
from rapid.local.events.clock import Clock
from rapid.local.moto import services as moto_services
from rapid.local.outbox import Outbox
from rapid.local.server.control import ControlPlane
from tests.response_checks import checked

PROJECT = """
name: tiny
runtime: python
config:
  retention_days:
    type: integer
    default: 30
"""
STACK = """
config:
  aws:region: us-east-1
"""

_READING = re.compile(r"Get|List|Describe|BatchGet")


@dataclass
class Outcome:
    """What one run of the deployer said and left."""

    status: int
    events: list[dict[str, Any]]
    record: dict[str, Any]

    @property
    def last(self) -> dict[str, Any]:
        return self.events[-1]

    @property
    def created(self) -> list[str]:
        return self.told("created")

    def told(self, status: str) -> list[str]:
        """The names of the resources that something was done to, in the order of the telling."""
        return [event["name"] for event in self.events if event.get("status") == status]

    @property
    def planned(self) -> dict[str, str]:
        """What a preview says would be done to each resource."""
        return {event["name"]: event["operation"] for event in self.events if event["event"] == "plan"}

    @property
    def errors(self) -> dict[str, str]:
        return {failure["name"]: failure["error"] for failure in self.last.get("failures", [])}

    def output(self, name: str) -> Any:
        return self.record["outputs"][name]

    def resource(self, name: str) -> dict[str, Any]:
        (found,) = [item for item in self.record["resources"] if item["name"] == name]
        return found


@dataclass
class Rig:
    """A cloud to deploy onto."""

    url: str
    clients: Clients
    control: ControlPlane | None = None
    cloudformation: CloudFormationPlane | None = None
    cloudfront: CloudFront | None = None

    def client(self, service: str) -> Any:
        return self.clients.client(service)

    def forget(self) -> None:
        """Empty the cloud."""
        moto_services.reset()
        self.control = ControlPlane(NoStreams(), Clock(), self.clients.region, moto_services.stored_object, Outbox())
        self.cloudformation = CloudFormationPlane(self.clients)
        self.cloudfront = CloudFront(4566, Metrics())

    def deploy(
        self, folder: Path, program: str, project: str = PROJECT, stack: str = STACK, options: Sequence[str] = ()
    ) -> Outcome:
        """Run a program in a project of its own."""
        write_project(folder, program, project, stack)
        return self.run(folder, *options)

    def run(self, folder: Path, *options: str) -> Outcome:
        """Run the deployer in a project."""
        output, status = io.StringIO(), []
        arguments = ["--stack", "dev", "--endpoint", self.url, "--project", str(folder), *options]
        # Clients are slow to make; the deployer gets those that the cloud has already.
        shared_clients = mock.patch.object(command, "Clients", return_value=self.clients)
        with contextlib.redirect_stdout(output), shared_clients:
            # A thread has an event loop and Pulumi's settings of its own, so that no test sees those of another.
            thread = threading.Thread(target=lambda: status.append(command.run(arguments)))
            thread.start()
            thread.join()
        events = [json.loads(line) for line in output.getvalue().splitlines()]
        return Outcome(status[0], events, self.record())

    def record(self) -> dict[str, Any]:
        """What the cloud keeps of the stack."""
        answer = urllib3.request("GET", f"{self.url}/_rapid/stacks/dev")
        return answer.json() if answer.status == 200 else {}


class NoStreams:
    """A Firehose without delivery streams."""

    def flush(self) -> int:
        return 0

    def counts(self) -> dict[str, dict[str, int]]:
        return {}


def is_write(environ: dict[str, Any]) -> bool:
    """Whether a request changes something."""
    action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    return environ["REQUEST_METHOD"] not in ("GET", "HEAD") and not _READING.match(action)


def write_project(folder: Path, program: str, project: str = PROJECT, stack: str = STACK) -> None:
    """Write a project with the stack dev."""
    (folder / "Pulumi.yaml").write_text(project)
    (folder / "Pulumi.dev.yaml").write_text(stack)
    (folder / "__main__.py").write_text(dedent(program))
    # Python tells by the second and the length whether what it compiled before is of this text.
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)


class _Quiet(WSGIRequestHandler):
    def log(self, *_args: Any) -> None:
        pass


@contextlib.contextmanager
def rig() -> Iterator[Rig]:
    """A cloud with nothing in it."""
    moto = DomainDispatcherApplication(create_backend_app)

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        if request.path.startswith("/_rapid/"):
            return cloud.control.handle(request)(environ, start_response)
        if "/cloudformation/aws4_request" in request.headers.get("Authorization", ""):
            return checked("cloudformation", cloud.cloudformation.handle)(request)(environ, start_response)
        if "/cloudfront/aws4_request" in request.headers.get("Authorization", ""):
            environ["RAW_URI"] = environ["REQUEST_URI"]
            return checked("cloudfront", cloud.cloudfront.service.handle)(request, Response)(environ, start_response)
        return moto(environ, start_response)

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    cloud = Rig(url, Clients(url))
    cloud.forget()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        moto_services.reset()
