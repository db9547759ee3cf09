"""A lake with a year of events of every source: delivered as Firehose does, most of it curated by the Glue job.

A random generator with a fixed seed makes the events. Their days lie at the edges of every window that a saved query
asks for, seen from the last millisecond of a year and from the first of the next; each day has events at its first
and at its last millisecond. Some come again, late, or from a clock that is ahead; optional fields may be empty.
"""

import datetime
import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from contracts import Contract, glue, load_all, overview_queries, saved_queries
from tests.unit.sources.lake import Lake, Row

SOURCES = Path(__file__).parents[3] / "sources"
CONTRACTS = {contract.source: contract for contract in load_all(SOURCES)}
SAVED = {
    **{f"{source}/{query.name}": query for source, item in CONTRACTS.items() for query in saved_queries.of(item)},
    **{f"all/{query.name}": query for query in overview_queries.of(tuple(CONTRACTS.values()))},
}
"""Every saved query, by source and name."""

MIDNIGHT = datetime.datetime(2024, 1, 1)
MOMENTS = (MIDNIGHT - datetime.timedelta(milliseconds=1), MIDNIGHT)
"""When the queries are asked, in UTC: both sides of midnight, of the end of a week, and of a year."""
_DAYS_AGO = {
    "orders": (-1, 0, 7, 14, 21, 28, 35, 83, 90, 334, 365),
    "feedback": (-1, 0, 7, 76, 83, 90),
    "survey": (-1, 0, 90),
}
"""Edges of the windows that queries ask for, in days before the last of the year; those below 0 are ahead of it."""
NOT_CURATED_SINCE = datetime.datetime(2023, 12, 31, 16)

_OLD = datetime.datetime(2023, 12, 20)


class Shop:
    """The lake, and what its views hold by plain Python."""

    def __init__(self) -> None:
        self.lake = Lake(CONTRACTS.values())
        self.delivered = {source: list(_events(contract)) for source, contract in CONTRACTS.items()}
        self._deliver(lambda row: row["received_at"] < NOT_CURATED_SINCE)
        self.lake.curate()
        self._deliver(lambda row: row["received_at"] >= NOT_CURATED_SINCE)

    def curated(self, source: str) -> list[Row]:
        """The rows of the view `<source>`: of each event what was received first."""
        return _first(row for row in self.delivered[source] if row["received_at"] < NOT_CURATED_SINCE)

    def now(self, source: str) -> list[Row]:
        """The rows of the view `<source>_now`."""
        return _first(self.delivered[source])

    def _deliver(self, wanted: Callable[[Row], bool]) -> None:
        for source, deliveries in self.delivered.items():
            by_hour = defaultdict(list)
            for row in filter(wanted, deliveries):
                # No query looks at hours of arrival so old: they are one object.
                by_hour[max(row["received_at"], _OLD).replace(minute=0, second=0, microsecond=0)].append(row)
            for hour, rows in by_hour.items():
                self.lake.deliver(source, rows, hour)


def _first(rows: Any) -> list[Row]:
    kept: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["received_at"], row["ingest_id"])):
        kept.setdefault(row["event_id"], row)
    return list(kept.values())


def _events(contract: Contract) -> Iterator[Row]:
    """Deliveries of a source's events, repeats among them."""
    randomness = random.Random(contract.source)
    numbers = itertools.count()
    edges = _DAYS_AGO.get(contract.source, (-1, 0, 7, 28))
    for days_ago in sorted({edge + by for edge in edges for by in (-1, 0, 1)}, reverse=True):
        midnight = datetime.datetime(2023, 12, 31) - datetime.timedelta(days_ago)
        hours = randomness.choices((0, 6, 9, 13, 18, 23), k=randomness.randint(10, 25))
        for millisecond in [
            0,
            0,
            0,
            86_399_999,
            *(randomness.randrange(3_600_000) + hour * 3_600_000 for hour in hours),
        ]:
            number = next(numbers)
            row = {column.name: None for column in glue.columns(contract)} | _MAKERS[contract.source](
                randomness, days_ago
            )
            # Some are of `rapid smoke`.
            event_id = f"{'smoke-' if number % 10 == 7 else ''}{contract.source}-{number:05d}"
            row |= {"event_id": event_id, "ingest_id": f"i{number:06d}"}
            row["extra"] = '{"new": 1}' if randomness.random() < 0.1 else None
            row[contract.event_time.column] = midnight + datetime.timedelta(milliseconds=millisecond)
            row["received_at"] = _receipt(randomness, midnight, row[contract.event_time.column])
            yield row
            if randomness.random() < 0.15:
                later = min(row["received_at"] + datetime.timedelta(hours=randomness.choice((0, 1, 30))), _LAST_RECEIPT)
                changed = _MAKERS[contract.source](randomness, days_ago)
                yield row | changed | {"received_at": later, "ingest_id": f"i{next(numbers):06d}"}


_LAST_RECEIPT = datetime.datetime(2023, 12, 31, 23, 59, 59, 500_000)
_MILLISECOND = datetime.timedelta(milliseconds=1)
_EXACTLY = tuple(
    edge + by
    for edge in (datetime.timedelta(days=1), -datetime.timedelta(minutes=5))
    for by in (-_MILLISECOND, datetime.timedelta(0), _MILLISECOND)
)
"""What lies between an event and its receipt where a query says late, or ahead of the clock."""


def _receipt(randomness: random.Random, midnight: datetime.datetime, happened: datetime.datetime) -> datetime.datetime:
    """Most events of a day are received in two bursts of it, some only days later; none after the year."""
    exactly = randomness.choice((None,) * 20 + _EXACTLY)
    if exactly and happened + exactly < _LAST_RECEIPT:
        return happened + exactly
    if midnight > _LAST_RECEIPT:
        midnight, happened = MIDNIGHT - datetime.timedelta(days=1), MIDNIGHT - datetime.timedelta(days=1)
    burst = midnight + datetime.timedelta(hours=12 if happened.hour < 12 else 23, minutes=58)
    late = datetime.timedelta(days=randomness.choice((0,) * 18 + (2, 30)))
    at = burst + late + datetime.timedelta(milliseconds=randomness.randrange(110_000))
    return min(at, _LAST_RECEIPT - datetime.timedelta(milliseconds=randomness.randrange(3_600_000)))


def _order(randomness: random.Random, days_ago: int) -> Row:
    # Some customers come for a stretch of weeks, others for a longer one.
    weeks = randomness.choice((3, 6))
    return {
        "menuitem": randomness.choice(("Pasta", "Pizza", "Soup", "Salad", "Espresso")),
        "quantity": randomness.randint(1, 4),
        "price": Decimal(randomness.randint(100, 3000)) / 100,
        "customerid": f"cust{weeks}-{(days_ago + 6) // (7 * weeks)}-{randomness.randrange(5)}",
        "restaurantid": f"rest{randomness.randrange(2) + 1}",
    }


def _click(randomness: random.Random, _days_ago: int) -> Row:
    return {
        "element_clicked": f"entree_{randomness.randrange(22)}",
        "time_spent": randomness.randrange(30),
        "source_menu": randomness.choice(("menu_1", "menu_2", None)),
    }


def _app_event(randomness: random.Random, _days_ago: int) -> Row:
    kind = randomness.choice(("install", "af_purchase", "af_login", "af_refund"))
    cents = {
        "af_purchase": randomness.choice((0, randomness.randint(99, 5000))),
        "af_refund": -randomness.randint(99, 500),
    }.get(kind)
    return {
        "user_id": randomness.choice((None, *(f"u{number}" for number in range(15)))),
        "event_type": kind,
        "campaign_id": randomness.choice(("summer", "winter", None)),
        "revenue": None if cents is None else Decimal(cents) / 100,
        "ip": randomness.choice((None, "9f86d0")),
    }


def _visit(randomness: random.Random, _days_ago: int) -> Row:
    return {
        "client_id": f"client{randomness.randrange(18)}",
        "user_id": randomness.choice((None, "user1", "user2")),
        "event_name": randomness.choice(("page_view", "view_item", "add_to_cart", "purchase")),
    }


def _user(randomness: random.Random, _days_ago: int) -> Row:
    return {"name": "Ada", "address": "1 Example Street", "contact": f"{randomness.randrange(60):064x}"}


def _answer(randomness: random.Random, _days_ago: int) -> Row:
    return {
        "score": randomness.randint(0, 10),
        "comment": randomness.choice((None, "Lovely soup.")),
        "store_id": randomness.choice(("store1", "store2")),
        "table_id": randomness.choice((None, "table4")),
        **randomness.choice(({"contact_consent": False}, {"contact": "guest@example.com", "contact_consent": True})),
    }


def _verdict(randomness: random.Random, _days_ago: int) -> Row:
    return {
        "dashboard": randomness.choice(("restaurant", "sales")),
        "satisfied": randomness.random() < 0.9,
        "comment": randomness.choice((None, "I wanted to see refunds.")),
    }


def _cost(randomness: random.Random, days_ago: int) -> Row:
    return {
        "campaign_id": randomness.choice(("summer", "winter", "spring")),
        "day": datetime.date(2023, 12, 30) - datetime.timedelta(days=days_ago),
        "cost": Decimal(randomness.randint(0, 9000)) / 100,
        "currency": randomness.choice((None, "USD")),
        "clicks": randomness.choice((None, randomness.randrange(300))),
        "impressions": randomness.choice((None, randomness.randrange(9000))),
    }


def _any_event(randomness: random.Random, _days_ago: int) -> Row:
    return {
        "event_type": randomness.choice(("signed_up", "logged_in")),
        "user_id": randomness.choice((None, "user1", "user2", "user3")),
    }


_MAKERS: dict[str, Callable[[random.Random, int], Row]] = {
    "orders": _order,
    "clickstream": _click,
    "appsflyer": _app_event,
    "google_analytics": _visit,
    "users": _user,
    "feedback": _answer,
    "survey": _verdict,
    "events": _any_event,
    "campaign_costs": _cost,
}
