"""Maintenance is killed, doubled and raced with curation; no row is lost or doubled, and nothing is left over."""

import random
import subprocess
import time
from collections import Counter

import pytest

from .arrivals import Arrivals, check

AT_ONCE = ("--task", "maintain", "--keep_hours", "0")
"""Deletes what nothing refers to whatever its age, so nothing may run beside it."""
BESIDE = ("--task", "maintain")


def kill_repeatedly(orders, start_job, kills, seed):
    """Kill runs of curation, maintenance and both in turn, then have three at once; how the killed ones ended."""
    arrivals, moments, outcomes = Arrivals(orders, seed), random.Random(seed), Counter()
    arrivals.deliver(50)
    begun = time.monotonic()
    assert start_job("--task", "daily").wait() == 0
    usual_seconds = time.monotonic() - begun
    with arrivals.meanwhile(50):
        for kill in range(kills):
            task = ((), AT_ONCE, ("--task", "daily", "--keep_hours", "0"))[kill % 3]
            before = orders.table.metadata_location
            job = start_job(*task)
            try:
                job.wait(timeout=usual_seconds * moments.uniform(0.1, 1.3))
            except subprocess.TimeoutExpired:
                job.kill()
            outcomes[job.wait(), orders.table.metadata_location != before] += 1
    last = [start_job(*BESIDE), start_job(*BESIDE), start_job()]
    assert [job.wait() for job in last] == [0, 0, 0]
    check(orders, arrivals)
    assert one_file_a_day(orders)
    return outcomes


def one_file_a_day(orders):
    partitions = [task.file.partition for task in orders.table.scan().plan_files()]
    return len(set(partitions)) == len(partitions)


def test_killed_between_killed_runs_of_curation_and_then_two_at_once(orders, start_job):
    outcomes = kill_repeatedly(orders, start_job, kills=6, seed=1)

    assert any(status == -9 for status, _ in outcomes)


@pytest.mark.full_size
def test_killed_at_a_hundred_random_moments(orders, start_job):
    outcomes = kill_repeatedly(orders, start_job, kills=100, seed=2)

    print(f"{outcomes.total()} runs, {outcomes[-9, False]} killed before and {outcomes[-9, True]} after a commit")
    assert outcomes[-9, False] + outcomes[-9, True] >= 40
    assert outcomes[-9, True] > 0
    assert {status for status, _ in outcomes} <= {0, -9}
