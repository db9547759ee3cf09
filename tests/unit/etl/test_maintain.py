"""Maintenance: nothing that a query can see is lost, and nothing that no one can see is kept."""

import datetime
import json

import pyarrow as pa
import pytest
from pyiceberg.table.statistics import StatisticsFile

from contracts import curation, load
from etl.aggregates.refresh import refresh
from etl.jobs import curate_job as job
from etl.maintenance.maintain import maintain
from etl.objects import NotDeleted
from tests.unit.etl.lake import RECEIVED, SOURCES

NOW = datetime.timedelta(0)


def upkeep(orders, keep=NOW):
    return maintain(orders.catalog, orders.s3, orders.lake, orders.contract, keep)


def test_old_snapshots_expire_and_the_rows_stay(orders):
    for _ in range(3):
        orders.deliver([orders.order()])
        orders.curate()
    before = orders.rows()
    report = upkeep(orders)

    # One of them was to be compacted, which made a fourth.
    assert report.expired_snapshots == 3
    assert len(orders.table.snapshots()) == 1
    assert orders.rows() == before


def test_where_nothing_expires_nothing_is_committed(orders):
    orders.deliver([orders.order()])
    orders.curate()
    upkeep(orders)
    identifiers = [("lake", name) for name in ("orders_curated", "orders_sales_daily")]
    before = [orders.catalog.load_table(identifier).metadata_location for identifier in identifiers]
    report = upkeep(orders)

    assert report.expired_snapshots == 0
    assert [orders.catalog.load_table(identifier).metadata_location for identifier in identifiers] == before


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


def test_statistics_of_a_snapshot_are_kept_with_it(orders):
    orders.deliver([orders.order()])
    orders.curate()
    table, path = orders.table, "s3://curated/tables/orders/metadata/kept.stats"
    orders.s3.put_object(Bucket="curated", Key="tables/orders/metadata/kept.stats", Body=b"statistics")
    with table.update_statistics() as update:
        update.set_statistics(
            StatisticsFile(
                snapshot_id=table.current_snapshot().snapshot_id,
                statistics_path=path,
                file_size_in_bytes=10,
                file_footer_size_in_bytes=1,
                blob_metadata=[],
            )
        )
    upkeep(orders)

    assert "tables/orders/metadata/kept.stats" in orders.objects()


def test_more_orphans_than_one_request_deletes(orders, monkeypatch):
    monkeypatch.setattr("etl.objects.MAX_DELETED", 2)
    orders.deliver([orders.order()])
    orders.curate()
    for number in range(5):
        orders.s3.put_object(Bucket="curated", Key=f"tables/orders/data/left-{number}.parquet", Body=b"left")

    assert upkeep(orders).deleted_objects == 5
    assert not [key for key in orders.objects() if "left" in key]


def test_an_orphan_that_is_not_deleted_is_named(orders, monkeypatch):
    orders.deliver([orders.order()])
    orders.curate()
    orders.s3.put_object(Bucket="curated", Key="tables/orders/data/left.parquet", Body=b"left")
    error = {"Key": "tables/orders/data/left.parquet", "Code": "AccessDenied", "Message": "Access Denied"}
    monkeypatch.setattr(orders.s3, "delete_objects", lambda **_request: {"Errors": [error]})

    with pytest.raises(NotDeleted, match=r"s3://curated/tables/orders/data/left\.parquet: AccessDenied: Access Denied"):
        upkeep(orders)


def test_rows_that_cannot_be_read_are_an_error_of_their_source_in_the_report(orders, monkeypatch, capfd):
    document = curation.document(load(SOURCES / "orders.yaml"))
    orders.s3.put_object(Bucket="curated", Key="contracts.json", Body=json.dumps([document]))
    for _ in range(2):
        orders.deliver([orders.order()])
        orders.curate()
    monkeypatch.setattr("etl.maintenance.compact.ArrowScan.to_table", lambda _scan, _tasks: pa.table({"event_id": []}))
    places = ["--database", "lake", "--processed_bucket", "processed", "--curated_bucket", "curated"]
    monkeypatch.setattr("etl.maintenance.compact.data_files.write", lambda *_arguments: [])
    status = job.main(["--task", "maintain", "--contracts_uri", "s3://curated/contracts.json", *places])

    assert status == 1
    assert json.loads(capfd.readouterr().out)["error"] == "lake.orders_curated, 2026-03-14: 0 rows read, 2 expected"


def test_the_daily_run_takes_in_what_was_missed_and_then_maintains(orders, capfd):
    document = curation.document(load(SOURCES / "orders.yaml"))
    orders.s3.put_object(Bucket="curated", Key="contracts.json", Body=json.dumps([document]))
    for hour in ("2020/01/01/00", "2026/03/14/18"):
        orders.deliver([orders.order()], hour)
        orders.curate(since=datetime.date(2026, 3, 14))
    orders.deliver([orders.order()], "2020/01/01/01")
    places = ["--database", "lake", "--processed_bucket", "processed", "--curated_bucket", "curated"]
    status = job.main(["--task", "daily", "--contracts_uri", "s3://curated/contracts.json", *places])
    report = json.loads(capfd.readouterr().out.splitlines()[-1])

    assert (status, report["task"], report["source"]) == (0, "daily", "orders")
    assert (report["inputs"], report["rows_added"], report["compacted_files"], report["written_files"]) == (2, 2, 2, 1)
    assert len(orders.rows()) == 3


def test_the_tables_of_aggregates_are_kept_small_too(orders):
    for _ in range(3):
        orders.deliver([orders.order()])
        orders.curate()
        refresh(orders.catalog, orders.lake, orders.contract)
    left = "aggregates/orders/sales/data/month=2026-03/left.parquet"
    orders.s3.put_object(Bucket="curated", Key=left, Body=b"left")
    upkeep(orders)

    sales = orders.catalog.load_table(("lake", "orders_sales_daily"))
    assert len(sales.snapshots()) == 1
    assert sales.scan().to_arrow()["orders"].to_pylist() == [3]
    assert left not in orders.objects()


def test_compaction_makes_no_day_of_an_aggregate_anew_though_its_snapshot_expires(orders):
    for _ in range(2):
        orders.deliver([orders.order()])
        orders.curate()
    refresh(orders.catalog, orders.lake, orders.contract)
    before = orders.table.current_snapshot().snapshot_id
    report = upkeep(orders)

    assert orders.table.snapshot_by_id(before) is None
    assert report.compacted_days == 1
    assert refresh(orders.catalog, orders.lake, orders.contract)[0].days == 0
