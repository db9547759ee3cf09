"""All demo data of some weeks, by source."""

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from . import app_users, guests, readers
from .business import ORDERS_A_DAY, Day

_MAKERS: Mapping[str, Callable[[Day], Iterator[guests.Happened]]] = {
    "orders": guests.orders,
    "clickstream": guests.clicks,
    "feedback": guests.answers,
    "appsflyer": app_users.app_events,
    "survey": readers.verdicts,
}
SOURCES = tuple(_MAKERS)
"""The sources whose events there are."""
COSTS = "campaign_costs"
"""The source that gets a file."""


@dataclass(frozen=True)
class Weeks:
    """The days up to a moment."""

    until: datetime.datetime
    """With a time zone."""
    days: int
    """Whole days before that of `until`."""
    zone: ZoneInfo
    seed: int = 1
    orders_a_day: int = ORDERS_A_DAY

    def events(
        self, source: str, without: Callable[[datetime.datetime], bool] = lambda _moment: False
    ) -> list[dict[str, Any]]:
        """What happened up to `until` to one of SOURCES, the oldest first; `without` says at which moments not."""
        happened = [one for day in self._all() for one in _MAKERS[source](day) if one[0] <= self.until]
        happened.sort(key=lambda one: (one[0], one[1]["event_id"]))
        return [event for at, event in happened if not without(at)]

    def costs(self, currency: str) -> str:
        """What campaigns cost on the days that are over, as the text of a CSV file."""
        return app_users.costs(self._all()[:-1], currency)

    def _all(self) -> list[Day]:
        last, scale = self.until.astimezone(self.zone).date(), self.orders_a_day / ORDERS_A_DAY
        dates = (last - datetime.timedelta(days=before) for before in range(self.days, -1, -1))
        return [Day(date, self.seed, self.zone, scale) for date in dates]
