"""`python -m rapid.local.deploy --stack dev --endpoint URL [--action preview]`: a deployment, told in JSON lines.

A stack that is on the cloud already is changed to what the program says now. Exit status 0 when all went well, 1 when
anything failed.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from rapid.local.clients import Clients
from rapid.local.deploy.changes import Mode
from rapid.local.deploy.cloud import Cloud, CloudError
from rapid.local.deploy.deployment import Deployment, Failure
from rapid.local.deploy.ending import destroy
from rapid.local.deploy.errors import ConfigurationError
from rapid.local.deploy.events import EventStream
from rapid.local.deploy.program import deploy
from rapid.local.deploy.project import read_project
from rapid.local.deploy.records import Records
from rapid.local.deploy.resources import SERVICES
from rapid.local.deploy.targets import TargetError

_DESTROY = "destroy"


def run(arguments: Sequence[str]) -> int:
    """Deploy, preview or destroy one stack, and return the exit status."""
    options = _parser().parse_args(arguments)
    events = EventStream(sys.stdout)
    # Standard output carries events alone; what the program prints goes where a person reads.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            deployment = _carry_out(options, events)
        except ConfigurationError as error:
            events.failed([Failure("configuration", error.file, str(error))])
            return 1
        except TargetError as error:
            events.failed([Failure("target", "--target", str(error))])
            return 1
        except CloudError as error:
            events.failed([Failure("local cloud", options.endpoint, str(error))])
            return 1
        except KeyboardInterrupt:
            message = f"{options.action} was interrupted; run it again, and it goes on from what there is"
            events.failed([Failure("stack", options.stack, message)])
            return 1
    if deployment.failures:
        events.failed(deployment.failures)
        return 1
    events.done(deployment)
    return 0


def _carry_out(options: argparse.Namespace, events: EventStream) -> Deployment:
    project = read_project(options.project.resolve(), options.stack).at(options.endpoint, SERVICES)
    records = Records(options.endpoint)
    cloud = Cloud(Clients(options.endpoint, project.region), project.region)
    if options.action == _DESTROY:
        return destroy(project, cloud, records, events, options.target, options.exclude_protected)
    deployment = deploy(project, cloud, records, events, Mode(options.action), options.target)
    if options.action == Mode.DEPLOY.value:
        records.save(deployment)
    return deployment


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rapid.local.deploy", description="Deploy a Pulumi program onto a local cloud."
    )
    parser.add_argument("--stack", required=True, help="the stack, for instance dev")
    parser.add_argument("--endpoint", required=True, type=_endpoint_url, help="address of the local cloud")
    actions = [*(mode.value for mode in Mode), _DESTROY]
    parser.add_argument("--action", choices=actions, default=Mode.DEPLOY.value, help="default: deploy")
    target = "only this resource and what it depends on, or what depends on it where it is destroyed"
    parser.add_argument("--target", action="append", default=[], help=target)
    parser.add_argument("--exclude-protected", action="store_true", help="destroy: what is not protected alone")
    parser.add_argument("--project", type=Path, default=Path(), help="folder of Pulumi.yaml (default: this one)")
    return parser


def _endpoint_url(text: str) -> str:
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address such as http://127.0.0.1:4566")
    return text.rstrip("/")
