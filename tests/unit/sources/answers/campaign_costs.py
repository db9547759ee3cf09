"""What the saved queries of campaigns' costs must answer."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.unit.sources.answers.figures import Row, grouped
from tests.unit.sources.shop import Shop

Answer = list[tuple[Any, ...]]


def cost_by_campaign(shop: Shop, now: datetime) -> Answer:
    found = []
    for campaign, rows in grouped(shop.curated("campaign_costs"), lambda row: row["campaign_id"]).items():
        counted: list[Row] = []
        for day, of_day in grouped(rows, lambda row: row["day"]).items():
            last = max(row["received_at"] for row in of_day)
            if now.date() - timedelta(days=28) <= day <= now.date():
                counted += [row for row in of_day if row["received_at"] == last]
        spent: Decimal = sum((row["cost"] for row in counted), Decimal(0))
        last_file = f"{max(row['received_at'] for row in counted):%Y-%m-%d %H:%M}"
        found.append((campaign, spent, _sum(counted, "impressions"), _sum(counted, "clicks"), last_file))
    return sorted(found, key=lambda row: (-row[1], row[0]))


def _sum(rows: list[Row], name: str) -> int | None:
    values = [row[name] for row in rows if row[name] is not None]
    return sum(values) if values else None
