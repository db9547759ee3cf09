"""The curate job is killed, doubled and raced; the table is that of an undisturbed run, its aggregate exact."""

import random
import subprocess
import time

import pytest

from tests.unit.etl.sales import check_exact, is_up_to_date

from .arrivals import Arrivals, check


def kill_repeatedly(orders, start_job, kills, seed, maintained=None):
    """Kill runs; after every so many, maintenance runs to its end."""
    arrivals, moments, outcomes = Arrivals(orders, seed), random.Random(seed), []
    arrivals.deliver(50)
    began = time.monotonic()
    assert start_job().wait() == 0
    # At any moment of a run on this machine, and somewhat later, when it has ended by itself.
    longest = 1.3 * (time.monotonic() - began)
    with arrivals.meanwhile(50):
        for kill in range(kills):
            if maintained and kill % maintained == 0:
                assert start_job("--task", "maintain", "--keep_hours", "0").wait() == 0
            before = len(orders.table.snapshots())
            job = start_job()
            try:
                job.wait(timeout=moments.uniform(0.1, longest))
            except subprocess.TimeoutExpired:
                job.kill()
            outcomes.append((job.wait(), len(orders.table.snapshots()) - before))
            check_exact(orders)
    assert start_job().wait() == 0
    assert is_up_to_date(orders)
    check(orders, arrivals)
    return outcomes


def test_killed_at_random_moments_while_events_arrive_the_table_is_that_of_an_undisturbed_run(orders, start_job):
    outcomes = kill_repeatedly(orders, start_job, kills=6, seed=1)

    assert -9 in {status for status, _ in outcomes}


@pytest.mark.full_size
def test_killed_at_a_hundred_random_moments_with_maintenance_between(orders, start_job):
    outcomes = kill_repeatedly(orders, start_job, kills=100, seed=2, maintained=10)

    killed = [commits for status, commits in outcomes if status == -9]
    committed = sum(commits > 0 for commits in killed)
    print(f"{len(outcomes)} runs, {len(killed)} of them killed, {committed} of those after a commit of theirs")
    assert len(killed) >= 40
    assert 0 < committed < len(killed)


def test_two_runs_at_once_over_the_same_input_add_no_row_twice(orders, start_job):
    arrivals = Arrivals(orders, seed=3)
    for _ in range(2):
        for _ in range(4):
            arrivals.deliver(50)
        runs = [start_job(), start_job()]
        assert [run.wait() for run in runs] == [0, 0]

    check(orders, arrivals)
