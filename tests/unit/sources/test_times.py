"""Times that go wrong elsewhere: clock changes, leap days, midnight and year's end, a year late, the future.

Each is written as a sender writes it, checked and normalised by the compiled contract as the ingest function and the
transform run it, delivered, curated, and asked for by day, hour and week.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts import validator
from tests.unit.sources.lake import Lake, Row
from tests.unit.sources.shop import CONTRACTS, SAVED

RECEIVED = "2026-03-29T01:15:00.000Z"
BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = {
    # Berlin's clocks go from 02:00 to 03:00 on 29 March 2026, at 01:00 UTC: there is no 02:30, whatever is written.
    "2026-03-29T01:59:59.999+01:00": "2026-03-29 00:59:59.999",
    "2026-03-29T02:30:00+01:00": "2026-03-29 01:30:00.000",
    "2026-03-29T02:30:00+02:00": "2026-03-29 00:30:00.000",
    "2026-03-29T03:00:00+02:00": "2026-03-29 01:00:00.000",
    # They go back from 03:00 to 02:00 on 25 October 2026, at 01:00 UTC: 02:30 comes twice.
    "2026-10-25T02:30:00+02:00": "2026-10-25 00:30:00.000",
    "2026-10-25T02:30:00+01:00": "2026-10-25 01:30:00.000",
    "2026-10-25T02:59:59.999+02:00": "2026-10-25 00:59:59.999",
    # Leap days.
    "2024-02-29T12:00:00Z": "2024-02-29 12:00:00.000",
    "2024-02-29 23:59:59.999": "2024-02-29 23:59:59.999",
    "2024-03-01T00:30:00+01:00": "2024-02-29 23:30:00.000",
    "2024-02-28T23:30:00-01:00": "2024-02-29 00:30:00.000",
    "2000-02-29T00:00:00Z": "2000-02-29 00:00:00.000",
    # Midnight, and the end of a year.
    "2026-03-14T23:59:59.999Z": "2026-03-14 23:59:59.999",
    "2026-03-15T00:00:00Z": "2026-03-15 00:00:00.000",
    "2026-03-15T00:30:00+01:00": "2026-03-14 23:30:00.000",
    "2026-03-14T23:30:00-01:00": "2026-03-15 00:30:00.000",
    "2025-12-31T23:59:59.999999999Z": "2025-12-31 23:59:59.999",
    "2026-01-01T00:00:00.000Z": "2026-01-01 00:00:00.000",
    "2026-01-01T05:44:59+05:45": "2025-12-31 23:59:59.000",
    # A year late, and from a clock that is ahead.
    "2025-03-29T01:15:00Z": "2025-03-29 01:15:00.000",
    "2031-07-01T09:00:00Z": "2031-07-01 09:00:00.000",
}
"""What a sender writes, and the same moment in UTC as the tables have it."""

NO_MOMENTS = (
    "2023-02-29T12:00:00Z",
    "1900-02-29T12:00:00Z",
    "2024-02-30T12:00:00Z",
    "2024-04-31T12:00:00Z",
    "2024-02-29T24:00:00Z",
    "2024-02-29T23:59:60Z",
    "2024-02-29T12:00:00+24:00",
)


def event(source: str, time: str) -> dict[str, Any]:
    """An event of orders or clicks that happened at a time, as a sender writes it."""
    if source == "clickstream":
        return {"element_clicked": "entree_1", "time_spent": 67, "created_at": time}
    return {
        "timestamp": time,
        "menuItem": "Pasta",
        "quantity": 1,
        "price": 9.5,
        "customerId": "cust1",
        "restaurantId": "rest1",
    }


def processed(source: str, time: str, identifier: str, received_at: str = RECEIVED) -> tuple[Row | None, list[str]]:
    """What the transform makes of an event: the row, or the fields for which it goes into quarantine."""
    contract = validator.compiled(CONTRACTS[source])
    sent = event(source, time) | {"event_id": identifier}
    line = json.dumps({"id": f"i-{identifier}", "receivedAt": received_at, "body": sent}, separators=(",", ":"))
    usual = contract["fast_row"](line.encode())
    row, errors = contract["check"](sent)
    if errors:
        assert not usual
        return None, [error["field"] for error in errors]
    row |= {"received_at": contract["timestamp"](received_at), "ingest_id": f"i-{identifier}"}
    assert not usual or json.loads(usual) == json.loads(contract["json_line"](row))
    return row, []


def delivered(row: Row) -> Row:
    """The row as Firehose converts it."""
    times = {name: datetime.fromisoformat(row[name]) for name in ("timestamp", "received_at")}
    return row | times | {"price": Decimal(str(row["price"])), "extra": None}


@pytest.fixture(scope="module")
def lake() -> Iterator[Lake]:
    """Every moment an order, curated; each of them came again, and was curated again, in the next hour."""
    made = Lake([CONTRACTS["orders"]])
    for hour in (1, 2):
        received_at = f"2026-03-29T{hour:02d}:15:00.000Z"
        rows = [processed("orders", time, f"e{number}", received_at)[0] for number, time in enumerate(MOMENTS)]
        made.deliver("orders", [delivered(row) for row in rows if row], datetime(2026, 3, 29, hour))
        made.curate()
    yield made
    made.rig.close()


def moments() -> list[datetime]:
    """The moments in UTC, in order."""
    return sorted(datetime.fromisoformat(text) for text in MOMENTS.values())


@pytest.mark.parametrize("source", ["orders", "clickstream"])
@pytest.mark.parametrize("time", MOMENTS)
def test_a_moment_is_stored_in_utc_whatever_its_offset(source: str, time: str) -> None:
    row, errors = processed(source, time, "e1")

    assert errors == []
    assert row is not None
    assert row[CONTRACTS[source].event_time.column] == MOMENTS[time]


@pytest.mark.parametrize("source", ["orders", "clickstream"])
@pytest.mark.parametrize("time", NO_MOMENTS)
def test_a_day_or_an_hour_that_no_calendar_has_is_refused_at_the_door_and_behind_it(source: str, time: str) -> None:
    assert processed(source, time, "e1") == (None, [CONTRACTS[source].event_time.column])


def test_every_moment_is_curated_once_in_the_partition_of_its_day_in_utc(lake: Lake) -> None:
    files = lake.rig.iceberg_catalog().load_table(("shop", "orders_curated")).inspect.files().to_pylist()
    days: Counter[date] = Counter()
    for file in files:
        days[date(1970, 1, 1) + timedelta(days=_day(file["partition"]["event_day"]))] += file["record_count"]

    assert days == Counter(moment.date() for moment in moments())


def test_days_hours_and_weeks_of_a_query_are_those_of_utc(lake: Lake) -> None:
    sql = """
        SELECT timestamp, CAST(timestamp AS DATE), hour(timestamp), CAST(date_trunc('week', timestamp) AS DATE)
        FROM orders ORDER BY timestamp
    """
    assert lake.ask(sql, datetime(2026, 3, 29, 3)) == [
        (moment, moment.date(), moment.hour, moment.date() - timedelta(days=moment.weekday())) for moment in moments()
    ]


@pytest.mark.parametrize(
    "now",
    [
        datetime(2024, 2, 29, 23, 59, 59, 999_000),
        datetime(2024, 3, 7),
        datetime(2024, 3, 8),
        datetime(2026, 1, 1),
        datetime(2026, 3, 29, 3),
        datetime(2026, 10, 25, 2),
    ],
    ids=str,
)
def test_the_last_seven_days_hold_leap_days_years_ends_and_clock_changes_but_nothing_late_or_ahead(
    lake: Lake, now: datetime
) -> None:
    wanted = [day for day in (moment.date() for moment in moments()) if 0 <= (now.date() - day).days <= 7]
    answer = lake.ask(SAVED["orders/revenue_by_day"].sql, now)

    assert [(day, count) for day, count, *_ in answer] == sorted(Counter(wanted).items())


def test_an_order_a_year_late_is_in_the_month_in_which_it_happened(lake: Lake) -> None:
    months = {month: count for month, _customers, count, *_ in _months(lake, datetime(2026, 2, 1))}

    assert months == {date(2025, 3, 1): 1, date(2025, 12, 1): 2, date(2026, 1, 1): 1}


def test_what_a_clock_ahead_brought_is_kept_and_counted_on_its_day(lake: Lake) -> None:
    [(_item, count, *_)] = lake.ask(SAVED["orders/top_menu_items_by_revenue"].sql, datetime(2026, 3, 29, 3))

    assert count == len(MOMENTS)
    assert [row[:2] for row in lake.ask(SAVED["orders/revenue_by_day"].sql, datetime(2031, 7, 1))] == [
        (date(2031, 7, 1), 1)
    ]


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 3, 30), {1: 4, 2: 0, 3: 2}),  # 00:30 UTC is 01:30 there, 01:30 UTC is 03:30
        (datetime(2026, 10, 26), {2: 3}),  # the hour that comes twice
    ],
    ids=["an hour is left out", "an hour comes twice"],
)
def test_by_the_restaurants_clock_each_order_of_a_clock_change_counts_once(
    lake: Lake, now: datetime, hours: dict[int, int]
) -> None:
    saved = SAVED["orders/orders_by_hour_of_day"].sql
    local = saved.replace("AT TIME ZONE 'UTC'", "AT TIME ZONE 'Europe/Berlin'")
    assert local != saved
    recent = [moment for moment in moments() if now - timedelta(days=28) <= moment < now]
    by_python = Counter(moment.replace(tzinfo=UTC).astimezone(BERLIN).hour for moment in recent)
    answer = {hour: count for hour, count, _revenue in lake.ask(local, now)}

    assert answer == by_python
    assert {hour: answer.get(hour, 0) for hour in hours} == hours


def _months(lake: Lake, now: datetime) -> list[tuple[Any, ...]]:
    return lake.ask(SAVED["orders/customers_by_month"].sql, now)


def _day(value: Any) -> int:
    return value if isinstance(value, int) else (value - date(1970, 1, 1)).days
