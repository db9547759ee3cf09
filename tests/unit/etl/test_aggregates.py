"""Daily aggregates: what GROUP BY makes of the curated snapshot that they name, whatever came late or went."""

import datetime
import uuid
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import AlwaysTrue, EqualTo
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.table import Transaction

from etl.aggregates import table as tables
from etl.aggregates.refresh import refresh
from etl.iceberg import commits, data_files
from tests.unit.etl.disk_source import DiskSource
from tests.unit.etl.lake import DELIVERED, Source
from tests.unit.etl.sales import check_exact, grouped, held, table


@pytest.fixture
def orders(tmp_path):
    return DiskSource(tmp_path / "lake")


def refreshed(orders, contract=None):
    return refresh(orders.catalog, orders.lake, contract or orders.contract)


def erase(orders, event_id):
    """Write the files that hold an order anew without it, by an overwrite."""
    curated = orders.table
    transaction = curated.transaction()
    with transaction.update_snapshot().overwrite() as overwrite:
        for task in curated.scan(EqualTo("event_id", event_id)).plan_files():
            overwrite.delete_data_file(task.file)
            rows = ArrowScan(curated.metadata, curated.io, curated.schema(), AlwaysTrue()).to_table([task])
            rows = rows.filter(pc.not_equal(rows["event_id"], event_id))
            for file in data_files.write(curated, rows, "timestamp") if rows.num_rows else ():
                overwrite.append_data_file(file)
    transaction.commit_transaction()


def run(orders):
    orders.curate()
    return refreshed(orders)


def test_an_aggregate_is_what_group_by_makes_of_the_curated_rows(orders):
    orders.deliver(
        [
            orders.order(menuitem="Soup", quantity=3, price=Decimal("0.10")),
            orders.order(menuitem="Soup", quantity=1, price=Decimal("0.20")),
            orders.order(menuitem="Pasta", restaurantid="r2"),
            orders.order(menuitem="Soup", time="2024-02-29T23:59:59.999"),
        ]
    )
    [done] = run(orders)

    assert (done.table, done.days, done.rows) == ("orders_sales_daily", 2, 3)
    assert held(orders) == [
        (datetime.date(2024, 2, 29), "r1", "Soup", 1, Decimal(1), Decimal("9.50")),
        (datetime.date(2026, 3, 14), "r1", "Soup", 2, Decimal(4), Decimal("0.50")),
        (datetime.date(2026, 3, 14), "r2", "Pasta", 1, Decimal(1), Decimal("9.50")),
    ]
    assert held(orders) == grouped(orders)


def test_only_the_days_that_changed_are_made_anew(orders):
    orders.deliver([orders.order(time=f"2026-03-{day:02d}T12:00:00") for day in range(1, 15)])
    run(orders)
    orders.deliver([orders.order(time="2026-03-02T23:00:00"), orders.order(time="2026-03-14T23:00:00")])
    [done] = run(orders)

    assert done.days == 2
    assert held(orders) == grouped(orders)


def test_without_new_rows_nothing_is_made_and_nothing_is_committed(orders):
    orders.deliver([orders.order()])
    run(orders)
    before = table(orders).metadata_location
    [done] = run(orders)

    assert (done.days, done.rows) == (0, 0)
    assert table(orders).metadata_location == before


def test_repeats_alone_make_no_day_anew(orders):
    orders.deliver([orders.order("a")])
    run(orders)
    orders.deliver([orders.order("a")])
    [done] = run(orders)

    assert done.days == 0
    assert table(orders).properties[tables.SNAPSHOT] == str(orders.table.current_snapshot().snapshot_id)


def test_a_month_is_one_file_however_many_runs_made_it(orders):
    for day in range(1, 6):
        orders.deliver([orders.order(time=f"2026-03-{day:02d}T12:00:00")])
        run(orders)
    orders.deliver([orders.order(time="2026-04-01T00:00:00")])
    run(orders)

    assert len(list(table(orders).scan().plan_files())) == 2
    assert held(orders) == grouped(orders)


def test_full_files_without_a_changed_day_are_left_alone(orders, monkeypatch):
    monkeypatch.setattr(tables, "FILE_ROWS", 2)
    orders.deliver([orders.order(time=f"2026-03-{day:02d}T12:00:00") for day in range(1, 6)])
    run(orders)
    before = {task.file.file_path for task in table(orders).scan().plan_files()}
    orders.deliver([orders.order(time="2026-03-04T13:00:00", menuitem="Soup")])
    run(orders)
    after = {task.file.file_path for task in table(orders).scan().plan_files()}

    assert len(before) == 3
    assert len(before & after) == 1
    assert held(orders) == grouped(orders)


def test_erased_rows_are_gone_from_the_aggregate_and_so_are_days_without_rows(orders):
    orders.deliver([orders.order("a"), orders.order("b"), orders.order("c", time="2026-03-01T00:00:00")])
    run(orders)
    erase(orders, "a")
    erase(orders, "c")
    [done] = refreshed(orders)

    assert done.days == 2
    assert held(orders) == grouped(orders)
    assert [row[3] for row in held(orders)] == [1]


def test_a_snapshot_that_has_expired_costs_all_days_and_no_exactness(orders):
    for day in (1, 2, 3):
        orders.deliver([orders.order(time=f"2026-03-{day:02d}T12:00:00")])
        orders.curate()
        if day == 1:
            refreshed(orders)
    orders.table.maintenance.expire_snapshots().older_than(datetime.datetime(2100, 1, 1)).commit()
    [done] = refreshed(orders)

    assert done.days == 3
    assert held(orders) == grouped(orders)


def test_a_curated_table_that_was_made_anew_is_followed(own_account, tmp_path):
    orders = Source(tmp_path)
    orders.deliver([orders.order(time="2026-03-01T12:00:00")])
    run(orders)
    orders.glue.delete_table(DatabaseName="lake", Name="orders_curated")
    for key in orders.objects("tables/"):
        orders.s3.delete_object(Bucket="curated", Key=key)
    orders.curate()
    [done] = refreshed(orders)

    assert done.error == ""
    assert held(orders) == grouped(orders)


def test_a_source_without_a_curated_table_has_no_aggregate_yet(orders):
    [done] = refreshed(orders)

    assert (done.days, done.error) == (0, "")


def test_a_source_without_any_row_has_an_empty_aggregate_that_can_be_queried(orders):
    run(orders)

    assert held(orders) == []


def with_sales(document, measures, by=()):
    sales = {"name": "sales", "by": list(by), "measures": measures}
    document["customProperties"].append({"property": "aggregates", "value": [sales]})


def test_another_definition_makes_all_days_anew_with_its_own_columns(orders):
    orders.deliver([orders.order(time=f"2026-03-{day:02d}T12:00:00", quantity=day) for day in (1, 2, 3)])
    run(orders)

    measures = [
        {"name": "orders", "kind": "sum", "of": ["quantity"]},
        {"name": "large", "kind": "count", "where": [{"field": "quantity", "minimum": 2}]},
        {"name": "cheapest", "kind": "min", "of": ["price"]},
        {"name": "last_order", "kind": "max", "of": ["timestamp"]},
        {"name": "soups", "kind": "sum", "of": ["price"], "where": [{"field": "menuItem", "in": ["Soup"]}]},
    ]
    contract = orders.changed(lambda document, _: with_sales(document, measures, by=["menuItem"]))
    [done] = refreshed(orders, contract)
    sql = """
        SELECT CAST("timestamp" AS date), menuitem, sum(quantity), count(*) FILTER (quantity >= 2), min(price),
            max("timestamp"), sum(price) FILTER (menuitem = 'Soup')
        FROM curated GROUP BY ALL ORDER BY ALL
    """

    assert done.days == 3
    assert table(orders).schema().column_names == [
        *("day", "menuitem", "orders", "large", "cheapest", "last_order", "soups")
    ]
    assert held(orders) == grouped(orders, sql)


def of_files(document, fields):
    """A contract whose rows come in files alone, which may have decimals of 38 digits."""
    document["customProperties"] = [
        {"property": "delivery", "value": "files"},
        {"property": "eventTime", "value": "timestamp"},
    ]
    fields["price"]["physicalType"] = "decimal(38,2)"
    with_sales(document, [{"name": "total", "kind": "sum", "of": ["price"]}])


def test_a_sum_that_no_table_keeps_is_said_and_the_aggregate_stays_that_of_the_snapshot_it_names(orders):
    contract, types = orders.changed(of_files), DELIVERED | {"price": pa.decimal128(38, 2)}
    orders.deliver([orders.order(price=Decimal("9e35"))], types=types)
    orders.curate(contract)
    refreshed(orders, contract)
    named, before = table(orders).properties[tables.SNAPSHOT], held(orders)
    orders.deliver([orders.order(price=Decimal("9e35")) for _ in range(2)], types=types)
    orders.curate(contract)
    [done] = refreshed(orders, contract)

    assert done.error.startswith("orders_sales_daily: a sum (total) of one day has more than the 38 digits")
    assert (table(orders).properties[tables.SNAPSHOT], held(orders)) == (named, before)


def test_of_two_runs_at_once_the_second_finds_its_work_done(orders, monkeypatch):
    orders.deliver([orders.order()])
    orders.curate()
    commit, raced = Transaction.commit_transaction, []

    def race(self):
        if not raced:
            raced.append("started")
            raced.extend(refreshed(orders))
        return commit(self)

    monkeypatch.setattr(Transaction, "commit_transaction", race)
    monkeypatch.setattr(commits.time, "sleep", lambda seconds: None)
    [done] = refreshed(orders)

    assert (raced[1].rows, done.conflicts, done.rows) == (1, 1, 0)
    assert held(orders) == grouped(orders)


def test_a_run_that_another_overtakes_before_it_begins_does_not_go_back(orders, monkeypatch):
    orders.deliver([orders.order(time="2026-03-01T12:00:00")])
    run(orders)
    load = tables.load_or_create

    def overtake(*arguments):
        monkeypatch.undo()
        orders.deliver([orders.order(time="2026-03-02T12:00:00")])
        run(orders)
        return load(*arguments)

    monkeypatch.setattr(tables, "load_or_create", overtake)
    [done] = refreshed(orders)

    assert done.days == 0
    assert held(orders) == grouped(orders)


def test_a_run_that_never_gets_its_turn_fails(orders, monkeypatch):
    orders.deliver([orders.order()])
    orders.curate()
    refreshed(orders)
    orders.deliver([orders.order()])
    orders.curate()

    def refuse(self):
        raise CommitFailedException("another run was first")

    monkeypatch.setattr(Transaction, "commit_transaction", refuse)
    monkeypatch.setattr(commits.time, "sleep", lambda seconds: None)
    with pytest.raises(CommitFailedException):
        refreshed(orders)


class Killed(BaseException):
    """Stands for the end of the process."""


def killed_before_the_commit(orders):
    def kill(self):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transaction, "commit_transaction", kill)
        with pytest.raises(Killed):
            refreshed(orders)


_ORDER = st.tuples(
    st.integers(0, 15),
    st.sampled_from(["2026-03-14", "2026-03-13", "2026-02-28", "2024-02-29", "1969-12-31"]),
    st.sampled_from(["00:00:00", "23:59:59.999"]),
    st.sampled_from(["Soup", "Pasta"]),
    st.integers(1, 1000),
    st.decimals(0, Decimal("99999999.99"), places=2),
)
_STEPS = st.lists(
    st.one_of(
        st.lists(_ORDER, min_size=1, max_size=8),
        st.sampled_from(["run", "curate", "killed", "erase", "expire", "curate", "run"]),
    ),
    min_size=2,
    max_size=10,
)


@settings(
    max_examples=10,
    deadline=None,
    # Shrinking an example takes hundreds of others.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=_STEPS)
def test_whatever_comes_late_repeated_erased_or_killed_the_aggregate_is_group_by_of_the_snapshot_it_names(
    tmp_path, steps
):
    orders = DiskSource(tmp_path / str(uuid.uuid4()))
    orders.deliver([orders.order("e0")])
    run(orders)
    for step in [*steps, "run"]:
        if isinstance(step, list):
            orders.deliver(
                [
                    orders.order(f"e{number}", f"{day}T{time}", menuitem=item, quantity=quantity, price=price)
                    for number, day, time, item, quantity, price in step
                ]
            )
        elif step == "erase":
            erase(orders, "e3")
        elif step == "expire":
            orders.table.maintenance.expire_snapshots().older_than(datetime.datetime(2100, 1, 1)).commit()
        elif step == "killed":
            orders.deliver([orders.order()])
            orders.curate()
            killed_before_the_commit(orders)
        elif step == "curate":
            orders.curate()
        elif step == "run":
            run(orders)
        check_exact(orders)
    assert table(orders).properties[tables.SNAPSHOT] == str(orders.table.current_snapshot().snapshot_id)
