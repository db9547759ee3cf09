"""A chain of restaurants for a month: its orders, and the events of its web shop, as the API accepted them.

The day has a rhythm, restaurants and menu items differ in how popular they are, customers come back, mostly to one
restaurant, and an order has up to four lines. Two percent of events come late, up to a day.
"""

import base64
import datetime
import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

Whole = np.ndarray[tuple[int], np.dtype[np.int64]]

RESTAURANTS = 50
MENU_ITEMS = 24
_HOURS = (3, 2, 1, 1, 1, 1, 5, 12, 15, 12, 12, 25, 45, 42, 22, 15, 16, 28, 48, 55, 46, 28, 14, 7)
"""Orders in each hour of the day, UTC."""
_KINDS = ("Grilled", "Spicy", "House", "Vegan", "Roasted")
_DISHES = ("Salmon", "Burger", "Risotto", "Salad", "Soup", "Pasta", "Pizza", "Curry")
_EVENTS = {"page_view": 60, "view_item": 20, "scroll": 12, "add_to_cart": 5, "begin_checkout": 2, "purchase": 1}
_LATE = 0.02
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000


def orders(count: int, days: int, until: datetime.datetime) -> pa.Table:
    """Lines of orders, with the columns of the table `orders`, the latest before `until`."""
    randomness = np.random.default_rng(1)
    lines = randomness.choice([1, 2, 3, 4], p=[0.45, 0.3, 0.15, 0.1], size=count)
    order = np.repeat(np.arange(count), lines)[:count]
    made = order[-1] + 1
    times, received = _times(randomness, made, days, until)
    customers = max(count // 20, 1)
    size = randomness.lognormal(0, 0.4, RESTAURANTS)
    home = randomness.choice(RESTAURANTS, p=size / size.sum(), size=customers)
    customer = _popular(randomness, customers, made)
    elsewhere = randomness.choice(RESTAURANTS, p=size / size.sum(), size=made)
    restaurant = np.where(randomness.random(made) < 0.85, home[customer], elsewhere)
    menu = [f"{kind} {dish}" for kind in _KINDS for dish in _DISHES][:MENU_ITEMS]
    prices = pa.array([Decimal(int(cents)).scaleb(-2) for cents in randomness.integers(4, 60, MENU_ITEMS) * 50 - 5])
    item = pa.array(_popular(randomness, MENU_ITEMS, count))
    return pa.table(
        {
            "event_id": _ids(randomness, count),
            "timestamp": times[order],
            "menuitem": pa.array(menu).take(item),
            "quantity": randomness.choice([1, 2, 3, 4], p=[0.7, 0.2, 0.07, 0.03], size=count),
            "price": prices.cast(pa.decimal128(10, 2)).take(item),
            "customerid": [f"cust{number:06}" for number in customer[order]],
            "restaurantid": [f"rest{number + 1}" for number in restaurant[order]],
            "extra": pa.nulls(count, pa.string()),
            "received_at": received[order],
            "ingest_id": _request_ids(randomness, order),
        }
    )


def visits(count: int, days: int, until: datetime.datetime) -> pa.Table:
    """Events of the web shop, with the columns of the table `google_analytics`."""
    randomness = np.random.default_rng(2)
    visit = np.sort(randomness.integers(0, max(count // 8, 1), count))
    begins, _ = _times(randomness, visit[-1] + 1, days, until)
    times = begins[visit].astype(np.int64) + randomness.integers(0, 600_000, count) * 1000
    clients = [f"{a}.{b}" for a, b in randomness.integers(10**9, 10**10, (max(count // 30, 1), 2))]
    client = _popular(randomness, len(clients), visit[-1] + 1)[visit]
    shares = np.array(list(_EVENTS.values())) / sum(_EVENTS.values())
    page = _popular(randomness, MENU_ITEMS, count)
    sessions = randomness.integers(10**9, 2 * 10**9, visit[-1] + 1)
    engagement = randomness.exponential(4000, count)
    return pa.table(
        {
            "event_id": _ids(randomness, count),
            "client_id": pa.array(clients).take(pa.array(client)),
            "user_id": [f"user{number}" if number % 5 == 0 else None for number in client],
            "event_name": randomness.choice(list(_EVENTS), p=shares, size=count),
            "timestamp": pa.array(times, pa.timestamp("us")),
            "ip_override": pa.nulls(count, pa.string()),
            "extra": [
                json.dumps({"params": _parameters(int(number), int(session), int(engaged))})
                for number, session, engaged in zip(page, sessions[visit], engagement, strict=True)
            ],
            "received_at": pa.array(times + 400_000, pa.timestamp("us")),
            "ingest_id": _request_ids(randomness, visit),
        }
    )


def _parameters(page: int, session: int, engaged: int) -> dict[str, Any]:
    """What a page's script says of an event."""
    return {
        "page_location": f"https://shop.example.com/menu/{page}",
        "page_title": f"{_KINDS[page % len(_KINDS)]} {_DISHES[page % len(_DISHES)]}",
        "page_referrer": "https://shop.example.com/menu",
        "ga_session_id": session,
        "engagement_time_msec": engaged,
        "language": "en-us",
        "screen_resolution": ("390x844", "1920x1080", "412x915")[session % 3],
    }


def raw(rows: pa.Table, source: str) -> Iterator[str]:
    """The events as their sender wrote them, a line of JSON each."""
    for row in rows.drop_columns(["received_at", "ingest_id"]).to_pylist():
        yield json.dumps(_order(row) if source == "orders" else _visit(row), separators=(",", ":"))


def _order(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "event_id": row["event_id"],
        "timestamp": f"{row['timestamp']:%Y-%m-%dT%H:%M:%SZ}",
        "menuItem": row["menuitem"],
        "quantity": row["quantity"],
        "price": float(row["price"]),
        "customerId": row["customerid"],
        "restaurantId": row["restaurantid"],
    }


def _visit(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "event_id": row["event_id"],
        "client_id": row["client_id"],
        **({"user_id": row["user_id"]} if row["user_id"] else {}),
        "timestamp_micros": int(row["timestamp"].replace(tzinfo=datetime.UTC).timestamp() * 1_000_000),
        "name": row["event_name"],
        **json.loads(row["extra"]),
    }


def _times(randomness: Any, count: int, days: int, until: datetime.datetime) -> tuple[Any, Any]:
    """When things happened, in whole seconds, and when the API took them."""
    end = int(until.replace(tzinfo=datetime.UTC).timestamp() * 1000)
    share = np.array(_HOURS) / sum(_HOURS)
    moments = randomness.integers(0, days, count) * _DAY_MS
    moments += randomness.choice(24, p=share, size=count) * _HOUR_MS + randomness.integers(0, _HOUR_MS, count)
    times = (end - end % _DAY_MS - (days - 1) * _DAY_MS + moments) // 1000 * 1000
    # What would be after the end happened as long before it.
    times = np.where(times >= end, times - days * _DAY_MS, times)
    late = np.where(randomness.random(count) < _LATE, randomness.integers(_HOUR_MS, _DAY_MS, count), 0)
    received = np.minimum(times + randomness.lognormal(5.5, 0.8, count).astype(np.int64) + late, end)
    return times.astype("datetime64[ms]").astype("datetime64[us]"), received.astype("datetime64[ms]").astype(
        "datetime64[us]"
    )


def _popular(randomness: Any, kinds: int, count: int) -> Whole:
    """Numbers below `kinds`, the smaller the more often."""
    weight = 1 / np.arange(1, kinds + 1) ** 0.6
    found: Whole = randomness.choice(kinds, p=weight / weight.sum(), size=count)
    return found


def _ids(randomness: Any, count: int) -> list[str]:
    content = randomness.bytes(16 * count)
    return [str(uuid.UUID(bytes=content[place : place + 16], version=4)) for place in range(0, 16 * count, 16)]


def _request_ids(randomness: Any, request: Any) -> list[str]:
    """As API Gateway's extended request ids are, with the position in the request."""
    content = randomness.bytes(11 * (int(request[-1]) + 1))
    first = np.searchsorted(request, request)
    return [
        f"{base64.b64encode(content[number * 11 : number * 11 + 11]).decode()}-{place - begin}"
        for place, (number, begin) in enumerate(zip(request, first, strict=True))
    ]
