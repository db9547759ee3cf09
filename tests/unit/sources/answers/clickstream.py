"""What the saved queries of clicks must answer."""

from datetime import datetime
from fractions import Fraction
from itertools import accumulate
from typing import Any

from tests.unit.sources.answers.figures import grouped, mean, on_days, percent, percentile, rounded
from tests.unit.sources.shop import Shop

Answer = list[tuple[Any, ...]]


def clicks_by_hour(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.now("clickstream"), "created_at", now, -1, 0)
    hours = grouped(rows, lambda row: f"{row['created_at']:%Y-%m-%d %H:00}")
    return [(hour, len(own), len({row["element_clicked"] for row in own})) for hour, own in reversed(hours.items())]


def time_spent_by_menu_element(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("clickstream"), "created_at", now, -28, 0)
    found = []
    for element, own in grouped(rows, lambda row: row["element_clicked"]).items():
        seconds = [row["time_spent"] for row in own]
        shares = [percentile(seconds, Fraction(share, 10)) for share in (5, 9)]
        found.append((element, len(own), sum(seconds), rounded(mean(seconds)), *shares))
    return sorted(found, key=lambda row: (-row[2], row[0]))


def top_elements(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("clickstream"), "created_at", now, -28, 0)
    elements = [(len(own), element) for element, own in grouped(rows, lambda row: row["element_clicked"]).items()]
    elements.sort(key=lambda item: (-item[0], item[1]))
    so_far = accumulate(count for count, _element in elements)
    return [
        (element, count, percent(count, len(rows)), percent(sofar, len(rows)))
        for (count, element), sofar in zip(elements, so_far, strict=True)
    ][:20]


def quick_looks_by_menu(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("clickstream"), "created_at", now, -28, 0)
    found = []
    for menu, own in grouped(rows, lambda row: row["source_menu"] or "(not said)").items():
        quick = sum(row["time_spent"] < 5 for row in own)
        found.append((menu, len(own), quick, percent(quick, len(own))))
    return sorted(found, key=lambda row: (-(row[3] or 0), row[0]))
