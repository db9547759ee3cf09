"""What *feedback* shows, by the local Athena, against plain Python."""

import datetime
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import fmean

import pytest

from dashboards.feedback import ANSWERS, ANSWERS_BY_WEEK, FEEDBACK

from . import plain
from .plain import DAY
from .tables import Row, Tables

NOW = datetime.datetime(2026, 4, 1, 21, 59, 59)
ZONES = ("Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago")


def answer(store: str, score: int, at: datetime.datetime) -> Row:
    return {
        "score": score,
        "comment": "I am Ada Example.",
        "store_id": store,
        "contact": "ada@example.com",
        "submitted_at": at,
        "received_at": at + DAY,
    }


def net_promoter_score(scores: Iterable[int]) -> float:
    """The share of those who recommend less that of those who do not, in percent."""
    count = Counter("+" if score > 8 else "-" if score < 7 else "0" for score in scores)
    return 100 * count["+"] / count.total() - 100 * count["-"] / count.total()


def test_every_score_is_counted_for_what_it_says(tables: Tables) -> None:
    tables.hold("feedback", [answer("store1", score, NOW) for score in range(11)])

    rows = {row["score"]: (row["opinion"], row["points"]) for row in tables.ask(ANSWERS, NOW)}

    assert rows == {
        **dict.fromkeys(range(7), ("Detractors (0 to 6)", -100)),
        **dict.fromkeys((7, 8), ("Passives (7, 8)", 0)),
        **dict.fromkeys((9, 10), ("Promoters (9, 10)", 100)),
    }


def test_the_average_of_points_is_the_net_promoter_score(tables: Tables) -> None:
    randomness = random.Random(5)
    scores = {f"store{number}": [randomness.randint(0, 10) for _ in range(number)] for number in (1, 2, 13, 60)}
    tables.hold("feedback", [answer(store, score, NOW) for store, given in scores.items() for score in given])

    points = defaultdict(list)
    for row in tables.ask(ANSWERS, NOW):
        points[row["store"]].append(row["points"])

    assert {store: fmean(values) for store, values in points.items()} == {
        store: pytest.approx(net_promoter_score(given)) for store, given in scores.items()
    }


def test_what_guests_wrote_and_who_they_are_is_in_no_data_set(tables: Tables) -> None:
    tables.hold("feedback", [answer("store1", 3, NOW)])

    for data_set in FEEDBACK.data_sets:
        [row] = tables.ask(data_set, NOW)
        assert "Ada" not in str(row)
        assert "example.com" not in str(row)


@pytest.mark.parametrize("timezone", ZONES)
def test_weeks_begin_on_monday_of_the_businesss_clock(tables: Tables, timezone: str) -> None:
    randomness = random.Random(timezone)
    today = plain.local(NOW, timezone).date()
    this_monday = today - today.weekday() * DAY
    edges = [this_monday - 7 * DAY * number for number in (0, 1, 4, 11)] + [today + DAY]
    moments = [
        plain.utc(datetime.datetime.combine(edge, datetime.time()), timezone) + by
        for edge in edges
        for by in (datetime.timedelta(0), -datetime.timedelta(milliseconds=1), datetime.timedelta(hours=9))
    ]
    rows = [
        answer(f"store{randomness.randint(1, 2)}", randomness.randint(0, 10), at) for at in moments for _ in range(3)
    ]
    tables.hold("feedback", rows)

    scores: dict[tuple[str, datetime.date], list[int]] = defaultdict(list)
    for row in rows:
        day = plain.local(row["submitted_at"], timezone).date()
        if this_monday - 77 * DAY <= day <= today:
            scores[row["store_id"], day - day.weekday() * DAY].append(row["score"])
    by_week = {(row["store"], row["occurred_at"]): row for row in tables.ask(ANSWERS_BY_WEEK, NOW, timezone)}
    assert {
        (store, moment.date()): (row["answers"], row["score"], row["points"] / row["answers"])
        for (store, moment), row in by_week.items()
    } == {key: (len(given), sum(given), pytest.approx(net_promoter_score(given))) for key, given in scores.items()}
    assert {moment.time() for _store, moment in by_week} == {datetime.time()}
