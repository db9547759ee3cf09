"""Local clouds with the stack deployed: one for the whole run, and one for a module that needs tables of its own."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from rapid.cli.deployment import Deployer
from rapid.cli.target import LocalStack
from rapid.local import LocalCloud
from tests import response_checks

ROOT = Path(__file__).parents[2]
OWN_CLOUD = [sys.executable, "-m", "tests.integration.own_cloud"]


def deploy(url: str, stack: str = "dev") -> LocalStack:
    deployer = Deployer(stack, url)
    try:
        deployer.wait(lambda _resource: None)
    finally:
        deployer.stop()
    return LocalStack(url, stack)


@contextlib.contextmanager
def own_cloud() -> Iterator[str]:
    """A local cloud as a process of its own; its URL."""
    with subprocess.Popen(OWN_CLOUD, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cloud:
        assert cloud.stdin is not None
        assert cloud.stdout is not None
        url = cloud.stdout.readline().strip()
        following = threading.Thread(target=_keep_problems, args=[cloud.stdout])
        following.start()
        try:
            yield url
        finally:
            cloud.stdin.close()
            following.join()


def _keep_problems(lines: TextIO) -> None:
    """What is wrong with the answers of a local cloud elsewhere fails the running test, as it does here."""
    for line in lines:
        response_checks.keep(line.rstrip())


@contextlib.contextmanager
def found_by_commands(url: str) -> Iterator[None]:
    """The commands find the stack by these variables."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", url)
        environment.setenv("PULUMI_STACK", "dev")
        yield


@pytest.fixture(scope="session")
def shared_stack() -> Iterator[LocalStack]:
    with own_cloud() as url:
        yield deploy(url)


@pytest.fixture
def stack(shared_stack: LocalStack) -> Iterator[LocalStack]:
    """The stack `dev`, which the tests of many files share."""
    with found_by_commands(shared_stack.endpoint_url):
        yield shared_stack


@pytest.fixture(scope="module")
def stack_in_this_process() -> Iterator[LocalStack]:
    """The stack `dev`, for tests that read the local cloud's own log."""
    with LocalCloud(0) as cloud, found_by_commands(cloud.url):
        cloud.hold_schedules()
        yield deploy(cloud.url)


@pytest.fixture(scope="module")
def own_stack() -> Iterator[LocalStack]:
    """The stack `dev` on a local cloud that the tests of one module share."""
    with own_cloud() as url:
        yield deploy(url)
