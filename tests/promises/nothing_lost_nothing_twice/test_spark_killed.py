"""The curate job with Spark is killed at random moments; the table is the one that pyarrow makes undisturbed."""

import datetime
import random
import time

import pytest

from etl.lake import Lake
from etl.maintenance.maintain import maintain
from tests.unit.etl import spark_rig

from .arrivals import Arrivals, in_order


@pytest.mark.full_size
def test_killed_at_twenty_random_moments_spark_makes_the_table_of_an_undisturbed_run(orders):
    spark_rig.require()
    arrivals, moments, killed = Arrivals(orders, seed=5), random.Random(5), []
    with spark_rig.SparkJob(orders.s3.meta.endpoint_url) as job:
        sparked = spark_rig.Sparked(orders, job)
        arrivals.deliver(500)
        began = time.monotonic()
        assert sparked.curate()[1] == 0
        seconds = time.monotonic() - began
        for _ in range(20):
            for _ in range(3):
                arrivals.deliver(200)
            job.kill()
            before = len(sparked.table.snapshots())
            sparked.start()
            end = time.monotonic() + moments.uniform(0.1, 0.7) * seconds
            sparked.kill_when(lambda end=end: time.monotonic() > end)
            killed.append(len(sparked.table.snapshots()) - before)
        assert sparked.curate()[1] == 0
    orders.curate()
    print(f"{len(killed)} runs killed, {sum(commits > 0 for commits in killed)} of them after their commit")

    assert in_order(sparked.table).equals(in_order(orders.table))
    lake = Lake("sparked", "processed", "sparked")
    maintain(orders.catalog, orders.s3, lake, orders.contract, datetime.timedelta(0))
    assert in_order(sparked.table).equals(in_order(orders.table))
    kept = {task.file.file_path for task in sparked.table.scan().plan_files()}
    assert {f"s3://sparked/{key}" for key in sparked.objects("tables/orders/data/")} == kept
