"""What readers of the dashboards say of them."""

from collections.abc import Iterator

from ..generate import iso
from .business import Day
from .guests import Happened

_ANSWERS_A_DAY = 6
_READERS = {
    "restaurant": (40, 0.96),
    "sales": (25, 0.93),
    "feedback": (15, 0.95),
    "marketing": (12, 0.78),
    "operations": (8, 0.9),
}
"""How often each dashboard is answered for, and how likely the answer is yes."""
_MISSING = ("I wanted to see refunds.", "Which waiter?", "Last year's numbers beside this year's.")


def verdicts(day: Day) -> Iterator[Happened]:
    """Answers to the satisfaction survey; some of those who say no tell what was missing."""
    for position in range(day.count(_ANSWERS_A_DAY, "verdict")):
        chance = day.randomness("verdict", position)
        [dashboard] = chance.choices(list(_READERS), weights=[often for often, _ in _READERS.values()])
        at, satisfied = day.moment(chance), chance.random() < _READERS[dashboard][1]
        comment = {"comment": chance.choice(_MISSING)} if not satisfied and chance.random() < 0.5 else {}
        yield (
            at,
            {
                "event_id": day.id("verdict", position),
                "dashboard": dashboard,
                "satisfied": satisfied,
                "submitted_at": iso(at),
                **comment,
            },
        )
