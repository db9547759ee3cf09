"""`python -m rapid.local.deploy --stack dev --endpoint URL [--project DIR]`: deploy, saying what happens as JSON lines.

Exit status 0 when all went well, 1 when anything failed.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from rapid.local.clients import ACCOUNT_ID, Clients
from rapid.local.deploy.cloud import Cloud, CloudError
from rapid.local.deploy.deployment import Failure
from rapid.local.deploy.errors import ConfigurationError
from rapid.local.deploy.events import EventStream
from rapid.local.deploy.program import deploy
from rapid.local.deploy.project import read_project
from rapid.local.deploy.records import Records


def run(arguments: Sequence[str]) -> int:
    """Deploy one stack and return the exit status."""
    options = _parser().parse_args(arguments)
    events = EventStream(sys.stdout)
    records = Records(options.endpoint)
    # Standard output carries events alone; what the program prints goes where a person reads.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            project = read_project(options.project.resolve(), options.stack)
            cloud = Cloud(Clients(options.endpoint, project.region), options.endpoint, project.region, ACCOUNT_ID)
            deployment = deploy(project, cloud, records, events)
            records.save(deployment)
        except ConfigurationError as error:
            events.failed([Failure("configuration", error.file, str(error))])
            return 1
        except CloudError as error:
            events.failed([Failure("local cloud", options.endpoint, str(error))])
            return 1
    if deployment.failures:
        events.failed(deployment.failures)
        return 1
    events.done(deployment)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rapid.local.deploy", description="Deploy a Pulumi program onto a local cloud."
    )
    parser.add_argument("--stack", required=True, help="the stack, for instance dev")
    parser.add_argument("--endpoint", required=True, type=_endpoint_url, help="address of the local cloud")
    parser.add_argument("--project", type=Path, default=Path(), help="folder of Pulumi.yaml (default: this one)")
    return parser


def _endpoint_url(text: str) -> str:
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address such as http://127.0.0.1:4566")
    return text.rstrip("/")
