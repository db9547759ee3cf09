"""Curation: every delivered event in the table once, whatever comes twice, late, or in between."""

import datetime
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.exceptions import CommitFailedException

from etl.curation import curate as module
from etl.curation.ledger import Ledger
from etl.engines import pyarrow_engine
from etl.iceberg import commits
from tests.unit.etl.disk_source import DiskSource
from tests.unit.etl.lake import DELIVERED, Source


@pytest.fixture
def orders(tmp_path):
    return DiskSource(tmp_path / "lake")


def ids(orders):
    return [row["event_id"] for row in orders.rows()]


def test_delivered_orders_are_in_the_table_with_their_types(orders):
    orders.deliver([orders.order("a", time="2026-03-14T18:30:00.250")])
    report = orders.curate()

    assert (report.inputs, report.rows_read, report.rows_added, report.repeats) == (1, 1, 1, 0)
    [row] = orders.rows()
    assert row["timestamp"] == datetime.datetime(2026, 3, 14, 18, 30, 0, 250_000)
    assert str(row["price"]) == "9.50"
    assert {field.name: str(field.field_type) for field in orders.table.schema().fields} == {
        "event_id": "string",
        "timestamp": "timestamp",
        "menuitem": "string",
        "quantity": "long",
        "price": "decimal(10, 2)",
        "customerid": "string",
        "restaurantid": "string",
        "extra": "string",
        "received_at": "timestamp",
        "ingest_id": "string",
    }


def test_a_table_s_own_data_files_are_read_too_with_short_texts_that_do_not_repeat(orders, tmp_path):
    """A sync of a migration delivers them as they are; Arrow reads no dictionaries from their delta encoding."""
    orders.deliver([orders.order(customerid=f"c{number}") for number in range(20)])
    orders.curate()
    [data_file] = orders.files()
    with orders.table.io.new_input(data_file.file_path).open() as file:
        content = file.read()
    assert "DELTA_LENGTH_BYTE_ARRAY" in str(pq.read_metadata(io.BytesIO(content)).row_group(0).to_dict())
    other = DiskSource(tmp_path / "other")
    key = "orders/2026/03/14/00/history-1.parquet"
    other.s3.put_object(Bucket=other.lake.processed_bucket, Key=key, Body=content)
    report = other.curate()

    assert report.unreadable == []
    assert other.rows() == orders.rows()


def test_curating_again_changes_nothing(orders):
    orders.deliver([orders.order() for _ in range(5)])
    orders.curate()
    before = orders.table.metadata_location
    report = orders.curate()

    assert (report.inputs, report.commits) == (0, 0)
    assert orders.table.metadata_location == before


def test_without_any_delivery_an_empty_table_is_made(orders):
    report = orders.curate()

    assert report.commits == 0
    assert orders.rows() == []


def test_an_id_that_comes_twice_in_one_object_is_one_row_the_first_received(orders):
    later = orders.order().get("received_at") + datetime.timedelta(seconds=1)
    orders.deliver([orders.order("a", menuitem="second", received_at=later), orders.order("a", menuitem="first")])
    report = orders.curate()

    assert report.repeats == 1
    assert [row["menuitem"] for row in orders.rows()] == ["first"]


def test_an_id_that_comes_again_in_a_later_run_is_not_counted_again(orders):
    orders.deliver([orders.order("a"), orders.order("b")])
    orders.curate()
    orders.deliver([orders.order("b"), orders.order("c")])
    report = orders.curate()

    assert (report.rows_added, report.repeats) == (1, 1)
    assert ids(orders) == ["a", "b", "c"]


def test_an_id_that_comes_again_with_a_receipt_in_the_far_future_is_not_counted_again(orders):
    """Whoever may put lines onto the stream writes the moment of receipt, by a clock that may be wrong."""
    orders.deliver([orders.order("a", received_at=datetime.datetime.now())])
    orders.curate()
    orders.deliver([orders.order("a", received_at=datetime.datetime(2261, 1, 1))])
    orders.curate()

    assert ids(orders) == ["a"]


def test_an_object_that_is_delivered_twice_is_counted_once(orders):
    rows = [orders.order("a"), orders.order("b")]
    orders.deliver(rows)
    orders.deliver(rows)

    assert orders.curate().repeats == 2
    assert ids(orders) == ["a", "b"]


def test_an_object_that_arrives_in_an_old_hour_is_not_missed(orders):
    orders.deliver([orders.order("new")], hour="2026/03/14/18")
    since = datetime.date(2026, 3, 11)
    orders.curate(since=since)
    orders.deliver([orders.order("old")], hour="2026/03/12/07")
    orders.curate(since=since)

    assert ids(orders) == ["new", "old"]


def test_what_was_delivered_before_the_lookback_is_left_to_a_full_run(orders):
    orders.deliver([orders.order("ancient")], hour="2025/01/01/00")
    assert orders.curate(since=datetime.date(2026, 3, 11)).inputs == 0
    assert orders.curate(since=None).inputs == 1


def test_a_late_event_lies_in_the_partition_of_its_own_day(orders):
    orders.deliver([orders.order("today"), orders.order("late", time="2024-02-29T23:59:59.999")])
    orders.curate()

    days = {key.split("/")[3] for key in orders.objects("tables/orders/data/")}
    assert days == {"event_day=2026-03-14", "event_day=2024-02-29"}


def test_data_files_are_sorted_zstd_with_field_ids_and_no_stored_arrow_schema(orders):
    times = ["2026-03-14T18:30:02", "2026-03-14T18:30:00", "2026-03-14T18:30:01"]
    orders.deliver([orders.order(time=time) for time in times])
    orders.curate()

    [key] = orders.objects("tables/orders/data/")
    file = pq.ParquetFile(io.BytesIO(orders.s3.get_object(Bucket=orders.lake.curated_bucket, Key=key)["Body"].read()))
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert b"ARROW:schema" not in (file.metadata.metadata or {})
    assert file.schema_arrow.field("timestamp").metadata[b"PARQUET:field_id"] == b"2"
    stored = file.read()["timestamp"].to_pylist()
    assert stored == sorted(stored)


def test_a_large_backlog_is_taken_in_several_commits(orders, monkeypatch):
    monkeypatch.setattr(pyarrow_engine, "MAX_BATCH_ROWS", 1)
    for _ in range(4):
        orders.deliver([orders.order()])
    report = orders.curate()

    assert (report.inputs, report.commits) == (4, 4)
    assert len(orders.rows()) == 4


def test_what_arrives_while_a_run_works_is_taken_by_the_same_run(orders, monkeypatch):
    orders.deliver([orders.order("a")])
    add = Ledger.add

    def deliver_meanwhile(self, inputs):
        if len(inputs) == 1 and "b" not in orders.delivered:
            orders.delivered.add("b")
            orders.deliver([orders.order("b")])
        return add(self, inputs)

    orders.delivered = set()
    monkeypatch.setattr(Ledger, "add", deliver_meanwhile)
    orders.curate()

    assert ids(orders) == ["a", "b"]


def test_of_two_runs_at_once_over_the_same_input_the_second_finds_nothing_to_add(own_account, tmp_path, monkeypatch):
    orders = Source(tmp_path)
    orders.deliver([orders.order() for _ in range(10)])
    add, raced = Ledger.add, []

    def race(self, inputs):
        if not raced:
            raced.append("started")
            raced.append(orders.curate())
        return add(self, inputs)

    monkeypatch.setattr(Ledger, "add", race)
    monkeypatch.setattr(commits.time, "sleep", lambda seconds: None)
    report = orders.curate()

    assert raced[1].rows_added == 10
    assert (report.conflicts, report.rows_added) == (1, 0)
    assert len(orders.rows()) == 10


def test_a_run_that_never_gets_its_turn_fails_and_leaves_the_table_as_it_was(orders, monkeypatch):
    orders.deliver([orders.order("a")])

    def refuse(*args, **kwargs):
        raise CommitFailedException("another run was first")

    monkeypatch.setattr(commits.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(module, "_commit", refuse)
    with pytest.raises(CommitFailedException):
        orders.curate()
    monkeypatch.undo()

    assert orders.rows() == []


def test_an_object_that_is_no_parquet_is_named_and_the_others_are_taken(orders):
    broken = "orders/2026/03/14/18/broken.parquet"
    orders.s3.put_object(Bucket=orders.lake.processed_bucket, Key=broken, Body=b"PAR1 no")
    orders.deliver([orders.order("a")])
    report = orders.curate()

    assert ids(orders) == ["a"]
    assert len(report.unreadable) == 1
    assert f"s3://{orders.lake.processed_bucket}/{broken}" in report.unreadable[0]
    assert orders.curate().unreadable == report.unreadable


def test_an_object_of_another_type_is_named_without_a_value_and_the_others_are_taken(orders):
    key = "orders/2026/03/14/18/other.parquet"
    stored = io.BytesIO()
    pq.write_table(pa.table({"event_id": ["b"], "quantity": ["a customer's words"]}), stored)
    orders.s3.put_object(Bucket=orders.lake.processed_bucket, Key=key, Body=stored.getvalue())
    orders.deliver([orders.order("a")])

    assert orders.curate().unreadable == [
        f"s3://{orders.lake.processed_bucket}/{key}: quantity is string, with values that are no int64; a "
        "field of another type needs a new name"
    ]
    assert ids(orders) == ["a"]


def test_rows_without_a_key_or_a_time_are_not_taken_silently(orders):
    orders.deliver([orders.order("a"), {**orders.order(), "timestamp": None}])
    [reason] = orders.curate().unreadable

    assert "timestamp" in reason
    assert orders.rows() == []


def test_a_column_that_an_older_object_lacks_is_null(orders):
    types = {name: kind for name, kind in DELIVERED.items() if name != "extra"}
    orders.deliver([orders.order("a")], types=types)
    orders.curate()

    assert orders.rows()[0]["extra"] is None


def test_whole_numbers_of_fewer_bits_are_widened(orders):
    orders.deliver([orders.order("a", quantity=7)], types={**DELIVERED, "quantity": pa.int32()})
    orders.curate()

    assert orders.rows()[0]["quantity"] == 7
