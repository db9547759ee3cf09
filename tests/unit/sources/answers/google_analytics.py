"""What the saved queries of Google Analytics' events must answer."""

from datetime import datetime
from typing import Any

from tests.unit.sources.answers.figures import grouped, on_days, percent
from tests.unit.sources.shop import Shop

Answer = list[tuple[Any, ...]]
_STEPS = ("view_item", "add_to_cart", "purchase")


def purchase_funnel(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("google_analytics"), "timestamp", now, -28, 0)
    reached = [0, 0, 0]
    for own in grouped(rows, lambda row: row["client_id"]).values():
        step = 0
        steps = [row for row in own if row["event_name"] in _STEPS]
        for row in sorted(steps, key=lambda row: (row["timestamp"], _STEPS.index(row["event_name"]))):
            if step < 3 and row["event_name"] == _STEPS[step]:
                reached[step] += 1
                step += 1
    return [(number + 1, _STEPS[number], count, percent(count, reached[0])) for number, count in enumerate(reached)]


def visitors_by_day(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("google_analytics"), "timestamp", now, -28, 0)
    return [
        (
            day,
            len({row["client_id"] for row in own}),
            len({row["user_id"] for row in own} - {None}),
            len({row["client_id"] for row in own if row["event_name"] == "purchase"}),
            len(own),
        )
        for day, own in grouped(rows, lambda row: row["timestamp"].date()).items()
    ]
