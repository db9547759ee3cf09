"""A deployed stack: one for all tests of a run, and one for a module that needs tables of its own.

What a deployment needs is imported by the fixtures alone, for every run of tests loads this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rapid.cli.target import LocalStack


@pytest.fixture(scope="session")
def shared_stack() -> Iterator[LocalStack]:
    """The stack `dev` on a local cloud of the run's own."""
    from .clouds import deploy, own_cloud

    with own_cloud() as url:
        yield deploy(url)


@pytest.fixture
def stack(shared_stack: LocalStack) -> Iterator[LocalStack]:
    """The stack `dev`, which the tests of many files share."""
    from .clouds import found_by_commands

    with found_by_commands(shared_stack.endpoint_url):
        yield shared_stack


@pytest.fixture(scope="module")
def own_stack() -> Iterator[LocalStack]:
    """The stack `dev` on a local cloud that the tests of one module share."""
    from .clouds import deploy, own_cloud

    with own_cloud() as url:
        yield deploy(url)
