"""What *restaurant* shows, by the local Athena, against plain Python: order lines, looks, the steps of the funnel."""

import datetime
from collections import Counter

import pytest

from dashboards.orders import ORDERS
from dashboards.restaurant import LOOKS, STEPS

from . import plain
from .plain import order
from .tables import Row, Tables

NOW = datetime.datetime(2026, 11, 10, 12)
MILLISECOND = datetime.timedelta(milliseconds=1)
MIDNIGHTS = {
    "UTC": datetime.datetime(2026, 3, 29),
    "Europe/Berlin": datetime.datetime(2026, 3, 28, 23),
    "America/New_York": datetime.datetime(2026, 3, 29, 4),
    "Asia/Kathmandu": datetime.datetime(2026, 3, 28, 18, 15),
}
"""Where a day begins in each zone, in UTC: in Berlin a day of 23 hours."""
MOMENTS = {
    "Europe/Berlin": {
        datetime.datetime(2026, 3, 29, 0, 59, 59): ("7 Sun", "01:00"),
        datetime.datetime(2026, 3, 29, 1): ("7 Sun", "03:00"),
        datetime.datetime(2026, 10, 25, 0, 30): ("7 Sun", "02:00"),
        datetime.datetime(2026, 10, 25, 1, 30): ("7 Sun", "02:00"),
        datetime.datetime(2026, 12, 31, 23): ("5 Fri", "00:00"),
    },
    "America/New_York": {
        datetime.datetime(2026, 3, 8, 6, 59): ("7 Sun", "01:00"),
        datetime.datetime(2026, 3, 8, 7): ("7 Sun", "03:00"),
        datetime.datetime(2026, 11, 1, 5, 30): ("7 Sun", "01:00"),
        datetime.datetime(2026, 11, 1, 6, 30): ("7 Sun", "01:00"),
        datetime.datetime(2026, 12, 1): ("1 Mon", "19:00"),
    },
}
"""Moments in UTC where clocks change, and the weekday and hour that people there call them."""


@pytest.mark.parametrize("timezone", MIDNIGHTS)
def test_a_day_begins_at_midnight_of_the_businesss_clock(tables: Tables, timezone: str) -> None:
    midnight = MIDNIGHTS[timezone]
    tables.hold("orders", [order("rest1", midnight - MILLISECOND), order("rest2", midnight)])

    days = {row["store"]: (row["occurred_at"].date(), row["hour"]) for row in tables.ask(ORDERS, NOW, timezone)}

    assert days == {
        "rest1": (datetime.date(2026, 3, 28), "23:00"),
        "rest2": (datetime.date(2026, 3, 29), "00:00"),
    }


@pytest.mark.parametrize("timezone", MOMENTS)
def test_hours_are_those_of_the_businesss_clock_when_it_changes(tables: Tables, timezone: str) -> None:
    tables.hold("orders", [order("rest1", moment) for moment in MOMENTS[timezone]])

    answer = tables.ask(ORDERS, NOW, timezone)

    assert {row["received_at"]: (row["weekday"], row["hour"]) for row in answer} == MOMENTS[timezone]
    assert {row["occurred_at"] for row in answer} == {plain.local(moment, timezone) for moment in MOMENTS[timezone]}


def test_an_order_line_is_a_row_without_its_customer(tables: Tables) -> None:
    at = datetime.datetime(2026, 4, 1, 18, 30)
    lines = [order("rest1", at, cents=1599, quantity=3, item="Pasta"), order("rest1", at, cents=0)]
    tables.hold("orders", lines)

    answer = sorted(tables.ask(ORDERS, NOW), key=lambda row: row["revenue"])

    common = {
        "occurred_at": at,
        "store": "rest1",
        "weekday": "3 Wed",
        "hour": "18:00",
        "received_at": at,
        "order_lines": 1,
    }
    assert answer == [
        {**common, "menu_item": "Soup", "quantity": 1, "revenue": 0},
        {**common, "menu_item": "Pasta", "quantity": 3, "revenue": pytest.approx(47.97)},
    ]


def look(menu: str | None, seconds: int, element: str = "soup_1") -> Row:
    at = datetime.datetime(2026, 4, 1, 18)
    return {"element_clicked": element, "source_menu": menu, "time_spent": seconds, "created_at": at, "received_at": at}


def answered(store: str, score: int) -> Row:
    at = datetime.datetime(2026, 4, 1, 20)
    return {"store_id": store, "score": score, "submitted_at": at, "received_at": at}


def test_a_look_is_a_row_with_its_seconds(tables: Tables) -> None:
    tables.hold("clickstream", [look("rest1", 0), look("rest1", 86_400, "pizza"), look(None, 7)])

    answer = tables.ask(LOOKS, NOW, "Asia/Tokyo")

    assert {(row["store"], row["menu_element"], row["seconds"]) for row in answer} == {
        ("rest1", "soup_1", 0),
        ("rest1", "pizza", 86_400),
        ("(not said)", "soup_1", 7),
    }
    assert {row["occurred_at"] for row in answer} == {datetime.datetime(2026, 4, 2, 3)}


def test_the_funnel_counts_events_of_each_step_and_store(tables: Tables) -> None:
    looks = [look("rest1", seconds) for seconds in (0, 4, 5, 60)] + [look("rest2", 4), look(None, 5)]
    lines = [order("rest1", NOW), order("rest1", NOW), order("rest2", NOW)]
    tables.hold("clickstream", looks)
    tables.hold("orders", lines)
    tables.hold("feedback", [answered("rest1", 0), answered("rest3", 10)])

    assert Counter((row["step"], row["store"]) for row in tables.ask(STEPS, NOW)) == {
        ("1 Looks", "rest1"): 4,
        ("1 Looks", "rest2"): 1,
        ("1 Looks", "(not said)"): 1,
        ("2 Looks of 5 s or more", "rest1"): 2,
        ("2 Looks of 5 s or more", "(not said)"): 1,
        ("3 Order lines", "rest1"): 2,
        ("3 Order lines", "rest2"): 1,
        ("4 Feedback", "rest1"): 1,
        ("4 Feedback", "rest3"): 1,
    }
