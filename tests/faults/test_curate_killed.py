"""The curate job is killed, doubled and raced; the table is the one that an undisturbed run makes."""

import datetime
import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pytest

from contracts import curation, load
from etl.curate import Lake, curate
from etl.ledger import PROPERTY, Ledger
from etl.maintain import maintain

ROOT = Path(__file__).parents[2]
START = datetime.datetime(2026, 3, 14, 18)


class Arrivals:
    """Objects that Firehose delivers: 1 % of the orders come twice, 2 % are late, some objects come twice or late."""

    def __init__(self, orders, seed):
        self.orders, self.random, self.sent, self.number = orders, random.Random(seed), [], 0

    def deliver(self, rows):
        batch = []
        for _ in range(rows):
            if self.sent and self.random.random() < 0.01:
                batch.append(self._order(self.random.choice(self.sent)))
            else:
                batch.append(self._order(f"e{self.number:09d}"))
                self.sent.append(batch[-1]["event_id"])
        two_days_old = self.random.random() < 0.1
        hour = START - datetime.timedelta(days=2) if two_days_old else START
        for _ in range(2 if self.random.random() < 0.1 else 1):
            self.orders.deliver(batch, hour=f"{hour:%Y/%m/%d/%H}")

    def _order(self, event_id):
        self.number += 1
        late = datetime.timedelta(days=self.random.randrange(1, 400) if self.random.random() < 0.02 else 0)
        received = START + datetime.timedelta(milliseconds=self.number)
        return self.orders.order(event_id, time=(START - late).isoformat(), received_at=received)


@pytest.fixture
def start_job(orders):
    """Start the job as Glue does: a process of its own, its arguments on its command line."""
    contract = load(ROOT / "sources" / "orders.yaml")
    orders.s3.put_object(Bucket="curated", Key="contracts.json", Body=json.dumps([curation.document(contract)]))
    arguments = ["--database", "lake", "--processed_bucket", "processed", "--curated_bucket", "curated"]
    arguments += ["--contracts_uri", "s3://curated/contracts.json", "--lookback_days", "0"]

    def start():
        command = [sys.executable, "-m", "etl.job", *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL)

    return start


def table_of_an_undisturbed_run(orders):
    """The same input, curated once from beginning to end into a lake of its own."""
    orders.s3.create_bucket(Bucket="undisturbed")
    orders.glue.create_database(DatabaseInput={"Name": "undisturbed"})
    lake = Lake("undisturbed", "processed", "undisturbed")
    curate(orders.catalog, orders.s3, lake, orders.contract, None)
    return in_order(orders.catalog.load_table(("undisturbed", "orders_curated")))


def in_order(table) -> pa.Table:
    return table.scan().to_arrow().replace_schema_metadata().sort_by("event_id")


def unreferenced(orders):
    """Objects of the table that neither a snapshot nor the ledger refers to."""
    table = orders.table
    uri = table.properties[PROPERTY]
    kept = {uri, table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
    kept |= {f"s3://curated/{key}" for key in Ledger.load(orders.s3, "curated", "", uri).segments.values()}
    for snapshot in table.snapshots():
        kept.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            kept.add(manifest.manifest_path)
            kept |= {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io)}
    stored = {f"s3://curated/{key}" for prefix in ("tables/", "ledgers/") for key in orders.objects(prefix)}
    assert kept <= stored
    return stored - kept


def check(orders, arrivals):
    """Everything once, as if nothing had happened, and nothing left over."""
    table = in_order(orders.table)
    assert table["event_id"].to_pylist() == sorted(set(arrivals.sent))
    assert table.equals(table_of_an_undisturbed_run(orders))
    maintain(orders.catalog, orders.s3, orders.lake, orders.contract, datetime.timedelta(0))
    assert unreferenced(orders) == set()
    assert in_order(orders.table).equals(table)


def kill_repeatedly(orders, start_job, kills, seed):
    arrivals, moments, outcomes = Arrivals(orders, seed), random.Random(seed), []
    arrivals.deliver(50)
    assert start_job().wait() == 0
    ended = threading.Event()

    def arrive():
        # Not so fast that a backlog grows, for then every kill would come while it is read, before any commit.
        while not ended.wait(1):
            arrivals.deliver(50)

    arriving = threading.Thread(target=arrive)
    arriving.start()
    try:
        for _ in range(kills):
            before = len(orders.table.snapshots())
            job = start_job()
            try:
                job.wait(timeout=moments.uniform(0.3, 2.5))
            except subprocess.TimeoutExpired:
                job.kill()
            outcomes.append((job.wait(), len(orders.table.snapshots()) - before))
    finally:
        ended.set()
        arriving.join()
    assert start_job().wait() == 0
    check(orders, arrivals)
    return outcomes


def test_killed_at_random_moments_while_events_arrive_the_table_is_that_of_an_undisturbed_run(orders, start_job):
    outcomes = kill_repeatedly(orders, start_job, kills=8, seed=1)

    assert -9 in {status for status, _ in outcomes}


@pytest.mark.full_size
def test_killed_at_fifty_random_moments(orders, start_job):
    outcomes = kill_repeatedly(orders, start_job, kills=50, seed=2)

    killed = [commits for status, commits in outcomes if status == -9]
    committed = sum(commits > 0 for commits in killed)
    print(f"{len(outcomes)} runs, {len(killed)} of them killed, {committed} of those after a commit of theirs")
    assert len(killed) >= 20
    assert 0 < committed < len(killed)


def test_two_runs_at_once_over_the_same_input_add_no_row_twice(orders, start_job):
    arrivals = Arrivals(orders, seed=3)
    for _ in range(3):
        for _ in range(4):
            arrivals.deliver(50)
        runs = [start_job(), start_job()]
        assert [run.wait() for run in runs] == [0, 0]

    check(orders, arrivals)
