"""Of rows with one key the first received stays, in whatever order and in whatever batches they come."""

import datetime
import itertools
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.curation import fetching, fingerprints, inputs, known
from etl.engines import pyarrow_engine
from tests.unit.etl.disk_source import DiskSource
from tests.unit.etl.lake import RECEIVED

SECOND, DAY = datetime.timedelta(seconds=1), datetime.timedelta(days=1)

# Few keys, moments and ids, so that nearly every row has a rival.
rows_of_few_keys = st.lists(
    st.fixed_dictionaries(
        {
            "event_id": st.sampled_from("abcdef"),
            "received_at": st.integers(0, 3).map(lambda seconds: RECEIVED + seconds * SECOND),
            "ingest_id": st.sampled_from(["i1", "i2", "i3"]),
            "timestamp": st.integers(0, 2).map(lambda days: RECEIVED - days * DAY),
            "quantity": st.integers(1, 2),
            "extra": st.sampled_from([None, "{}"]),
        }
    ),
    min_size=1,
    max_size=12,
)
cuts = st.lists(st.integers(0, 12), max_size=3)


def winners(rows):
    """The rule, said once more: the smallest of each key, nulls last."""
    by_key = defaultdict(list)
    for row in rows:
        by_key[row["event_id"]].append(row)
    return {key: min(found, key=rank) for key, found in by_key.items()}


def rank(row):
    return (
        row["received_at"],
        row["ingest_id"],
        row["timestamp"],
        row["quantity"],
        (row["extra"] is None, row["extra"] or ""),
    )


def cut(rows, cuts):
    bounds = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    return [rows[begin:end] for begin, end in itertools.pairwise(bounds) if begin < end]


@pytest.fixture
def lakes(tmp_path):
    """As many empty lakes as are asked for, each with orders."""
    numbers = itertools.count()
    return lambda: DiskSource(tmp_path / str(next(numbers)))


@given(rows=rows_of_few_keys, order=st.randoms(use_true_random=False), data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_table_is_the_same_in_whatever_order_and_batches_rows_are_delivered(lakes, rows, order, data):
    orders = lakes()
    rows = [orders.order(**row) for row in rows]
    order.shuffle(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyarrow_engine, "MAX_BATCH_ROWS", data.draw(st.integers(1, 6)))
        for run in cut(rows, data.draw(cuts)):
            for part in cut(run, data.draw(cuts)):
                orders.deliver(part)
            orders.curate()

    assert orders.rows() == [row for _, row in sorted(winners(rows).items())]


def test_one_that_was_received_earlier_replaces_the_row_in_the_table(lakes):
    orders = lakes()
    rows = [orders.order(name, received_at=RECEIVED + SECOND) for name in ("a", "b", "c")]
    orders.deliver(rows)
    orders.curate()
    earlier = orders.order("b", received_at=RECEIVED, time="2026-03-13T23:00:00")
    orders.deliver([earlier])
    report = orders.curate()

    assert (report.rows_read, report.rows_added, report.repeats, report.replaced) == (1, 0, 1, 1)
    assert orders.rows() == [rows[0], earlier, rows[2]]
    assert [file.record_count for file in orders.files()] == [1, 2]


def test_a_file_whose_only_row_is_replaced_goes(lakes):
    orders = lakes()
    orders.deliver([orders.order("a", received_at=RECEIVED + SECOND)])
    orders.curate()
    orders.deliver([orders.order("a", received_at=RECEIVED)])
    orders.curate()

    assert [file.record_count for file in orders.files()] == [1]


def test_what_is_delivered_again_as_it_was_writes_no_file_anew(lakes):
    orders = lakes()
    rows = [orders.order(name) for name in "abc"]
    orders.deliver(rows)
    orders.curate()
    before = orders.files()
    orders.deliver(rows)
    report = orders.curate()

    assert (report.rows_added, report.repeats, report.replaced) == (0, 3, 0)
    assert orders.files() == before


def test_a_key_that_comes_again_after_the_horizon_is_another_event_whatever_is_delivered_first(lakes):
    for order in (0, 1), (1, 0):
        orders = lakes()
        horizon = datetime.timedelta(days=orders.contract.repeat_horizon_days)
        rows = [orders.order("a", received_at=RECEIVED), orders.order("a", received_at=RECEIVED + horizon + SECOND)]
        for number in order:
            orders.deliver([rows[number]])
            orders.curate()
        assert sorted(orders.rows(), key=rank) == rows


def test_within_a_batch_too_a_key_that_comes_again_after_the_horizon_is_another_event(lakes):
    orders = lakes()
    day = datetime.timedelta(days=1)
    horizon = orders.contract.repeat_horizon_days
    received = [RECEIVED + days * day for days in (0, 1, horizon, horizon + 1, 2 * horizon, 2 * horizon + 2)]
    orders.deliver([orders.order("a", received_at=moment) for moment in received])
    orders.curate()

    assert [row["received_at"] for row in sorted(orders.rows(), key=rank)] == [received[0], received[3], received[5]]


def test_a_key_whose_event_time_changes_stays_single(lakes):
    orders = lakes()
    for number, time in enumerate(("2026-03-14T18:30:00", "2026-03-01T00:00:00", "2027-03-14T18:30:00")):
        orders.deliver([orders.order("a", time=time, received_at=RECEIVED + number * SECOND)])
        orders.curate()

    assert [row["timestamp"].isoformat() for row in orders.rows()] == ["2026-03-14T18:30:00"]


def test_events_of_a_year_ago_and_of_the_far_future_lie_in_their_own_days(lakes):
    orders = lakes()
    times = ["2025-03-14T18:30:00", "2026-03-14T18:30:00", "2199-12-31T23:59:59.999", "1969-12-31T23:59:59.999"]
    orders.deliver([orders.order(time=time) for time in times])
    orders.curate()

    days = sorted(path.name for path in orders.folder.glob("curated/tables/orders/data/*"))
    assert days == ["event_day=1969-12-31", "event_day=2025-03-14", "event_day=2026-03-14", "event_day=2199-12-31"]


def test_a_row_that_another_engine_has_deleted_neither_counts_nor_comes_back(lakes, monkeypatch):
    """Athena's DELETE leaves the data file as it is, and writes which of its rows are gone."""
    orders = lakes()
    rows = [orders.order(name, received_at=RECEIVED + SECOND) for name in "abc"]
    orders.deliver(rows)
    orders.curate()
    [file] = orders.files()
    # What pyiceberg reads from delete files; it writes none.
    deleted = {file.file_path: [pa.chunked_array([pa.array([0])])]}
    monkeypatch.setattr(known, "_read_all_delete_files", lambda io, tasks: deleted)
    orders.deliver([orders.order("b", received_at=RECEIVED), orders.order("a", received_at=RECEIVED + 2 * SECOND)])
    orders.curate()

    assert [(row["event_id"], row["received_at"] - RECEIVED) for row in orders.rows()] == [
        ("a", 2 * SECOND),
        ("b", 0 * SECOND),
        ("c", SECOND),
    ]


def test_a_large_object_is_taken_bit_by_bit_in_one_commit(lakes, monkeypatch):
    monkeypatch.setattr(pyarrow_engine, "MAX_BATCH_ROWS", 10)
    monkeypatch.setattr(fetching, "LARGE_ROWS", 10)
    monkeypatch.setattr(inputs, "PART_ROWS", 5)
    orders = lakes()
    small = [orders.order() for _ in range(3)]
    large = [orders.order(f"l{number % 60:02}", received_at=RECEIVED - number * SECOND) for number in range(100)]
    orders.deliver(small)
    orders.deliver(large)
    report = orders.curate()

    assert (report.inputs, report.commits, report.rows_added) == (2, 2, 63)
    assert orders.rows() == [row for _, row in sorted(winners(small + large).items())]


def test_an_object_whose_size_is_large_is_fetched_by_ranges(lakes, monkeypatch):
    monkeypatch.setattr(fetching, "LARGE_BYTES", 100)
    orders = lakes()
    rows = [orders.order(name) for name in "abc"]
    orders.deliver(rows)
    orders.curate()

    assert orders.rows() == rows


def test_a_large_object_that_breaks_off_is_named_and_nothing_of_it_is_taken(lakes, monkeypatch):
    monkeypatch.setattr(pyarrow_engine, "MAX_BATCH_ROWS", 10)
    monkeypatch.setattr(fetching, "LARGE_ROWS", 10)
    monkeypatch.setattr(inputs, "PART_ROWS", 5)
    orders = lakes()
    broken = [orders.order() for _ in range(30)]
    broken[-1]["timestamp"] = None
    orders.deliver(broken)
    small = [orders.order() for _ in range(3)]
    orders.deliver(small)
    report = orders.curate()

    assert len(report.unreadable) == 1
    assert "timestamp" in report.unreadable[0]
    assert orders.rows() == sorted(small, key=lambda row: row["event_id"])


def test_keys_are_found_whether_or_not_there_is_room_to_remember_them(lakes, monkeypatch):
    monkeypatch.setattr(pyarrow_engine, "MAX_BATCH_ROWS", 2)
    for room in (0, known.MAX_REMEMBERED_BYTES):
        monkeypatch.setattr(known, "MAX_REMEMBERED_BYTES", room)
        orders = lakes()
        for number in range(12):
            orders.deliver([orders.order(f"e{number % 5}"), orders.order(f"f{number % 3}")])
        orders.curate()
        assert [row["event_id"] for row in orders.rows()] == ["e0", "e1", "e2", "e3", "e4", "f0", "f1", "f2"]


@given(keys=st.lists(st.text(max_size=40), max_size=50, unique=True), start=st.integers(0, 5))
def test_hashes_depend_on_the_text_alone(keys, start):
    column = pa.chunked_array([pa.array(keys[:7], pa.string()), pa.array(keys[7:], pa.string()).slice(start)])
    hashes = fingerprints.of(column)

    assert hashes.tolist() == [fingerprints.of(pa.array([key], pa.large_string()))[0] for key in column.to_pylist()]
    assert len(set(hashes.tolist())) == len(hashes)


@given(some=st.lists(st.integers(0, 2**64 - 1)), others=st.lists(st.integers(0, 2**64 - 1)))
def test_a_sieve_finds_exactly_what_is_in_it(some, others):
    many = np.array(others + some[::2], np.uint64)
    found = fingerprints.Sieve(np.array(some, np.uint64)).among(many)

    assert found.tolist() == [place for place, value in enumerate(many.tolist()) if value in set(some)]
