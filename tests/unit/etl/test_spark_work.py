"""What Spark's tasks do, without Spark: whatever is cut, moved and run again, each row stays one row."""

import datetime

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from etl.engines.spark import blocks, work
from etl.engines.spark.engine import _shares
from etl.engines.spark.placement import Placement
from etl.engines.spark.work import Delivered, Job, Read, Settled
from tests.unit.etl.lake import RECEIVED


@given(st.lists(st.text(max_size=20), max_size=60), st.integers(1, 9))
def test_every_row_goes_to_the_one_bucket_of_its_key(keys, buckets):
    rows = pa.table({"key": pa.array(keys, pa.string()), "number": np.arange(len(keys))})
    cut = dict(blocks.cut(rows, blocks.bucket_of(rows["key"], buckets)))

    assert sorted(number for part in cut.values() for number in part["number"].to_pylist()) == list(range(len(keys)))
    homes = {key: bucket for bucket, part in cut.items() for key in part["key"].to_pylist()}
    assert all(set(part["key"].to_pylist()) == {key for key in homes if homes[key] == b} for b, part in cut.items())
    assert set(cut) <= set(range(buckets))


def test_a_key_has_the_same_bucket_in_every_run_and_on_every_machine():
    keys = pa.chunked_array([["a", "b", "some longer key"], ["é"]])

    assert (
        blocks.bucket_of(keys, 1000).tolist()
        == blocks.bucket_of(pa.chunked_array([keys.combine_chunks()]), 1000).tolist()
    )


def test_packed_rows_are_what_they_were():
    rows = pa.table({"a": ["x", None], "b": pa.array([1, 2], pa.timestamp("us"))})

    assert blocks.unpack([blocks.pack(rows.slice(0, 1)), blocks.pack(rows.slice(1))], rows.schema).equals(rows)


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 5), st.integers(0, 300)), max_size=40),
    st.integers(1, 400),
)
def test_what_is_settled_has_a_place_and_a_small_day_has_one_alone(settled, write_bytes):
    items = [Settled(day, bucket, 1, size, b"") for day, bucket, size in settled]
    placement = Placement(items, write_bytes)
    days = {item.day: sum(other.size_bytes for other in items if other.day == item.day) for item in items}
    places = {}
    for item in items:
        places.setdefault(item.day, set()).add(placement.task_of(item.day, item.bucket))

    assert {task for found in places.values() for task in found} <= set(range(placement.tasks))
    assert all(len(found) == 1 for day, found in places.items() if days[day] <= write_bytes)
    small = {}
    for day, found in places.items():
        if days[day] <= write_bytes:
            small[min(found)] = small.get(min(found), 0) + days[day]
    assert all(size <= write_bytes for size in small.values())


@given(st.lists(st.integers(0, 10**8), max_size=50), st.integers(1, 4))
def test_shares_hold_everything_once_and_in_its_order(sizes, parallel):
    shares = list(_shares(sizes, lambda size: size, parallel))

    assert [size for share in shares for size in share] == sizes
    assert all(shares)


def job(orders, buckets=3):
    orders.curate()
    file_io = {"s3.endpoint": orders.table.io.properties["s3.endpoint"]}
    now = datetime.datetime(2026, 3, 15)
    return Job(orders.contract, "processed", orders.table.metadata_location, file_io, {}, buckets, now, work.s3)


def delivered(orders):
    from etl.curation import inputs

    return list(inputs.listing(orders.s3, "processed", "orders", None))


def test_a_task_that_is_run_again_reads_the_same_into_the_same_buckets(orders):
    the_job = job(orders)
    for _ in range(3):
        orders.deliver([orders.order() for _ in range(20)])

    assert list(work.read(the_job, delivered(orders))) == list(work.read(the_job, delivered(orders)))


def test_a_key_that_floods_in_is_one_row_to_its_bucket(orders, monkeypatch):
    monkeypatch.setattr(work, "FLOOD_ROWS", 10)
    the_job = job(orders)
    later = [RECEIVED + datetime.timedelta(seconds=n) for n in range(50)]
    orders.deliver([orders.order("flood", received_at=moment) for moment in later] + [orders.order("a")] * 3)
    found = [item for _, item in work.read(the_job, delivered(orders))]
    [told] = [item for item in found if isinstance(item, Read)]
    rows = pa.concat_tables(pa.ipc.open_stream(item.block).read_all() for item in found if isinstance(item, Delivered))

    assert told == Read(53, RECEIVED)
    assert sorted(rows["event_id"].to_pylist()) == ["a", "a", "a", "flood"]
    assert rows.filter(pa.compute.equal(rows["event_id"], "flood"))["received_at"].to_pylist() == [RECEIVED]
