"""Fixtures of the tests that talk to a local cloud as its users do: over HTTP and with boto3."""

from collections.abc import Iterator

import pytest

from rapid.local.cloud import LocalCloud

from .athena_rig import AthenaRig
from .cloud_rig import Rig


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """A local cloud on a free port, for the tests of one file."""
    with LocalCloud(0) as cloud:
        yield Rig(cloud)


@pytest.fixture(scope="module")
def athena_server() -> Iterator[AthenaRig]:
    """Athena, Glue and S3 without a socket, for the tests of one file."""
    athena = AthenaRig()
    yield athena
    athena.close()


@pytest.fixture
def athena(athena_server: AthenaRig) -> AthenaRig:
    """The same, with nothing in it."""
    athena_server.reset()
    return athena_server
