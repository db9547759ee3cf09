"""What the saved query of users must answer."""

from datetime import datetime
from typing import Any

from tests.unit.sources.answers.figures import grouped, on_days
from tests.unit.sources.shop import Shop

Answer = list[tuple[Any, ...]]


def users_by_day(shop: Shop, now: datetime) -> Answer:
    entries = shop.curated("users")
    first = {
        contact: min(row["entered_at"].date() for row in own)
        for contact, own in grouped(entries, lambda row: row["contact"]).items()
    }
    found = []
    for day, own in grouped(on_days(entries, "entered_at", now, -28, 0), lambda row: row["entered_at"].date()).items():
        people = {row["contact"] for row in own}
        found.append((day, len(own), len(people), sum(first[contact] == day for contact in people)))
    return found
