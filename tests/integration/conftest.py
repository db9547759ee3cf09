"""A local cloud with the stack deployed, for the whole run; the commands find it by AWS_ENDPOINT_URL."""

from collections.abc import Iterator

import pytest

from rapid.cli.deployment import Deployer
from rapid.cli.target import LocalStack
from rapid.local import LocalCloud


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The stack `dev` on a local cloud of its own, on a free port."""
    with LocalCloud(0) as cloud, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", cloud.url)
        environment.setenv("PULUMI_STACK", "dev")
        deployer = Deployer("dev", cloud.url)
        try:
            deployer.wait(lambda _resource: None)
        finally:
            deployer.stop()
        yield LocalStack(cloud.url)
