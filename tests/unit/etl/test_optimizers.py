"""Glue's optimizers of a curated table: switched on by the daily run, which then leaves the table to them."""

import datetime
import json

import pytest

from contracts import curation, load
from etl.jobs import curate_job as job
from etl.maintenance.maintain import leave_to_glue
from etl.maintenance.optimizers import KEEP_DAYS, NotOptimized
from rapid.local import LocalCloud
from tests.unit.etl.lake import SOURCES, Source, use

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
KINDS = ("compaction", "retention", "orphan_file_deletion")


@pytest.fixture
def orders(tmp_path, monkeypatch):
    """In a local cloud, for moto has no optimizers."""
    with LocalCloud(0) as cloud:
        use(cloud, monkeypatch)
        source = Source(tmp_path)
        iam = cloud.clients.client("iam")
        source.role_arn = iam.create_role(RoleName="optimizer", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"][
            "Arn"
        ]
        yield source


def leave(orders, keep=KEEP_DAYS):
    days = datetime.timedelta(days=keep)
    return leave_to_glue(orders.glue, orders.role_arn, orders.catalog, orders.s3, orders.lake, orders.contract, days)


def optimizers(orders):
    place = {"CatalogId": "123456789012", "DatabaseName": "lake", "TableName": "orders_curated"}
    found = {kind: orders.glue.get_table_optimizer(**place, Type=kind)["TableOptimizer"] for kind in KINDS}
    return {kind: found[kind]["configuration"] for kind in KINDS}


def test_the_daily_run_switches_them_on_and_leaves_the_files_to_them(orders, capfd):
    document = curation.document(load(SOURCES / "orders.yaml"))
    orders.s3.put_object(Bucket="curated", Key="contracts.json", Body=json.dumps([document]))
    for _ in range(2):
        orders.deliver([orders.order()])
        orders.curate()
    places = ["--database", "lake", "--processed_bucket", "processed", "--curated_bucket", "curated"]
    places += ["--contracts_uri", "s3://curated/contracts.json", "--optimizer_role_arn", orders.role_arn]
    assert job.main(["--task", "daily", "--keep_hours", "0", *places]) == 0

    report = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert (report["compacted_files"], report["expired_snapshots"]) == (0, 0)
    # Two segments and two roots were written, of which one each is referred to.
    assert report["deleted_objects"] == 2
    assert len(list(orders.table.scan().plan_files())) == 2
    found = optimizers(orders)
    assert all(found[kind]["enabled"] and found[kind]["roleArn"] == orders.role_arn for kind in KINDS)

    # By hand it is done at once, whoever does it day by day.
    assert job.main(["--task", "maintain", *places]) == 0
    assert len(list(orders.table.scan().plan_files())) == 1


def test_they_keep_what_a_run_or_a_person_may_still_need(orders):
    orders.deliver([orders.order()])
    orders.curate()
    leave(orders)
    found = optimizers(orders)
    retention = found["retention"]["retentionConfiguration"]["icebergConfiguration"]
    orphans = found["orphan_file_deletion"]["orphanFileDeletionConfiguration"]["icebergConfiguration"]

    assert retention["snapshotRetentionPeriodInDays"] >= 5
    assert orphans["orphanFileRetentionPeriodInDays"] >= 5
    assert orphans["location"] == "s3://curated/tables/orders"


def test_one_that_somebody_changed_is_set_right_and_one_that_is_right_is_left(orders):
    orders.deliver([orders.order()])
    orders.curate()
    leave(orders)
    before = optimizers(orders)
    orders.glue.update_table_optimizer(
        CatalogId="123456789012",
        DatabaseName="lake",
        TableName="orders_curated",
        Type="retention",
        TableOptimizerConfiguration={**before["retention"], "enabled": False},
    )
    leave(orders)

    assert optimizers(orders) == before


def test_a_role_that_glue_may_not_assume_is_named_with_the_way_out(orders):
    orders.deliver([orders.order()])
    orders.curate()
    orders.role_arn = "arn:aws:iam::123456789012:role/none"

    with pytest.raises(NotOptimized, match=r"lake\.orders_curated: .* compaction optimizer: .*table_maintenance: job"):
        leave(orders)
