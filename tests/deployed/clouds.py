"""Local clouds as processes of their own, and the stack deployed onto them."""

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
from tests import response_checks

ROOT = Path(__file__).parents[2]
OWN_CLOUD = [sys.executable, "-m", "tests.deployed.own_cloud"]


def deploy(url: str, stack: str = "dev") -> LocalStack:
    deployer = Deployer(stack, url)
    try:
        deployer.wait(lambda _resource: None)
    finally:
        deployer.stop()
    return LocalStack(url, stack)


@contextlib.contextmanager
def own_cloud(log: Path | None = None) -> Iterator[str]:
    """A local cloud as a process of its own, which may write its log into a file; its URL."""
    command = [*OWN_CLOUD, str(log)] if log else OWN_CLOUD
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cloud:
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
