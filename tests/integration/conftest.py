"""Local clouds with the stack deployed: one for the whole run, and one for a module that needs tables of its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rapid.cli.deployment import Deployer
from rapid.cli.target import LocalStack
from rapid.local import LocalCloud

ROOT = Path(__file__).parents[2]
OWN_CLOUD = [sys.executable, "-m", "tests.integration.own_cloud"]


def deploy(url: str) -> LocalStack:
    deployer = Deployer("dev", url)
    try:
        deployer.wait(lambda _resource: None)
    finally:
        deployer.stop()
    return LocalStack(url)


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The stack `dev`, which all tests share; the commands find it by AWS_ENDPOINT_URL."""
    with LocalCloud(0) as cloud, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", cloud.url)
        environment.setenv("PULUMI_STACK", "dev")
        yield deploy(cloud.url)


@pytest.fixture(scope="module")
def own_stack() -> Iterator[LocalStack]:
    """The stack `dev` on a local cloud that the tests of one module share."""
    with subprocess.Popen(OWN_CLOUD, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cloud:
        assert cloud.stdin is not None
        assert cloud.stdout is not None
        try:
            yield deploy(cloud.stdout.readline().strip())
        finally:
            cloud.stdin.close()
