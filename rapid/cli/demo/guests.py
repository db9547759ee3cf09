"""What guests do on a day: they look at the menu, order, and say how they liked it."""

import datetime
import math
import random
from collections.abc import Iterator
from typing import Any

from ..generate import iso
from .business import ORDERS_A_DAY, Day, Store, item, store

Happened = tuple[datetime.datetime, dict[str, Any]]
"""When something happened, in UTC, and the event that tells of it."""

_LINES = (1, 2, 3, 4)
_LINE_WEIGHTS = (35, 35, 20, 10)
_LINES_A_VISIT = sum(map(math.prod, zip(_LINES, _LINE_WEIGHTS, strict=True))) / sum(_LINE_WEIGHTS)
_LOOKS_A_VISIT = 4.5
_ANSWERS_A_VISIT = 0.3
_REGULARS = 60
_REGULAR = 0.4
"""Share of visits by guests who always come back; the others come for some weeks."""
_NEW_A_WEEK = 70
_COMES_AGAIN = 0.55
"""How likely a guest who is no regular still comes a week later."""
_AT_HOME = 0.85
"""How likely a guest who is known visits the same store as ever."""
_COMMENTS = {
    "good": ("Lovely evening, thank you.", "The pasta was perfect.", "Friendly and quick.", "We will be back."),
    "fair": ("Good food, a bit loud.", "Fine, as always.", "Nice, but we waited for the bill."),
    "poor": ("We waited too long.", "The soup was cold.", "Nobody came to our table."),
}


def orders(day: Day) -> Iterator[Happened]:
    """Lines of orders: each visit has some, of one guest in one store."""
    position = 0
    for visit in range(day.count(ORDERS_A_DAY / _LINES_A_VISIT, "visit")):
        chance = day.randomness("visit", visit)
        at, customer = day.moment(chance), _customer(day, visit, chance)
        where = store(random.Random(customer) if chance.random() < _AT_HOME else chance)
        for _ in range(chance.choices(_LINES, weights=_LINE_WEIGHTS)[0]):
            ordered = item(chance)
            at += datetime.timedelta(seconds=chance.randrange(5, 90))
            yield (
                at,
                {
                    "event_id": day.id("order", position),
                    "timestamp": iso(at),
                    "menuItem": ordered.name,
                    "quantity": chance.choices((1, 2, 3), weights=(75, 20, 5))[0],
                    "price": ordered.price,
                    "customerId": customer,
                    "restaurantId": where.name,
                },
            )
            position += 1


def clicks(day: Day) -> Iterator[Happened]:
    """Looks at elements of the menu."""
    for position in range(day.count(ORDERS_A_DAY / _LINES_A_VISIT * _LOOKS_A_VISIT, "click")):
        chance = day.randomness("click", position)
        at, looked_at = day.moment(chance), item(chance)
        yield (
            at,
            {
                "event_id": day.id("click", position),
                "element_clicked": looked_at.id,
                "time_spent": 1 + int(chance.expovariate(1 / looked_at.look_seconds)),
                "source_menu": store(chance).name,
                "created_at": iso(at),
            },
        )


def answers(day: Day) -> Iterator[Happened]:
    """Answers to the feedback form; nobody leaves an address."""
    for position in range(day.count(ORDERS_A_DAY / _LINES_A_VISIT * _ANSWERS_A_VISIT, "answer")):
        chance = day.randomness("answer", position)
        at, where = day.moment(chance), store(chance)
        score = _score(day, where, chance)
        comment = {"comment": _comment(score, chance)} if chance.random() < 0.4 else {}
        yield (
            at,
            {
                "event_id": day.id("answer", position),
                "score": score,
                "store_id": where.name,
                "table_id": str(chance.randrange(1, 19)),
                "contact_consent": False,
                "submitted_at": iso(at),
                **comment,
            },
        )


def _customer(day: Day, visit: int, chance: random.Random) -> str:
    """A guest by a pseudonym: a regular, or one of those who came first in this week or one before it."""
    crowd = int(visit // (2 * ORDERS_A_DAY / _LINES_A_VISIT))
    if chance.random() < _REGULAR:
        return f"demo-regular-{crowd * _REGULARS + int(_REGULARS * chance.random() ** 2) + 1}"
    first_week = day.date
    while chance.random() < _COMES_AGAIN:
        first_week -= datetime.timedelta(days=7)
    year, week, _ = first_week.isocalendar()
    return f"demo-guest-{year}w{week:02d}-{crowd * _NEW_A_WEEK + chance.randrange(_NEW_A_WEEK) + 1}"


def _score(day: Day, where: Store, chance: random.Random) -> int:
    """From 0 to 10; a kitchen has better weeks and worse ones."""
    year, week, _ = day.date.isocalendar()
    luck = random.Random(f"{day.seed}/{where.name}/{year}/{week}").gauss(0, 0.5)
    return max(0, min(10, round(chance.gauss(8.3 + where.mood + luck, 1.9))))


def _comment(score: int, chance: random.Random) -> str:
    mood = "good" if score >= 9 else "fair" if score >= 7 else "poor"
    return chance.choice(_COMMENTS[mood])
