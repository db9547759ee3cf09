"""What the saved queries of orders must answer."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, combinations
from typing import Any

from tests.unit.sources.answers.figures import (
    cents,
    grouped,
    mean,
    monday,
    on_days,
    percent,
    percentile,
    revenue,
    rounded,
)
from tests.unit.sources.shop import Shop

Answer = list[tuple[Any, ...]]


def top_menu_items_by_revenue(shop: Shop, now: datetime) -> Answer:
    found = [
        (item, len(rows), sum(row["quantity"] for row in rows), revenue(rows))
        for item, rows in grouped(shop.curated("orders"), lambda row: row["menuitem"]).items()
    ]
    return sorted(found, key=lambda row: -row[3])[:10]


def revenue_by_day(shop: Shop, now: datetime) -> Answer:
    days = grouped(on_days(shop.curated("orders"), "timestamp", now, -7, 0), lambda row: row["timestamp"].date())
    return [(day, len(rows), len({row["customerid"] for row in rows}), revenue(rows)) for day, rows in days.items()]


def sales_by_day_and_restaurant(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("orders"), "timestamp", now, -28, 0)
    groups = grouped(rows, lambda row: (row["timestamp"].date(), row["restaurantid"]))
    return [(*key, len(own), sum(row["quantity"] for row in own), revenue(own)) for key, own in groups.items()]


def best_sellers_by_month(shop: Shop, now: datetime) -> Answer:
    first = now.replace(year=now.year - 1, month=now.month + 1) if now.month < 12 else now.replace(month=1)
    rows = [
        row for row in shop.curated("orders") if first.date().replace(day=1) <= row["timestamp"].date() <= now.date()
    ]
    found = []
    for month, own in grouped(rows, lambda row: row["timestamp"].date().replace(day=1)).items():
        items = grouped(own, lambda row: row["menuitem"]).items()
        best = sorted(((item, len(sold), revenue(sold)) for item, sold in items), key=lambda row: (-row[2], row[0]))
        found += [(month, place, *sold) for place, sold in enumerate(best[:3], start=1)]
    return found


def revenue_today_by_hour(shop: Shop, now: datetime) -> Answer:
    hours = grouped(on_days(shop.now("orders"), "timestamp", now, 0, 0), lambda row: row["timestamp"].hour)
    so_far = accumulate(revenue(rows) for rows in hours.values())
    return [(hour, len(rows), revenue(rows), sofar) for (hour, rows), sofar in zip(hours.items(), so_far, strict=True)]


def orders_by_hour_of_day(shop: Shop, now: datetime) -> Answer:
    hours = grouped(on_days(shop.curated("orders"), "timestamp", now, -28, 0), lambda row: row["timestamp"].hour)
    return [(hour, len(rows), revenue(rows)) for hour, rows in hours.items()]


def restaurant_day_by_hour(shop: Shop, now: datetime) -> Answer:
    rows = [row for row in shop.curated("orders") if row["restaurantid"] == "rest1"]
    hours = grouped(on_days(rows, "timestamp", now, -1, -1), lambda row: row["timestamp"].hour)
    return [(hour, len(rows), len({row["customerid"] for row in rows}), revenue(rows)) for hour, rows in hours.items()]


def visit_value_by_restaurant(shop: Shop, now: datetime) -> Answer:
    visits = grouped(
        on_days(shop.curated("orders"), "timestamp", now, -28, 0),
        lambda row: (row["restaurantid"], row["customerid"], row["timestamp"].date()),
    )
    found = []
    for restaurant in {restaurant for restaurant, _customer, _day in visits}:
        own = [rows for key, rows in visits.items() if key[0] == restaurant]
        values = [revenue(rows) for rows in own]
        items = mean(sum(row["quantity"] for row in rows) for rows in own)
        median, ninetieth = (percentile(values, Fraction(share, 10)) for share in (5, 9))
        found.append((restaurant, len(own), rounded(items), cents(mean(values)), median, ninetieth))
    return sorted(found, key=lambda row: (-row[3], row[0]))


def customers_by_month(shop: Shop, now: datetime) -> Answer:
    first = now.replace(year=now.year - 1, month=now.month + 1) if now.month < 12 else now.replace(month=1)
    rows = [
        row for row in shop.curated("orders") if first.date().replace(day=1) <= row["timestamp"].date() <= now.date()
    ]
    found = []
    for month, own in grouped(rows, lambda row: row["timestamp"].date().replace(day=1)).items():
        customers = len({row["customerid"] for row in own})
        each = cents(Fraction(revenue(own)) / customers)
        found.append((month, customers, len(own), revenue(own), each))
    return found


def customer_retention_by_week(shop: Shop, now: datetime) -> Answer:
    rows = [row for row in shop.curated("orders") if row["timestamp"].date() <= now.date()]
    weeks = {
        customer: {monday(row["timestamp"]) for row in own}
        for customer, own in grouped(rows, lambda row: row["customerid"]).items()
    }
    found = []
    for first in sorted({min(own) for own in weeks.values()}):
        if first < monday(now) - timedelta(weeks=12):
            continue
        cohort = [own for own in weeks.values() if min(own) == first]
        later = [first + timedelta(weeks=number) for number in (1, 2, 3, 4)]
        back = [percent(sum(week in own for own in cohort), len(cohort)) for week in later]
        shown = [share if week <= now.date() else None for week, share in zip(later, back, strict=True)]
        found.append((first, len(cohort), *shown))
    return found


def repeat_customers(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("orders"), "timestamp", now, -90, 0)
    customers: dict[str, list[Decimal]] = {}
    for own in grouped(rows, lambda row: row["customerid"]).values():
        days = len({row["timestamp"].date() for row in own})
        name = {1: "1 day", 2: "2 days"}.get(days) or ("3 to 5 days" if days <= 5 else "6 days or more")
        customers.setdefault(name, []).append(revenue(own))
    return [
        (name, len(brought), sum(brought), percent(sum(brought, Decimal(0)), revenue(rows)))
        for name, brought in sorted(customers.items())
    ]


def items_ordered_together(shop: Shop, now: datetime) -> Answer:
    visits = grouped(
        on_days(shop.curated("orders"), "timestamp", now, -28, 0),
        lambda row: (row["customerid"], row["restaurantid"], row["timestamp"].date()),
    )
    pairs = Counter(
        pair for rows in visits.values() for pair in combinations(sorted({row["menuitem"] for row in rows}), 2)
    )
    return sorted(((*pair, count) for pair, count in pairs.items()), key=lambda row: (-row[2], row[:2]))[:20]
