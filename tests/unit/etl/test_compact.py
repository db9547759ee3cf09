"""Compaction: fewer and larger files, sorted, with the same rows, whoever else commits."""

import dataclasses
import datetime
import random
import time

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.expressions import visitors
from pyiceberg.table import DataScan, FileScanTask
from pyiceberg.table.snapshots import Operation
from pyiceberg.transforms import IdentityTransform

from etl.curation.ledger import PROPERTY
from etl.iceberg import commits
from etl.maintenance import compact as compaction
from etl.maintenance.compact import CHEAP_BYTES, FULL_BYTES, MIB, Compaction, RowsDiffer, compact, worth_merging
from etl.maintenance.maintain import maintain
from tests.unit.etl.disk_source import DiskSource

WEEK = datetime.timedelta(days=7)
# Today may be over in a moment.
TOMORROW = f"{datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1):%Y-%m-%d}"
SIZES = st.lists(st.integers(1, 200 * MIB), max_size=60).map(sorted)


@pytest.fixture
def orders(tmp_path):
    return DiskSource(tmp_path / "lake")


def upkeep(orders, keep=WEEK):
    return maintain(orders.catalog, orders.s3, orders.lake, orders.contract, keep)


def curate_hours(orders, hours, days=("2026-03-14",)):
    """A run each hour, as the job makes them: a file a day of event time and run."""
    for hour in range(hours):
        for day in days:
            orders.deliver([orders.order(time=f"{day}T{hour:02}:{minute:02}:00") for minute in (40, 10)])
        orders.curate()


def files_by_day(table):
    days = {}
    for task in table.scan().plan_files():
        days.setdefault(task.file.file_path.split("event_day=")[1][:10], []).append(task.file)
    return days


def figures(report):
    return tuple(dataclasses.asdict(report)[name] for name in ("compacted_days", "compacted_files", "written_files"))


def test_the_files_of_a_day_become_one_sorted_one_and_the_rows_stay(orders):
    curate_hours(orders, 3, days=("2026-03-13", "2026-03-14"))
    before = orders.rows()
    report = upkeep(orders)

    days = files_by_day(orders.table)
    assert {day: len(files) for day, files in days.items()} == {"2026-03-13": 1, "2026-03-14": 1}
    assert figures(report) == (2, 6, 2)
    assert 0 < report.bytes_after < report.bytes_before
    assert orders.rows() == before
    with orders.table.io.new_input(days["2026-03-14"][0].file_path).open() as stream:
        times = pq.read_table(stream)["timestamp"].to_pylist()
    assert (times, len(times)) == (sorted(times), 6)


def test_a_file_in_an_order_that_the_table_has_no_more_is_written_anew_once_its_day_is_over(orders):
    def sort_by_customer(document, _fields):
        next(item for item in document["customProperties"] if item["property"] == "sortBy")["value"] = ["customerId"]

    for day in ("2026-03-14", TOMORROW):
        orders.deliver(
            [orders.order(time=f"{day}T12:{minute}:00", customerid=f"c{99 - minute}") for minute in (10, 20)]
        )
    orders.curate()
    before = orders.rows()
    orders.contract = orders.changed(sort_by_customer)
    orders.curate()
    report = upkeep(orders)

    assert figures(report) == (1, 1, 1)
    assert orders.rows() == before
    now = orders.table.metadata.default_sort_order_id
    days = files_by_day(orders.table)
    assert (days["2026-03-14"][0].sort_order_id == now, days[TOMORROW][0].sort_order_id == now) == (True, False)
    with orders.table.io.new_input(days["2026-03-14"][0].file_path).open() as stream:
        assert pq.read_table(stream)["customerid"].to_pylist() == ["c79", "c89"]
    assert figures(upkeep(orders)) == (0, 0, 0)


def test_the_snapshot_says_that_no_row_changed_and_small_manifests_are_one(orders, monkeypatch):
    monkeypatch.setattr(commits, "MANIFESTS", 3)
    curate_hours(orders, 2)
    orders.deliver([orders.order(time="2026-03-10T12:00:00")])
    orders.curate()
    before, rows = orders.table.current_snapshot().summary, orders.rows()
    upkeep(orders)

    snapshot = orders.table.current_snapshot()
    assert snapshot.summary.operation == Operation.REPLACE
    assert snapshot.summary["total-records"] == before["total-records"] == "5"
    assert snapshot.summary["total-data-files"] == "2"
    assert len(snapshot.manifests(orders.table.io)) == 1
    assert orders.rows() == rows
    assert orders.curate().inputs == 0


def test_a_second_run_finds_nothing_to_do(orders):
    curate_hours(orders, 2)
    ledger = orders.table.properties[PROPERTY]
    upkeep(orders)
    snapshot = orders.table.current_snapshot()

    assert figures(upkeep(orders)) == (0, 0, 0)
    assert orders.table.current_snapshot() == snapshot
    assert orders.table.properties[PROPERTY] == ledger
    assert orders.curate().inputs == 0


def test_the_table_as_it_was_before_is_there_until_its_snapshot_expires(orders):
    curate_hours(orders, 3)
    before = orders.table.current_snapshot().snapshot_id
    upkeep(orders)
    then = orders.table.scan(snapshot_id=before)

    assert len(list(then.plan_files())) == 3
    assert then.to_arrow().sort_by("event_id").to_pylist() == orders.rows()
    assert upkeep(orders, keep=datetime.timedelta(0)).expired_snapshots == 3
    assert orders.table.snapshot_by_id(before) is None
    assert len(orders.objects("tables/orders/data/")) == 1


def test_a_day_that_is_not_over_waits_until_it_has_many_files(orders, monkeypatch):
    curate_hours(orders, 3, days=(TOMORROW,))
    assert figures(upkeep(orders)) == (0, 0, 0)

    monkeypatch.setattr(compaction, "UNSETTLED_FILES", 3)
    assert figures(upkeep(orders)) == (1, 3, 1)


def test_a_file_that_has_delete_files_is_left_alone(orders, monkeypatch):
    curate_hours(orders, 3)
    plan = DataScan.plan_files

    def with_a_delete_file(scan):
        for number, task in enumerate(plan(scan)):
            yield FileScanTask(task.file, delete_files={task.file} if number == 0 else None)

    monkeypatch.setattr(DataScan, "plan_files", with_a_delete_file)
    done = Compaction()
    compact(orders.catalog, ("lake", "orders_curated"), "timestamp", datetime.date(2026, 3, 20), done)

    assert figures(done) == (1, 2, 1)


def test_files_of_before_a_new_column_are_read_as_the_table_is_now(orders):
    def with_tip(document, fields):
        document["schema"][0]["properties"].append({"name": "tip", "logicalType": "integer"})

    curate_hours(orders, 2)
    changed = orders.changed(with_tip)
    orders.deliver([orders.order()])
    orders.curate(changed)
    before = orders.rows()
    upkeep(orders)

    assert len(list(orders.table.scan().plan_files())) == 1
    assert orders.rows() == before


def test_a_day_larger_than_memory_becomes_several_files(orders, monkeypatch):
    curate_hours(orders, 4)
    [files] = files_by_day(orders.table).values()
    monkeypatch.setattr(compaction, "TARGET_BYTES", 2 * max(file.file_size_in_bytes for file in files))
    before = orders.rows()

    assert figures(upkeep(orders)) == (1, 4, 2)
    assert orders.rows() == before


def by_restaurant(orders, rows_of, monkeypatch):
    """Six files of a day in a table sorted by restaurant, too large for one file."""
    for hour in range(6):
        time = f"2026-03-14T{hour:02}:00:00"
        orders.deliver(
            [orders.order(time=time, restaurantid=name) for name, rows in rows_of.items() for _ in range(rows)]
        )
        orders.curate()
    with orders.table.update_sort_order() as order:
        order.asc("restaurantid", IdentityTransform()).asc("timestamp", IdentityTransform())
    sizes = [task.file.file_size_in_bytes for task in orders.table.scan().plan_files()]
    monkeypatch.setattr(compaction, "TARGET_BYTES", 2 * max(sizes))


def test_a_large_day_is_cut_by_what_it_is_sorted_by_so_that_one_value_is_in_one_file(orders, monkeypatch):
    by_restaurant(orders, {"r1": 2, "r2": 2, "r3": 2, "r4": 2, None: 1}, monkeypatch)
    before = orders.rows()
    report = upkeep(orders)
    [files] = files_by_day(orders.table).values()
    restaurants = []
    for file in files:
        with orders.table.io.new_input(file.file_path).open() as stream:
            restaurants += set(pq.read_table(stream)["restaurantid"].to_pylist())

    assert figures(report) == (1, 6, 4)
    assert sorted(restaurants, key=str) == [None, "r1", "r2", "r3", "r4"]
    assert orders.rows() == before
    assert figures(upkeep(orders)) == (0, 0, 0)


def test_a_large_day_of_one_value_is_cut_by_time(orders, monkeypatch):
    by_restaurant(orders, {"r1": 5, "r2": 1}, monkeypatch)
    before = orders.rows()

    assert figures(upkeep(orders))[1:] == (6, 3)
    assert orders.rows() == before


def test_many_days_are_several_commits(orders, monkeypatch):
    monkeypatch.setattr(compaction, "COMMIT_DAYS", 2)
    curate_hours(orders, 2, days=[f"2026-03-{day}" for day in range(10, 13)])
    snapshots = len(orders.table.snapshots())

    assert figures(upkeep(orders)) == (3, 6, 3)
    assert len(orders.table.snapshots()) == snapshots + 2


def test_what_another_run_commits_meanwhile_is_kept(orders, monkeypatch):
    curate_hours(orders, 3)
    write, beside = compaction.data_files.write, []

    def write_while_another_commits(*arguments, **options):
        if not beside:
            beside.append(orders.deliver([orders.order("beside")]))
            monkeypatch.setattr(compaction.data_files, "write", write)
            orders.curate()
        return write(*arguments, **options)

    monkeypatch.setattr(compaction.data_files, "write", write_while_another_commits)
    assert figures(upkeep(orders)) == (1, 4, 1)
    assert [row["event_id"] for row in orders.rows()].count("beside") == 1
    assert len(orders.rows()) == 7


def test_of_two_at_once_the_second_has_nothing_left_to_do(orders, monkeypatch):
    curate_hours(orders, 2)
    before, write, other = orders.rows(), compaction.data_files.write, []

    def write_while_another_compacts(*arguments, **options):
        monkeypatch.setattr(compaction.data_files, "write", write)
        other.append(upkeep(orders))
        return write(*arguments, **options)

    monkeypatch.setattr(compaction.data_files, "write", write_while_another_compacts)
    report = upkeep(orders)

    assert (figures(report), figures(other[0])) == ((0, 0, 0), (1, 2, 1))
    assert orders.rows() == before


def test_threads_that_look_at_manifests_at_once_mistake_none_for_another(orders, monkeypatch):
    for day in ("2026-03-10", "2026-03-14", "2026-03-14", "2026-03-18"):
        curate_hours(orders, 1, days=(day,))
    before, visit = orders.rows(), visitors.visit

    def visit_late(expression, visitor):
        if isinstance(visitor, visitors._ManifestEvalVisitor):
            # The others begin with their manifests meanwhile, if they may.
            time.sleep(0.05)
        return visit(expression, visitor)

    monkeypatch.setattr(visitors, "visit", visit_late)
    assert figures(upkeep(orders)) == (1, 2, 1)
    assert orders.rows() == before


def test_rows_that_were_not_read_stop_it_before_anything_is_committed(orders, monkeypatch):
    curate_hours(orders, 2)
    before = orders.rows()
    scan = compaction.ArrowScan.to_table
    monkeypatch.setattr(compaction.ArrowScan, "to_table", lambda *given: scan(*given)[1:])
    with pytest.raises(RowsDiffer, match=r"lake\.orders_curated, 2026-03-14: 3 rows read, 4 expected"):
        upkeep(orders)
    monkeypatch.undo()

    assert len(list(orders.table.scan().plan_files())) == 2
    assert orders.rows() == before


@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        ([], 0),
        ([5], 0),
        ([5, CHEAP_BYTES], 2),
        ([9 * MIB] * 24, 24),
        ([1] * 5 + [40 * MIB], 5),
        ([10 * MIB, 40 * MIB], 2),
        ([1] * 5 + [20 * MIB] * 24, 29),
        ([1, 1, FULL_BYTES], 2),
        ([FULL_BYTES, FULL_BYTES], 0),
    ],
)
def test_a_few_late_events_do_not_have_a_large_file_written_anew(sizes, count):
    assert worth_merging(sizes, settled=True) == count


@given(SIZES, st.booleans())
def test_what_is_merged_is_more_than_one_file_and_never_a_full_one(sizes, settled):
    count = worth_merging(sizes, settled)

    assert count == 0 or count >= (2 if settled else compaction.UNSETTLED_FILES)
    assert all(size < FULL_BYTES for size in sizes[:count])


@given(st.integers(0, 2**32))
def test_a_day_of_late_events_is_written_anew_few_times_and_has_few_files(seed):
    """A year of nights, each after a late file: bytes are written some five times, and a handful of files is left."""
    late, sizes, written = random.Random(seed), [60 * MIB], 0
    for _ in range(365):
        sizes = sorted([*sizes, late.randrange(10_000, 2 * MIB)])
        if count := worth_merging(sizes, settled=True):
            written += sum(sizes[:count])
            sizes = sorted([sum(sizes[:count]), *sizes[count:]])
        assert len(sizes) <= 8
    assert written < 12 * sum(sizes)
