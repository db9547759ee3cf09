"""Rows of two lakes, compared by the SQL that AWS gets, in the Athena here."""

import datetime
import itertools
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import load
from rapid.cli.console import number_of
from rapid.cli.migrate import row_sql
from rapid.cli.migrate.row_sql import Age, Scope, Side, Span
from rapid.cli.migrate.tables import Asked, Compared
from tests.unit.local.athena_rig import LAKE, PARQUET_SERDE, AthenaRig

from .two_lakes import stack_on

ORDERS = load(Path(__file__).parents[4] / "sources" / "orders.yaml")
DATABASES = {Side.OLD: "lake_old", Side.TARGET: "lake_new"}
NOON = datetime.datetime(2026, 3, 14, 12)
MOMENT = datetime.datetime(2026, 3, 20)
SCOPE = Scope(DATABASES, moment=MOMENT, settled=datetime.datetime(2026, 3, 19), synced=datetime.datetime(2026, 3, 18))
TYPES = {
    "event_id": pa.string(),
    "timestamp": pa.timestamp("us"),
    "menuitem": pa.string(),
    "quantity": pa.int64(),
    "price": pa.decimal128(10, 2),
    "customerid": pa.string(),
    "restaurantid": pa.string(),
    "extra": pa.string(),
    "received_at": pa.timestamp("us"),
    "ingest_id": pa.string(),
}
GLUE = {"quantity": "bigint", "price": "decimal(10,2)", "timestamp": "timestamp", "received_at": "timestamp"}
Row = dict[str, Any]


class Lakes:
    """A table of orders in each lake."""

    def __init__(self, rig: AthenaRig) -> None:
        self.rig, self.stack = rig, stack_on(rig)
        self.asked = Asked(self.stack, lambda _contract: {})
        for side, database in DATABASES.items():
            columns = [{"Name": name, "Type": GLUE.get(name, "string")} for name in TYPES]
            storage = {
                "Columns": columns,
                "Location": f"s3://{LAKE}/{side}/",
                "SerdeInfo": {"SerializationLibrary": PARQUET_SERDE},
            }
            table = {"Name": "orders_curated", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
            rig.glue.create_table(
                DatabaseName=database, TableInput={**table, "Parameters": {"classification": "parquet"}}
            )

    def compare(self, old: list[Row], target: list[Row], scope: Scope = SCOPE) -> Compared:
        for side, rows in ((Side.OLD, old), (Side.TARGET, target)):
            self.rig.put(f"{side}/rows.parquet", pa.Table.from_pylist(rows, pa.schema(list(TYPES.items()))))
        return self.asked.days(ORDERS, scope)

    def named(self, old: list[Row], target: list[Row], shown: int | None = None) -> dict[str, dict[str, str]]:
        groups = self.asked.differences(self.compare(old, target), shown)
        return {group.what: dict(group.named) for group in groups}


@pytest.fixture(scope="module")
def lakes(athena: AthenaRig) -> Lakes:
    return Lakes(athena)


def order(number: int, day: int = 0, **columns: Any) -> Row:
    at = NOON + datetime.timedelta(days=day, seconds=number, microseconds=number)
    return {
        "event_id": f"e{number}",
        "timestamp": at,
        "menuitem": "Pasta",
        "quantity": 1,
        "price": Decimal("9.50"),
        "customerid": "c1",
        "restaurantid": "r1",
        "extra": None,
        "received_at": NOON + datetime.timedelta(seconds=number),
        "ingest_id": f"i{number}",
        **columns,
    }


ROWS = [order(number, day=number % 3) for number in range(9)]


def test_the_same_rows_in_another_order_are_equal(lakes: Lakes) -> None:
    found = lakes.compare(ROWS, ROWS[::-1])
    assert (found.is_equal, found.waits, found.rows, len(found.days)) == (True, False, 9, 3)


def test_a_changed_value_is_named_by_its_column(lakes: Lakes) -> None:
    changes = [
        ("extra", None, ""),
        ("menuitem", "Pasta", "pasta"),
        ("quantity", 1, 2),
        ("price", Decimal("9.50"), Decimal("9.51")),
        ("timestamp", NOON, NOON + datetime.timedelta(milliseconds=1)),
        ("timestamp", NOON, NOON + datetime.timedelta(days=4)),
    ]
    old = [{**order(number), column: value} for number, (column, value, _) in enumerate(changes)]
    target = [{**order(number), column: value} for number, (column, _, value) in enumerate(changes)]
    assert lakes.named([*old, *ROWS[6:]], [*target, *ROWS[6:]]) == {
        "changed row": {f"e{number}": f"2026-03-14  {column}" for number, (column, _, _) in enumerate(changes)}
    }


def test_values_that_run_over_into_the_next_column_are_told_apart(lakes: Lakes) -> None:
    found = lakes.named(
        [{**ROWS[0], "customerid": "ab", "restaurantid": "c"}], [{**ROWS[0], "customerid": "a", "restaurantid": "bc"}]
    )
    assert found == {"changed row": {"e0": "2026-03-14  customerid, restaurantid"}}


def test_a_partition_that_stands_twice_is_said_as_one(lakes: Lakes) -> None:
    day = [row for row in ROWS if row["timestamp"].day == 15]
    assert lakes.named(ROWS, [*ROWS, *day]) == {"partition doubled": {"2026-03-15": "each of 3 rows stands 2 times"}}
    assert lakes.named([*ROWS, *day, *day], ROWS) == {
        "partition doubled in the old lake": {"2026-03-15": "each of 3 rows stands 3 times"}
    }


CHANGES = {
    "menuitem": "Soup",
    "quantity": None,
    "price": Decimal("0.01"),
    "extra": "",
    "received_at": NOON,
    "ingest_id": "x",
}


@st.composite
def damages(draw: st.DrawFn) -> tuple[list[Row], list[Row], dict[str, dict[str, str]]]:
    """Rows of both sides, and what must be found: each day keeps a whole row, or stands twice, or is as it was."""
    old, target, found = [], [], dict[str, dict[str, str]]()
    number = itertools.count()
    for day in range(draw(st.integers(3, 9))):
        date = str((NOON + datetime.timedelta(days=day)).date())
        whole = [order(next(number), day) for _ in range(draw(st.integers(1, 3)))]
        old += whole
        target += whole
        if draw(st.integers(0, 3)) == 0:
            target += whole
            found.setdefault("partition doubled", {})[date] = f"each of {number_of(len(whole), 'row')} stands 2 times"
            continue
        for kind in draw(
            st.lists(st.sampled_from(["missing", "extra", "doubled", "changed", "doubled in the old lake"]))
        ):
            row = order(next(number), day)
            old += [row] * {"extra": 0, "doubled in the old lake": 2}.get(kind, 1)
            target += [row] * {"missing": 0, "doubled": 2, "changed": 0}.get(kind, 1)
            columns = list[str]()
            if kind == "changed":
                columns = draw(st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, unique=True))
                target.append({**row, **{column: CHANGES[column] for column in columns}})
            detail = f"{date}  {', '.join(name for name in TYPES if name in columns)}".rstrip()
            found.setdefault(f"{kind} row", {})[row["event_id"]] = detail
    return draw(st.permutations(old)), draw(st.permutations(target)), found


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages())
def test_whatever_is_damaged_is_found_and_nothing_else(
    lakes: Lakes, damaged: tuple[list[Row], list[Row], dict[str, dict[str, str]]]
) -> None:
    old, target, expected = damaged
    assert lakes.named(old, target) == expected


def test_of_many_differences_the_first_are_named_and_all_counted(lakes: Lakes) -> None:
    [group] = lakes.asked.differences(lakes.compare([order(number) for number in range(30)], [order(29)]), 20)
    assert (group.what, group.number, len(group.named)) == ("missing row", 29, 20)


def test_rows_that_may_be_on_their_way_are_told_apart_from_those_that_lack_for_good(lakes: Lakes) -> None:
    young, later = order(1, received_at=SCOPE.settled), order(2, received_at=MOMENT)
    found = lakes.compare([*ROWS, young, later], ROWS)
    assert (found.is_equal, found.waits, found.left_out(Age.LATER)) == (False, True, 1)
    found = lakes.compare([*ROWS, young, later], [*ROWS[1:], young])
    assert (found.is_equal, found.waits) == (False, False)


def test_rows_of_files_that_landed_after_the_last_sync_are_left_for_the_next_one(lakes: Lakes) -> None:
    scope = replace(SCOPE, files=["it's a file.2"])
    of_file = order(1, received_at=SCOPE.synced, ingest_id="it's a file.2-17")
    found = lakes.compare([*ROWS, of_file], ROWS, scope)
    assert (found.is_equal, found.left_out(Age.UNSYNCED)) == (True, 1)
    before = {**of_file, "received_at": SCOPE.synced - datetime.timedelta(milliseconds=1)}
    assert not lakes.compare([*ROWS, before], ROWS, scope).is_equal


def test_rows_of_a_key_that_is_personal_data_are_named_by_their_ingest_id(lakes: Lakes) -> None:
    personal = replace(ORDERS, primary_key=replace(ORDERS.primary_key, classification="restricted"))
    found = replace(lakes.compare([*ROWS, order(77)], ROWS), contract=personal)
    [group] = lakes.asked.differences(found, None)
    assert [named.name for named in group.named] == ["i77"]
    assert "by ingest_id" in group.place


def test_days_far_apart_are_asked_for_in_one_query_of_a_bounded_number_of_runs() -> None:
    day = datetime.date(2026, 1, 1)
    assert row_sql.runs([day, day + datetime.timedelta(days=1), datetime.date.max]) == [
        Span(day, day + datetime.timedelta(days=1)),
        Span(datetime.date.max, datetime.date.max),
    ]
    days = [day + datetime.timedelta(days=number**2 % 5000) for number in range(0, 600, 2)]
    spans = row_sql.nearest(row_sql.runs(days))
    assert len(spans) == row_sql.MAX_SPANS
    assert all(any(span.first <= one <= span.last for span in spans) for one in days)
    assert row_sql.nearest([]) == []


def test_a_scan_limit_is_kept_to_by_asking_for_some_days_at_a_time(lakes: Lakes) -> None:
    days = {NOON.date() + datetime.timedelta(days=number): 4_000_000 for number in range(3)}
    lakes.rig.work_group("narrow", BytesScannedCutoffPerQuery=10_000_000)
    stack = replace(lakes.stack, viewed={**lakes.stack.masked_outputs, "workgroup": "narrow"})
    narrow = Asked(stack, lambda _contract: days)
    added = [order(number, day=number % 3) for number in (60, 61, 62)]
    lakes.compare([*ROWS, *added], ROWS)

    found = narrow.days(ORDERS, SCOPE)
    [group] = narrow.differences(found, 2)

    assert (found.rows, len(narrow.scanned_bytes)) == (12, 4)
    assert (group.number, [one.name for one in group.named]) == (3, ["e60", "e61"])


def test_shares_of_days_cover_all_time() -> None:
    day = datetime.date(2026, 3, 14)
    sizes = {day + datetime.timedelta(days=number): size for number, size in enumerate([5, 4, 20, 1])}
    shares = row_sql.shares(sizes, 10)
    assert [len(share) for share in shares] == [2, 1, 1]
    assert row_sql.all_time(shares) == [
        Span(datetime.date.min, day + datetime.timedelta(days=1)),
        Span(day + datetime.timedelta(days=2), day + datetime.timedelta(days=2)),
        Span(day + datetime.timedelta(days=3), datetime.date.max),
    ]
