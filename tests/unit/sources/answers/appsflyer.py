"""What the saved queries of AppsFlyer's events must answer."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.unit.sources.answers.figures import Row, cents, grouped, on_days, percent, percentile
from tests.unit.sources.shop import Shop

Answer = list[tuple[Any, ...]]


def installs_and_revenue_by_day_and_campaign(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("appsflyer"), "timestamp", now, -7, 0)
    groups = grouped(rows, lambda row: (row["timestamp"].date(), _campaign(row)))
    return [(*key, _installs(own), _revenue(own)) for key, own in groups.items()]


def campaigns_compared(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("appsflyer"), "timestamp", now, -28, 0)
    found = []
    for campaign, own in grouped(rows, _campaign).items():
        buyers = {row["user_id"] for row in own if (row["revenue"] or 0) > 0} - {None}
        refunded = -_revenue([row for row in own if (row["revenue"] or 0) < 0])
        each = cents(Fraction(_revenue(own)) / _installs(own)) if _installs(own) else None
        found.append((campaign, _installs(own), len(buyers), _revenue(own), refunded, each))
    return sorted(found, key=lambda row: (-row[3], row[0]))


def install_to_purchase(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("appsflyer"), "timestamp", now, -28, 0)
    installed: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row["timestamp"]):
        if row["event_type"] == "install" and row["user_id"] is not None:
            installed.setdefault(row["user_id"], row)
    found = []
    for campaign, installs in grouped(installed.values(), _campaign).items():
        used, hours = 0, []
        for install in installs:
            later = [
                row for row in rows if row["user_id"] == install["user_id"] and row["timestamp"] >= install["timestamp"]
            ]
            used += any(row["event_type"] != "install" for row in later)
            if purchases := [row["timestamp"] for row in later if (row["revenue"] or 0) > 0]:
                hours.append(int((min(purchases) - install["timestamp"]).total_seconds() // 3600))
        share = percent(len(hours), len(installs))
        median = percentile(hours, Fraction(1, 2))
        found.append((campaign, len(installs), used, len(hours), share, median))
    return sorted(found, key=lambda row: (-row[1], row[0]))


def _campaign(row: Row) -> str:
    return row["campaign_id"] or "organic"


def _installs(rows: list[Row]) -> int:
    return sum(row["event_type"] == "install" for row in rows)


def _revenue(rows: list[Row]) -> Decimal:
    return sum((row["revenue"] or Decimal(0) for row in rows), Decimal(0))
