"""What the saved queries of survey must answer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.unit.sources.answers.figures import Row, grouped, on_days, percent
from tests.unit.sources.shop import Shop


def by_readers(rows: Iterable[Row]) -> list[Row]:
    """The answers that no smoke test gave."""
    return [row for row in rows if not row["event_id"].startswith("smoke-")]


def satisfaction_by_dashboard(shop: Shop, now: datetime) -> list[tuple[Any, ...]]:
    rows = on_days(by_readers(shop.curated("survey")), "submitted_at", now, -90, 0)
    found = []
    for dashboard, own in grouped(rows, lambda row: row["dashboard"]).items():
        satisfied, comments = sum(row["satisfied"] for row in own), sum(row["comment"] is not None for row in own)
        found.append((dashboard, len(own), percent(satisfied, len(own)), comments))
    return sorted(found, key=lambda row: (row[2], row[0]))
