"""The business of the demo data: its stores, its menu, its campaigns, and how much of it falls on which day and hour.

What happens on a day depends on the seed, the day and the position within it alone, never on when it is asked for: the
same day made again is the same day, and a larger business has the events of a smaller one, and more.
"""

import datetime
import random
from dataclasses import dataclass
from zoneinfo import ZoneInfo

ORDERS_A_DAY = 60
"""Lines of orders on a usual day; all other figures of this package are for as many."""


@dataclass(frozen=True)
class Store:
    """A restaurant."""

    name: str
    share: float
    """Of all visits."""
    mood: float
    """What its guests add to the usual score."""


@dataclass(frozen=True)
class Item:
    """An item of the menu."""

    id: str
    """What clicks are counted by."""
    name: str
    price: float
    popularity: int
    look_seconds: int
    """How long a guest looks at it, on average."""


@dataclass(frozen=True)
class Campaign:
    """What brings installs of the app. `installs`, `cost` and `clicks` are those of a usual day."""

    name: str | None
    """None: nobody's; users who found the app by themselves."""
    installs: float
    cost: float
    clicks: int
    loyalty: float
    """How likely its users come back and buy, compared to those who found the app by themselves."""


STORES = (Store("main-street", 0.5, 0.3), Store("harbour", 0.3, -0.9), Store("old-town", 0.2, 0.7))

MENU = (
    Item("bruschetta", "Bruschetta", 6.50, 9, 14),
    Item("minestrone", "Minestrone", 7.20, 7, 12),
    Item("caprese", "Caprese", 8.90, 8, 16),
    Item("margherita", "Margherita", 11.50, 18, 18),
    Item("pizza_tartufo", "Pizza al tartufo", 17.50, 5, 34),
    Item("spaghetti_vongole", "Spaghetti alle vongole", 16.80, 8, 28),
    Item("tagliatelle_porcini", "Tagliatelle with porcini", 18.00, 7, 31),
    Item("lasagne", "Lasagne", 13.90, 11, 17),
    Item("risotto_milanese", "Risotto alla milanese", 15.40, 6, 25),
    Item("branzino", "Grilled sea bass", 24.50, 4, 41),
    Item("tiramisu", "Tiramisù", 6.90, 12, 15),
    Item("panna_cotta", "Panna cotta", 6.20, 6, 13),
    Item("house_wine", "House wine", 5.80, 11, 8),
    Item("mineral_water", "Mineral water", 3.20, 14, 4),
    Item("espresso", "Espresso", 2.80, 20, 5),
)
"""The example menu (examples/menus/trattoria.csv), and what it leaves out."""

CAMPAIGNS = (
    Campaign(None, 3.0, 0.0, 0, 1.0),
    Campaign("lunch_deal", 3.0, 11.5, 95, 0.9),
    Campaign("weekend_table", 2.2, 11.5, 150, 0.6),
    Campaign("app_launch", 1.8, 12.0, 260, 0.3),
)

_WEEKDAYS = (0.7, 0.75, 0.85, 0.95, 1.3, 1.45, 1.0)
"""From Monday."""
_HOURS = (0, 0, 0, 0, 0, 0, 0, 2, 4, 4, 3, 8, 20, 18, 8, 4, 4, 8, 17, 24, 20, 12, 5, 1)
"""Visits in each hour of the business's own clock: lunch, and a longer dinner."""
_WOBBLE = 0.08
"""How far days differ from a usual one of their weekday: the standard deviation."""


@dataclass(frozen=True)
class Day:
    """A day of the business, by its own calendar and clock."""

    date: datetime.date
    seed: int
    zone: ZoneInfo
    scale: float = 1.0
    """How much larger than usual the business is."""

    def randomness(self, *names: object) -> random.Random:
        """The chance of one thing on this day; the same names give the same."""
        return random.Random("/".join(map(str, (self.seed, self.date, *names))))

    def id(self, kind: str, position: int) -> str:
        """The id of an event, by which demo data can be told from real data."""
        return f"demo-{self.seed}-{kind}-{self.date:%Y%m%d}-{position}"

    def count(self, usual: float, kind: str) -> int:
        """How many things happen on it, of which `usual` happen on a day."""
        wobble = self.randomness(kind, "count").gauss(1, _WOBBLE)
        expected = usual * self.scale * _WEEKDAYS[self.date.weekday()] * max(wobble, 0.5)
        whole = int(expected)
        return whole + (self.randomness(kind, "rest").random() < expected - whole)

    def moment(self, chance: random.Random) -> datetime.datetime:
        """A moment of its opening hours, in UTC."""
        [hour] = chance.choices(range(24), weights=_HOURS)
        at = datetime.datetime.combine(self.date, datetime.time(hour, tzinfo=self.zone))
        # Past the change of clocks, not through it.
        return at.astimezone(datetime.UTC) + datetime.timedelta(seconds=chance.randrange(3600))


def store(chance: random.Random) -> Store:
    """A store, the larger the likelier."""
    return chance.choices(STORES, weights=[one.share for one in STORES])[0]


def item(chance: random.Random) -> Item:
    """An item of the menu, the more popular the likelier."""
    return chance.choices(MENU, weights=[one.popularity for one in MENU])[0]
