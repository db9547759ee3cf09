"""What the saved query of events must answer."""

from datetime import datetime
from typing import Any

from tests.unit.sources.answers.figures import grouped, on_days
from tests.unit.sources.shop import Shop

Answer = list[tuple[Any, ...]]


def events_by_type_and_day(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("events"), "timestamp", now, -7, 0)
    groups = grouped(rows, lambda row: (row["timestamp"].date(), row["event_type"]))
    found = [(*key, len(own), len({row["user_id"] for row in own} - {None})) for key, own in groups.items()]
    return sorted(found, key=lambda row: (row[0], -row[2], row[1]))
