"""What the tests of a migration run against: Athena, Glue and S3, or two lakes on a local cloud in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rapid.cli import job_run, target
from rapid.local.cloud import LocalCloud
from tests.unit.etl.lake import use
from tests.unit.local.athena_rig import AthenaRig

from .carried_tables import Tables
from .lakes import Lakes


@pytest.fixture(scope="module")
def athena() -> Iterator[AthenaRig]:
    """Without a socket for Athena, for the tests of one file."""
    rig = AthenaRig()
    yield rig
    rig.close()


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A local cloud, for the tests of one file."""
    with LocalCloud(0) as running:
        running.hold_schedules()
        yield running


@pytest.fixture
def lakes(cloud: LocalCloud) -> Lakes:
    """Two empty lakes."""
    return Lakes(cloud)


@pytest.fixture
def tables(lakes: Lakes, cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """The orders of both lakes; commands find their stack."""
    use(cloud, monkeypatch)
    found = Tables(lakes, tmp_path)
    monkeypatch.setattr(job_run, "run", found.run)
    monkeypatch.setattr(target, "find", lambda: found.stack)
    return found
