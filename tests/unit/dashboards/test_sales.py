"""What *sales* shows, by the local Athena, against plain Python: the forecast, the weeks, the segments."""

import datetime
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from dashboards.forecast import ALL_STORES, FORECAST
from dashboards.sales import SALES
from dashboards.segments import SEGMENTS
from dashboards.weeks import WEEKS

from . import plain
from .plain import DAY, busy_store, order, utc
from .tables import Row, Tables

NOON = datetime.datetime(2026, 4, 1, 12)
CLOCKS = [
    pytest.param("Europe/Berlin", datetime.datetime(2026, 4, 1, 21, 59, 59), id="Berlin, the last second of a day"),
    pytest.param("America/New_York", datetime.datetime(2026, 11, 3, 5), id="New York, the first moment of a day"),
    pytest.param("Pacific/Kiritimati", datetime.datetime(2026, 4, 1, 10), id="a day ahead of UTC"),
]
"""Zones, and moments in UTC a few days after a change of their clocks, where they have one."""


def shops(today: datetime.date, timezone: str) -> Iterator[Row]:
    """Stores of which each is a case of its own."""
    randomness = random.Random(timezone)

    def days_ago(first: int, last: int = 1) -> list[datetime.date]:
        return [today - number * DAY for number in range(first, last - 1, -1)]

    yield from busy_store("for long", days_ago(70, -3), timezone, randomness)
    yield from busy_store("closed on Mondays", [day for day in days_ago(60) if day.weekday()], timezone, randomness)
    yield from busy_store("closed for good", days_ago(40, 12), timezone, randomness)
    yield from busy_store("14 days", days_ago(14), timezone, randomness)
    yield from busy_store("13 days", days_ago(13), timezone, randomness)
    yield from busy_store("14 days, of which two sold", [today - 14 * DAY, today - 3 * DAY], timezone, randomness)
    yield from busy_store("today alone", [today], timezone, randomness)
    yield from busy_store("57 days ago", [today - 57 * DAY], timezone, randomness)
    yield order("given away", utc(datetime.datetime.combine(today - 20 * DAY, datetime.time(12)), timezone), cents=0)
    yield order("one line", utc(datetime.datetime.combine(today - DAY, datetime.time(12)), timezone))


@pytest.mark.parametrize(("timezone", "now"), CLOCKS)
def test_the_forecast_is_that_of_plain_python(tables: Tables, timezone: str, now: datetime.datetime) -> None:
    today = plain.local(now, timezone).date()
    rows = list(shops(today, timezone))
    sold = plain.daily_revenue(rows, timezone)
    tables.hold("orders", rows)

    answer = tables.ask(FORECAST, now, timezone)

    by_store, together = plain.forecasts(sold, today)
    assert set(by_store) == {
        "for long", "closed on Mondays", "closed for good", "14 days", "14 days, of which two sold", "given away"
    }  # fmt: skip
    assert {
        (row["store"], row["occurred_at"].date()): (row["forecast"], row["lower"], row["upper"])
        for row in answer
        if row["forecast"] is not None
    } == {(store, day): pytest.approx(interval) for store, ahead in by_store.items() for day, interval in ahead.items()}
    ahead = [row for row in answer if row["lower"] is not None]
    assert {
        day: tuple(
            sum(row[column] or 0 for row in ahead if row["occurred_at"].date() == day)
            for column in ("forecast", "lower", "upper")
        )
        for day in {row["occurred_at"].date() for row in ahead}
    } == {day: pytest.approx(interval) for day, interval in together.items()}
    assert {(row["store"], row["occurred_at"]): row["revenue"] for row in answer if row["revenue"] is not None} == {
        (store, datetime.datetime.combine(day, datetime.time())): pytest.approx(value)
        for store, all_days in sold.items()
        for day, value in plain.history(all_days, today).items()
        if day >= today - 28 * DAY
    }


def test_a_forecast_by_hand(tables: Tables) -> None:
    """Each day brings ten more than the same weekday of the week before: ten is the error, each time."""
    today = NOON.date()
    tables.hold(
        "orders",
        (order("rest1", NOON - number * DAY, 1000 * (10 - (number - 1) // 7)) for number in range(1, 22)),
    )

    ahead = {row["occurred_at"].date(): row for row in tables.ask(FORECAST, NOON) if row["forecast"] is not None}

    assert sorted(ahead) == [today + number * DAY for number in range(14)]
    first, last = ahead[today], ahead[today + 13 * DAY]
    assert (first["forecast"], first["lower"], first["upper"]) == pytest.approx((100, 87.184, 112.816))
    assert (last["forecast"], last["lower"], last["upper"]) == pytest.approx((100, 81.876, 118.124), abs=0.001)


def test_one_store_alone_has_no_rows_of_all_stores(tables: Tables) -> None:
    tables.hold("orders", (order("rest1", NOON - number * DAY) for number in range(20)))

    assert {row["store"] for row in tables.ask(FORECAST, NOON)} == {"rest1"}


def test_stores_that_err_alike_are_together_as_uncertain_as_each_of_them_and_others_less(tables: Tables) -> None:
    randomness = random.Random(11)
    moments = [NOON - number * DAY for number in range(1, 57)]
    amounts = [randomness.randint(3000, 5000) for _ in moments]
    others = randomness.sample(amounts, len(amounts))

    def rows_of_all(pairs: dict[str, list[int]]) -> list[Row]:
        tables.hold(
            "orders",
            (
                order(store, at, cents)
                for store, all_cents in pairs.items()
                for at, cents in zip(moments, all_cents, strict=True)
            ),
        )
        return [row for row in tables.ask(FORECAST, NOON) if row["store"] == ALL_STORES]

    alike, unlike = rows_of_all({"a": amounts, "b": amounts}), rows_of_all({"a": amounts, "b": others})
    assert len(alike) == len(unlike) == 14
    assert [row["upper"] for row in alike] == pytest.approx([0] * 14, abs=1e-9)
    assert all(row["upper"] < -1 and row["lower"] > 1 for row in unlike)


def test_the_stores_to_choose_among_are_real_ones() -> None:
    """A choice lists the values of the first visual's data set; the forecast has rows of no store."""
    assert SALES.visuals[0].data_set is not FORECAST
    assert [visual.name for visual in SALES.visuals if visual.data_set is FORECAST] == ["forecast"]


@pytest.mark.parametrize(("timezone", "now"), CLOCKS)
def test_the_last_seven_full_days_and_the_seven_before(tables: Tables, timezone: str, now: datetime.datetime) -> None:
    today = plain.local(now, timezone).date()
    rows = list(shops(today, timezone))
    tables.hold("orders", rows)

    expected = {}
    for store, days in plain.daily_revenue(rows, timezone).items():
        last, before = (
            sum(float(days.get(today - number * DAY, 0)) for number in numbers)
            for numbers in (range(1, 8), range(8, 15))
        )
        if any(today - 14 * DAY <= day < today for day in days):
            expected[store] = pytest.approx((last, before, last - before))
    answer = tables.ask(WEEKS, now, timezone)
    assert {row["store"]: (row["last_week"], row["week_before"], row["change"]) for row in answer} == expected
    assert len(expected) == 7


def customers(today: datetime.date, timezone: str) -> Iterator[Row]:
    """Stores with one customer to sixty, whose orders lie at the edges of the window and of what is new."""
    randomness = random.Random(timezone)
    edges = (0, 1, 14, 27, 28, 29, 60, 90, 120, 178, 179, 180, -1)
    for number_of_customers in (1, 2, 3, 7, 60):
        for number in range(number_of_customers):
            for days_ago in randomness.sample(edges, randomness.randint(1, 6)):
                moment = datetime.datetime.combine(today - days_ago * DAY, datetime.time())
                moment += randomness.choice((datetime.timedelta(0), DAY - datetime.timedelta(milliseconds=1)))
                for _line in range(randomness.choice((1, 1, 4))):
                    cents = randomness.choice((0, 500, 500, 2000))
                    yield order(f"of {number_of_customers}", utc(moment, timezone), cents, 2, f"cust{number}")


@pytest.mark.parametrize(("timezone", "now"), CLOCKS)
def test_segments_are_those_of_plain_python(tables: Tables, timezone: str, now: datetime.datetime) -> None:
    today = plain.local(now, timezone).date()
    rows = list(customers(today, timezone))
    tables.hold("orders", rows)

    answer = tables.ask(SEGMENTS, now, timezone)

    expected = plain.segments(rows, timezone, today)
    assert {(row["segment"], row["store"]): (row["customers"], row["revenue"]) for row in answer} == {
        key: (count, pytest.approx(float(total))) for key, (count, total) in expected.items()
    }
    assert len(answer) == len(expected)
    assert len({segment for segment, _store in expected}) == 6


def test_a_customer_is_in_one_segment_of_a_store_and_of_equal_ones_all_are_in_the_same(tables: Tables) -> None:
    tables.hold(
        "orders",
        [
            *(order("alike", NOON - 40 * DAY, customer=f"c{number}") for number in range(9)),
            order("both", NOON, customer="c1"),
            order("first", NOON - 100 * DAY, customer="c1"),
        ],
    )

    answer = Counter({(row["store"], row["segment"]): row["customers"] for row in tables.ask(SEGMENTS, NOON)})

    # Who is the only one, or like all others, came as lately as anyone, and not more often.
    assert answer == {("alike", "Occasional"): 9, ("both", "New"): 1, ("first", "Occasional"): 1}


@pytest.mark.parametrize("data_set", [FORECAST, WEEKS, SEGMENTS], ids=lambda data_set: data_set.name)
def test_without_orders_there_is_nothing(tables: Tables, data_set) -> None:  # type: ignore[no-untyped-def]
    tables.hold("orders", [])

    assert tables.ask(data_set, NOON) == []
