"""Local clouds with the stack deployed: one for the whole run, and one for a module that needs tables of its own."""

import contextlib
from collections.abc import Iterator

import pytest

from rapid.cli.deployment import Deployer
from rapid.cli.target import LocalStack
from rapid.local import LocalCloud


@contextlib.contextmanager
def deployed() -> Iterator[LocalStack]:
    """The stack `dev` on a local cloud of its own, on a free port."""
    with LocalCloud(0) as cloud:
        deployer = Deployer("dev", cloud.url)
        try:
            deployer.wait(lambda _resource: None)
        finally:
            deployer.stop()
        yield LocalStack(cloud.url)


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """A stack that all tests share; the commands find it by AWS_ENDPOINT_URL."""
    with deployed() as shared, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", shared.endpoint_url)
        environment.setenv("PULUMI_STACK", "dev")
        yield shared


@pytest.fixture(scope="module")
def own_stack() -> Iterator[LocalStack]:
    """A stack that the tests of one module share."""
    with deployed() as own:
        yield own
