"""What the saved queries over all sources must answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.unit.sources.answers.figures import grouped, on_days, percent, rounded
from tests.unit.sources.shop import CONTRACTS, Shop

Answer = list[tuple[Any, ...]]


def freshness(shop: Shop, now: datetime) -> Answer:
    found: Answer = []
    for source, time in _sources():
        recent = [row for row in shop.curated(source) if row["received_at"].date() >= now.date() - timedelta(7)]
        delivered = max(row["received_at"] for row in shop.delivered[source])
        curated = max(row["received_at"] for row in recent)
        newest = max(row[time] for row in recent)
        moments = (f"{moment:%Y-%m-%d %H:%M}" for moment in (newest, delivered, curated))
        found.append((source, *moments, _minutes(delivered, now), _minutes(curated, delivered)))
    return found


def rows_by_day(shop: Shop, now: datetime) -> Answer:
    found: Answer = []
    for source, time in _sources():
        days = grouped(shop.curated(source), lambda row, time=time: row[time].date())
        for day in (now.date() - timedelta(number) for number in range(7, 0, -1)):
            rows = days.get(day, [])
            usual = Fraction(sum(len(days.get(day - timedelta(weeks=week), [])) for week in (1, 2, 3, 4)), 4)
            late = sum(row["received_at"] - row[time] > timedelta(days=1) for row in rows)
            ahead = sum(row[time] - row["received_at"] > timedelta(minutes=5) for row in rows)
            extra = sum(row["extra"] is not None for row in rows)
            share = rounded(100 * len(rows) / usual) if usual else None
            found.append(
                (
                    source,
                    day,
                    len(rows),
                    float(usual),
                    share,
                    *(percent(part, len(rows)) for part in (late, ahead, extra)),
                )
            )
    return found


def empty_fields(shop: Shop, now: datetime) -> Answer:
    found: Answer = []
    for source, time in _sources():
        rows = on_days(shop.curated(source), time, now, -7, 0)
        for field in CONTRACTS[source].fields:
            if not field.required and field.column not in ("event_id", time):
                empty = sum(row[field.column] is None for row in rows)
                found.append((source, field.column, len(rows), empty, percent(empty, len(rows))))
    return sorted(found)


def repeats_by_day(shop: Shop, now: datetime) -> Answer:
    found: Answer = []
    for source, _time in _sources():
        rows = on_days(shop.delivered[source], "received_at", now, -7, 0)
        for day, own in grouped(rows, lambda row: row["received_at"].date()).items():
            events = len({row["event_id"] for row in own})
            repeats = len(own) - events
            found.append((source, f"{day:%Y/%m/%d}", len(own), events, repeats, percent(repeats, len(own))))
    return found


def _sources() -> Iterator[tuple[str, str]]:
    """Each source with the column of its event time, by name."""
    for source in sorted(CONTRACTS):
        yield source, CONTRACTS[source].event_time.column


def _minutes(since: datetime, until: datetime) -> int:
    return int((until - since).total_seconds() // 60)
