"""`python -m rapid.local.deploy --stack dev --endpoint URL [--project DIR]`: deploy, saying what happens as JSON lines.

Exit status 0 when all went well, 1 when anything failed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from rapid.local.clients import ACCOUNT_ID, Clients
from rapid.local.deploy.cloud import Cloud, CloudUnreachableError
from rapid.local.deploy.deployment import Deployment, Failure
from rapid.local.deploy.errors import ConfigurationError, DeployError
from rapid.local.deploy.events import EventStream
from rapid.local.deploy.program import deploy
from rapid.local.deploy.project import read_project

_RECORD_TIMEOUT_SECONDS = 30


def run(arguments: Sequence[str]) -> int:
    """Deploy one stack and return the exit status."""
    options = _parser().parse_args(arguments)
    endpoint_url = options.endpoint.rstrip("/")
    events = EventStream(sys.stdout)
    # Standard output carries events alone; what the program prints goes where a person reads.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            project = read_project(options.project.resolve(), options.stack)
            cloud = Cloud(Clients(endpoint_url, project.region), endpoint_url, project.region, ACCOUNT_ID)
            deployment = deploy(project, cloud, events)
            _save(deployment, endpoint_url)
        except ConfigurationError as error:
            events.failed([Failure("configuration", error.file, str(error))])
            return 1
        except (CloudUnreachableError, DeployError) as error:
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
    parser.add_argument("--endpoint", required=True, help="address of the local cloud, as http://127.0.0.1:4566")
    parser.add_argument("--project", type=Path, default=Path(), help="folder of Pulumi.yaml (default: this one)")
    return parser


def _save(deployment: Deployment, endpoint_url: str) -> None:
    request = urllib.request.Request(
        f"{endpoint_url}/_rapid/stacks/{deployment.stack}",
        data=json.dumps(deployment.as_record()).encode(),
        headers={"Content-Type": "application/json"},
        method="PUT",
    )
    try:
        urllib.request.urlopen(request, timeout=_RECORD_TIMEOUT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise DeployError(f"the local cloud at {endpoint_url} did not take the deployment's record: {error}") from error
