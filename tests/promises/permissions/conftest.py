"""A deployed stack whose local cloud writes its log in this process."""

from collections.abc import Iterator

import pytest

from rapid.cli.target import LocalStack
from rapid.local import LocalCloud
from tests.deployed.clouds import deploy, found_by_commands


@pytest.fixture(scope="module")
def stack_in_this_process() -> Iterator[LocalStack]:
    """The stack `dev`, for tests that read the local cloud's own log."""
    with LocalCloud(0) as cloud, found_by_commands(cloud.url):
        cloud.hold_schedules()
        yield deploy(cloud.url)
