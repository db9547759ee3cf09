"""Maintenance: nothing that a query can see is lost, and nothing that no one can see is kept."""

import datetime

from etl.maintain import maintain
from tests.unit.etl.lake import RECEIVED

NOW = datetime.timedelta(0)


def upkeep(orders, keep=NOW):
    return maintain(orders.catalog, orders.s3, orders.lake, orders.contract, keep)


def test_old_snapshots_expire_and_the_rows_stay(orders):
    for _ in range(3):
        orders.deliver([orders.order()])
        orders.curate()
    before = orders.rows()
    report = upkeep(orders)

    assert report.expired_snapshots == 2
    assert len(orders.table.snapshots()) == 1
    assert orders.rows() == before


def test_what_a_killed_run_left_behind_is_deleted(orders):
    orders.deliver([orders.order()])
    orders.curate()
    left = ["tables/orders/data/event_day=2026-03-14/left.parquet", "tables/orders/metadata/left-m0.avro"]
    left.append("ledgers/orders/left.json.gz")
    for key in left:
        orders.s3.put_object(Bucket="curated", Key=key, Body=b"left")
    before = orders.rows()
    upkeep(orders)

    assert not set(left) & set(orders.objects())
    assert orders.rows() == before


def test_the_ledger_survives_so_that_nothing_is_taken_twice(orders):
    orders.deliver([orders.order(received_at=RECEIVED - datetime.timedelta(days=60))])
    orders.curate()
    upkeep(orders)

    assert orders.curate().inputs == 0
    assert len(orders.rows()) == 1


def test_young_files_are_left_alone_for_they_may_belong_to_a_run_at_work(orders):
    orders.deliver([orders.order()])
    orders.curate()
    orders.s3.put_object(Bucket="curated", Key="tables/orders/data/young.parquet", Body=b"young")
    upkeep(orders, keep=datetime.timedelta(hours=1))

    assert "tables/orders/data/young.parquet" in orders.objects()


def test_a_source_without_a_table_needs_no_upkeep(orders):
    report = upkeep(orders)

    assert (report.expired_snapshots, report.deleted_objects) == (0, 0)
