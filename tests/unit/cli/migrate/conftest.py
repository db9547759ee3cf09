"""Athena, Glue and S3 for the tests of a migration."""

from collections.abc import Iterator

import pytest

from tests.unit.local.athena_rig import AthenaRig


@pytest.fixture(scope="module")
def athena() -> Iterator[AthenaRig]:
    """Without a socket for Athena, for the tests of one file."""
    rig = AthenaRig()
    yield rig
    rig.close()
