"""What the saved queries of feedback must answer."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.unit.sources.answers.figures import Row, grouped, mean, monday, on_days, percent, rounded
from tests.unit.sources.shop import Shop

Answer = list[tuple[Any, ...]]


def score_by_store(shop: Shop, now: datetime) -> Answer:
    rows = on_days(shop.curated("feedback"), "submitted_at", now, -90, 0)
    found = []
    for store, own in grouped(rows, lambda row: row["store_id"]).items():
        promoters, detractors = sum(row["score"] >= 9 for row in own), sum(row["score"] <= 6 for row in own)
        shares = percent(promoters, len(own)), percent(detractors, len(own))
        found.append((store, len(own), rounded(_average(own)), *shares, rounded(_word_of_mouth(own), 0)))
    return sorted(found, key=lambda row: (-row[5], row[0]))


def score_trend_by_store(shop: Shop, now: datetime) -> Answer:
    since = monday(now) - timedelta(weeks=11)
    rows = [row for row in shop.curated("feedback") if since <= row["submitted_at"].date() <= now.date()]
    found: Answer = []
    before: dict[str, Fraction] = {}
    for (store, week), own in grouped(rows, lambda row: (row["store_id"], monday(row["submitted_at"]))).items():
        average = _average(own)
        change = rounded(average - before[store]) if store in before else None
        before[store] = average
        found.append((store, week, len(own), rounded(average), change, rounded(_word_of_mouth(own), 0)))
    return found


def unhappy_guests(shop: Shop, now: datetime) -> Answer:
    rows = [row for row in on_days(shop.now("feedback"), "submitted_at", now, -1, 0) if row["score"] <= 6]
    rows.sort(key=lambda row: row["event_id"])
    rows.sort(key=lambda row: row["submitted_at"], reverse=True)
    columns = ("store_id", "table_id", "score", "comment")
    return [
        (
            f"{row['submitted_at']:%Y-%m-%d %H:%M}",
            *(row[name] for name in columns),
            row["contact"] is not None,
            row["event_id"],
        )
        for row in rows[:100]
    ]


def _average(rows: list[Row]) -> Fraction:
    return mean(row["score"] for row in rows)


def _word_of_mouth(rows: list[Row]) -> Fraction:
    return 100 * mean((row["score"] >= 9) - (row["score"] <= 6) for row in rows)
