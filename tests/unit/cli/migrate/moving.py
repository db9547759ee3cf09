"""A stack whose writers can be moved, on a local cloud or on AWS, of which only what the commands ask is there."""

import datetime
import io
import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from rapid.cli import local_changes, target
from rapid.cli.errors import CommandError
from rapid.cli.migrate import state, switch
from rapid.cli.migrate.state import Step
from rapid.cli.teardown import state as stacks
from rapid.cli.teardown import streams
from rapid.cli.teardown.state import StackResource

from .stacks import ZONES, Objects, outputs

MIGRATION = "urn:pulumi:prod::rapid-analytics::rapid-analytics:index:Migration$"
BUCKET = "aws:s3/bucket:Bucket"
DATABASE = "aws:glue/catalogDatabase:CatalogDatabase"
URN = "urn:pulumi:prod::rapid-analytics::rapid-analytics:index:IngestApi$"
FILE = "config:\n  aws:region: us-east-1\n  rapid-analytics:migration: {}  # how far\n"
SERVICES = {"side_by_side": "firehose", "cut_over": "kinesis", "decommissioned": "kinesis"}


class Deployed:
    """What is deployed: a function with the source orders, a path with the source clicks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.phase = "side_by_side"
        self.function, self.path = "firehose", "firehose"
        self.done: list[str] = []
        self.fails_after: str | None = None
        """What is deployed last before the next deployment fails: `nothing` or `function`."""
        self.s3 = Objects()
        self.clients: dict[str, Any] = {}
        """Those of services that there is more of."""
        self.protect = True
        self.set_key("side_by_side")

    @property
    def file(self) -> Path:
        return self.folder / "Pulumi.prod.yaml"

    def set_key(self, value: str) -> None:
        self.file.write_text(FILE.format(value))

    @property
    def key(self) -> str:
        return self.file.read_text().split("migration: ")[1].split()[0]

    def deploy(self, *how: str) -> None:
        """Carry the key out. Raises CommandError where it was to fail."""
        self.done.append(" ".join(("deploy", *how)))
        if how:  # a part alone
            return
        failing, self.fails_after = self.fails_after, None
        if failing != "nothing":
            self.function = SERVICES[self.key]
        if failing:
            raise CommandError("deploy of stack prod failed:\n  a queue: no")
        self.path, self.phase = SERVICES[self.key], self.key

    def client(self, service: str) -> Any:
        return self.clients.get(service, self.s3 if service == "s3" else self)

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:
        told = {"STREAMS": json.dumps({"orders": "orders-x"}), "STREAM_SERVICE": self.function}
        return {"Environment": {"Variables": told if FunctionName == "handler-1" else {}}}

    def get_export(self, *, restApiId: str, stageName: str, **_asked: Any) -> dict[str, Any]:
        assert (restApiId, stageName) == ("api1", "v1")
        aws = f"arn:aws:apigateway:us-east-1:{self.path}:action/PutRecord"
        proxy = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations"
        paths = {
            path: {"post": {"x-amazon-apigateway-integration": {"uri": uri}}, "options": {}}
            for path, uri in {"/clicks": aws, "/events": proxy}.items()
        }
        return {"body": io.BytesIO(json.dumps({"paths": paths}).encode())}

    def outputs(self) -> dict[str, Any]:
        more = {"paths": {"orders": "/events", "clicks": "/clicks"}, "dead_letter_queue_url": "https://queue"}
        return outputs(self.phase, deletion_keys="two", **more)

    def resources(self) -> list[StackResource]:
        made: list[tuple[str, str, dict[str, Any]]] = [
            ("aws:lambda/function:Function", "handler-1", {}),
            ("aws:lambda/function:Function", "authorizer-1", {}),
            ("aws:apigateway/stage:Stage", "ags-1", {"restApi": "api1", "stageName": "v1"}),
            ("rapid-analytics:index:GuestSenders$aws:iam/rolePolicy:RolePolicy", "guests", {}),
            (streams.TYPE, "old-orders", {"name": "old-orders"}),
            (streams.TYPE, "old-follower", {"name": "old-follower", "kinesisSourceConfiguration": {"roleArn": "r"}}),
        ]
        made = [it for it in made if it[0] != streams.TYPE or self.phase != "decommissioned"]
        resources = [
            StackResource(type_.rpartition("$")[2], id_, f"{URN}{type_}::{id_}", id_, more, False, False)
            for type_, id_, more in made
        ]
        new = f"{MIGRATION}{streams.TYPE}::new-orders"
        resources.append(StackResource(streams.TYPE, "new", new, "new-orders", {"name": "new-orders"}, False, False))
        kept = [(BUCKET, f"{lake}-{zone}") for lake in ("old", "new") for zone in ZONES]
        kept += [(DATABASE, "lake_old"), (DATABASE, "lake_new")]
        return resources + [
            StackResource(type_, id_, f"{URN}{type_}::{id_}", id_, {"name": id_}, self.protect, False)
            for type_, id_ in kept
        ]

    def last(self, step: Step) -> dict[str, Any] | None:
        """What a step left."""
        found = self.s3.stored.get(("new-curated", f"migration/{step}.json"))
        return json.loads(found) if found else None


class Cloud(target.LocalStack):
    """The stack on a local cloud."""

    deployed: ClassVar[Deployed]

    def client(self, service: str) -> Any:
        return self.deployed.client(service)


class CloudState:
    """The state of it."""

    name, project, place = "prod", "rapid-analytics", "http://127.0.0.1:0"

    def __init__(self, deployed: Deployed) -> None:
        self.stack = type("Cloud", (Cloud,), {"deployed": deployed})("http://127.0.0.1:0", "prod", deployed.outputs())
        self._deployed = deployed

    def resources(self) -> list[StackResource]:
        return self._deployed.resources()

    def outputs(self) -> dict[str, Any]:
        return self._deployed.outputs()

    def commands(self, key: str, value: str) -> str:
        return f"set {key} to {value}"


def on_local_cloud(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """The stack, found by commands."""
    deployed = Deployed(folder)
    monkeypatch.setattr(switch, "ROOT", folder)
    monkeypatch.setattr(stacks, "find", lambda _name: CloudState(deployed))
    monkeypatch.setattr(local_changes, "deploy", lambda _stack, targets: deployed.deploy(*targets))
    monkeypatch.setattr(Cloud, "flush", lambda _stack: deployed.done.append("flush"))
    # Events go on coming to what reads data streams.
    monkeypatch.setattr(Cloud, "buffered_records", lambda _stack: {"old-follower": 5, "new-orders": 5})
    return deployed


def verified(deployed: Deployed, found: Any = None) -> None:
    """What must have been done before a cutover."""
    stack = found or CloudState(deployed).stack
    state.record(stack, Step.SYNC, {"complete": True})
    moment = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    state.record(stack, Step.VERIFY, {"passed": True, "moment": moment.isoformat()})
