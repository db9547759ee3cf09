"""The files job is killed at random moments; the rows are those that an undisturbed run makes, each once."""

import random
import subprocess

import pytest

from tests.unit.etl.landing import ARGUMENTS, ORDER, Landing, csv

from .job_process import JobProcess

ROWS = 4_000


@pytest.fixture
def landing(orders):
    return Landing()


def job():
    return JobProcess("files_job", ARGUMENTS)


def file(number):
    """Orders as CSV: every hundredth is bad."""
    rows = [
        {**ORDER, "event_id": f"{number}-{row}", "quantity": "none" if row % 100 == 0 else 1 + row % 9}
        for row in range(ROWS)
    ]
    return csv(rows)


def killed_while_taking_in(landing, files, kills, seed):
    moments = random.Random(seed)
    for number in range(files):
        landing.land(file(number), file_id=f"f{number}")
    statuses = []
    for _ in range(kills):
        run = job()
        try:
            run.wait(timeout=moments.uniform(0.05, 0.6))
        except subprocess.TimeoutExpired:
            run.kill()
        statuses.append(run.wait())
    assert job().wait() == 0
    return statuses


def check(landing, files):
    """Every row once, in the table or in quarantine; and the same bytes as those of an undisturbed run."""
    ids = [row["ingest_id"] for row in landing.rows()]
    bad = [record["id"] for record in landing.bad()]
    assert len(ids) == files * ROWS * 99 // 100
    assert len(bad) == files * ROWS // 100
    assert set(ids) | set(bad) == {f"f{number}-{row + 1}" for number in range(files) for row in range(ROWS)}
    stored = [landing.bodies(bucket) for bucket in ("processed", "quarantine")]
    for key in landing.keys("files", "reports/"):
        landing.s3.delete_object(Bucket="files", Key=key)
    assert job().wait() == 0
    assert [landing.bodies(bucket) for bucket in ("processed", "quarantine")] == stored


def test_killed_at_random_moments_every_row_is_there_once(landing):
    statuses = killed_while_taking_in(landing, files=12, kills=6, seed=1)
    assert -9 in statuses
    check(landing, files=12)


@pytest.mark.full_size
def test_killed_at_thirty_random_moments_every_row_is_there_once(landing):
    statuses = killed_while_taking_in(landing, files=300, kills=30, seed=2)
    print(f"{len(statuses)} runs of the files job, {statuses.count(-9)} of them killed")
    assert statuses.count(-9) >= 10
    check(landing, files=300)
