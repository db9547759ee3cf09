"""A deployed stack for the tests of a run: one to share, and the same one with nothing in it for one module.

What a deployment needs is imported by the fixtures alone, for every run of tests loads this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rapid.cli.target import LocalStack

    from .as_deployed import AsDeployed


@pytest.fixture(scope="session")
def cloud_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of the local cloud that `shared_stack` is on."""
    return tmp_path_factory.mktemp("local-cloud") / "log"


@pytest.fixture(scope="session")
def as_deployed(cloud_log: Path) -> Iterator[AsDeployed]:
    """The stack `dev` on a local cloud of the run's own, and what it held before any test had it."""
    from .as_deployed import AsDeployed
    from .clouds import deploy, own_cloud

    with own_cloud(cloud_log) as url:
        yield AsDeployed(deploy(url))


@pytest.fixture(scope="session")
def shared_stack(as_deployed: AsDeployed) -> LocalStack:
    """That stack, for fixtures that need no environment."""
    return as_deployed.stack


@pytest.fixture
def stack(shared_stack: LocalStack) -> Iterator[LocalStack]:
    """The stack `dev`, which the tests of many files share, with what the others left in it."""
    from .clouds import found_by_commands

    with found_by_commands(shared_stack.endpoint_url):
        yield shared_stack


@pytest.fixture(scope="module")
def own_stack(as_deployed: AsDeployed) -> Iterator[LocalStack]:
    """The stack `dev`, empty, for one module, which may leave anything in buckets, tables and queues."""
    from .clouds import found_by_commands

    as_deployed.restore()
    with found_by_commands(as_deployed.stack.endpoint_url):
        yield as_deployed.stack
    as_deployed.restore()


@pytest.fixture(scope="session")
def moving_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack of two sources, side by side with its streaming lake, with what other tests left in it."""
    from rapid.cli.target import LocalStack

    from . import project_folder
    from .clouds import own_cloud

    folder = tmp_path_factory.mktemp("moving")
    project_folder.copy(folder, {"clickstream", "orders"}, migration="side_by_side", dashboards="none")
    with own_cloud(folder / "log") as url:
        project_folder.deploy(folder, url)
        yield LocalStack(url, "dev")


@pytest.fixture(scope="module")
def lone_stack() -> Iterator[LocalStack]:
    """The stack `dev` on a local cloud of a module's own, for tests that move its clock."""
    from .clouds import deploy, found_by_commands, own_cloud

    with own_cloud() as url, found_by_commands(url):
        yield deploy(url)
