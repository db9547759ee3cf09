"""Fixtures of the tests that talk to a local cloud as its users do: over HTTP and with boto3."""

from collections.abc import Iterator

import pytest

from rapid.local.cloud import LocalCloud

from .cloud_rig import Rig


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """A local cloud on a free port, for the tests of one file."""
    with LocalCloud(0) as cloud:
        yield Rig(cloud)
