"""The same numbers as the data sets', worked out in plain Python by another way; and rows to work them out of."""

import datetime
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from statistics import fmean
from zoneinfo import ZoneInfo

from .tables import Row

DAY = datetime.timedelta(days=1)
Interval = tuple[float, float, float]
"""A forecast, and the ends of its interval."""


def order(
    store: str, at: datetime.datetime, cents: int = 500, quantity: int = 1, customer: str = "c1", item: str = "Soup"
) -> Row:
    """An order line at a moment in UTC."""
    return {
        "timestamp": at,
        "menuitem": item,
        "quantity": quantity,
        "price": Decimal(cents) / 100,
        "customerid": customer,
        "restaurantid": store,
        "received_at": at,
    }


def utc(moment: datetime.datetime, timezone: str) -> datetime.datetime:
    """A moment of a business's clock, in UTC."""
    return moment.replace(tzinfo=ZoneInfo(timezone)).astimezone(datetime.UTC).replace(tzinfo=None)


def local(moment: datetime.datetime, timezone: str) -> datetime.datetime:
    """A moment in UTC by a business's clock."""
    return moment.replace(tzinfo=datetime.UTC).astimezone(ZoneInfo(timezone)).replace(tzinfo=None)


def revenue(row: Row) -> Decimal:
    """What an order line brought."""
    return row["quantity"] * row["price"]  # type: ignore[no-any-return]


def daily_revenue(rows: Iterable[Row], timezone: str) -> dict[str, dict[datetime.date, Decimal]]:
    """What each store sold on each day on which it sold anything."""
    sold: dict[str, dict[datetime.date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        sold[row["restaurantid"]][local(row["timestamp"], timezone).date()] += revenue(row)
    return sold


def history(sold: dict[datetime.date, Decimal], today: datetime.date) -> dict[datetime.date, float]:
    """The days of a store that a forecast knows: from its first sale of the last 56 days to yesterday."""
    first = min((day for day in sold if today - 56 * DAY <= day < today), default=today)
    return {first + number * DAY: float(sold.get(first + number * DAY, 0)) for number in range((today - first).days)}


def errors(days: dict[datetime.date, float]) -> dict[datetime.date, float]:
    """How far the same weekday of the week before was off."""
    return {day: value - days[day - 7 * DAY] for day, value in days.items() if day - 7 * DAY in days}


def seasonal_naive(
    days: dict[datetime.date, float], wrong: Iterable[float], today: datetime.date
) -> dict[datetime.date, Interval]:
    """FPP3: y(T+h) = y(T+h-m(k+1)) with k = (h-1) // m, within 1.2816 deviations times sqrt(k+1), for h of 1 to 14."""
    deviation = math.sqrt(fmean(error**2 for error in wrong))
    ahead = {}
    for h in range(1, 15):
        k = (h - 1) // 7
        day = today + (h - 1) * DAY
        expected, half = days[day - 7 * (k + 1) * DAY], 1.2816 * deviation * math.sqrt(k + 1)
        ahead[day] = (expected, max(expected - half, 0), expected + half)
    return ahead


def forecasts(
    sold: dict[str, dict[datetime.date, Decimal]], today: datetime.date
) -> tuple[dict[str, dict[datetime.date, Interval]], dict[datetime.date, Interval]]:
    """Each store's forecast, of those with 14 days or more, and that of these stores as if they were one."""
    known = {store: days for store, all_days in sold.items() if len(days := history(all_days, today)) >= 14}
    by_store = {store: seasonal_naive(days, errors(days).values(), today) for store, days in known.items()}
    if not known:
        return {}, {}
    shared = set.intersection(*(set(errors(days)) for days in known.values()))
    wrong = [sum(errors(days)[day] for days in known.values()) for day in shared]
    last_week = [today - number * DAY for number in range(1, 8)]
    return by_store, seasonal_naive({day: sum(days[day] for days in known.values()) for day in last_week}, wrong, today)


def segments(rows: Iterable[Row], timezone: str, today: datetime.date) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """Customers and revenue by segment and store."""
    customers: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if 0 <= (today - local(row["timestamp"], timezone).date()).days < 180:
            customers[row["restaurantid"]][row["customerid"]].append(row)
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for store, theirs in customers.items():
        days = {who: {local(row["timestamp"], timezone).date() for row in lines} for who, lines in theirs.items()}
        money = {who: sum((revenue(row) for row in lines), Decimal()) for who, lines in theirs.items()}
        for who in theirs:
            later = sum(max(other) > max(days[who]) for other in days.values())
            rarer = sum(len(other) < len(days[who]) for other in days.values())
            poorer = sum(other < money[who] for other in money.values())
            recency = 5 - 5 * later // len(theirs)
            frequency = 1 + 5 * rarer // len(theirs)
            worth = 1 + 5 * poorer // len(theirs)
            name = _segment((today - min(days[who])).days < 28, recency, frequency, worth)
            count, total = found.get((name, store), (0, Decimal()))
            found[name, store] = (count + 1, total + money[who])
    return found


def _segment(new: bool, recency: int, frequency: int, money: int) -> str:
    if new:
        return "New"
    if recency <= 2:
        return "At risk" if frequency >= 3 else "Lost"
    if frequency >= 4:
        return "Champions" if recency >= 4 and money >= 4 else "Loyal"
    return "Occasional"


def busy_store(store: str, days: Iterable[datetime.date], timezone: str, randomness: random.Random) -> Iterator[Row]:
    """Order lines of a store at all hours of some days, the first and the last moments of a day among them."""
    for day in days:
        midnight = datetime.datetime.combine(day, datetime.time())
        for moment in (
            midnight,
            midnight + DAY - datetime.timedelta(milliseconds=1),
            *(
                midnight + datetime.timedelta(minutes=randomness.randrange(1440))
                for _ in range(randomness.randrange(3))
            ),
        ):
            yield order(store, utc(moment, timezone), randomness.randrange(2000), randomness.randint(1, 3))
