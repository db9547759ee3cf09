"""The price file: what AWS asks for a unit, since when that is known, and where it was read."""

import datetime
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("prices.yaml")

HOURS_A_MONTH = 730
"""What AWS takes for a month where something costs by the hour (https://calculator.aws)."""
DAYS_A_MONTH = HOURS_A_MONTH / 24
GB = 1024**3
"""Bytes. AWS's own examples divide KB by 1,048,576 to get GB (https://aws.amazon.com/firehose/pricing/)."""
TB = 1024**4


@dataclass(frozen=True)
class Price:
    """The price of one thing."""

    id: str
    """Its name in the price file."""
    service: str
    """The service as Cost Explorer calls it."""
    what: str
    """What is paid for."""
    unit: str
    """What is counted."""
    per: int
    """So many units have the price of each tier."""
    tiers: tuple[tuple[float, float], ...]
    """Pairs of a quantity a month, up to which a price in dollars holds, and the price; the last is without an end."""
    free: float
    """Units a month that an account gets for nothing, for good; shared by everything in it."""
    source: str
    """AWS's page."""
    verified: str
    """Where the figure was read beside AWS's page; empty: nowhere."""

    def cost(self, quantity: float) -> float:
        """Dollars for a quantity of one month, nothing of it free."""
        dollars, below = 0.0, 0.0
        for end, usd in self.tiers:
            dollars += max(0.0, min(quantity, end) - below) * usd / self.per
            below = end
        return dollars

    def cost_beyond_free(self, quantity: float) -> float:
        """Dollars for a quantity of one month in an account that has all of its free allowance left."""
        return self.cost(max(0.0, quantity - self.free))


@dataclass(frozen=True)
class PriceList:
    """All prices of one region."""

    date: datetime.date
    """When they were last looked at."""
    region: str
    prices: Mapping[str, Price]

    def __getitem__(self, price_id: str) -> Price:
        """A price by its name. Raises KeyError."""
        return self.prices[price_id]


@functools.cache
def price_list() -> PriceList:
    """The price file."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    prices = {name: _price(name, entry) for name, entry in content["prices"].items()}
    return PriceList(content["date"], content["region"], prices)


def _price(name: str, entry: Mapping[str, Any]) -> Price:
    tiers = entry.get("tiers") or [[None, entry["usd"]]]
    return Price(
        id=name,
        service=entry["service"],
        what=entry["what"],
        unit=entry["unit"],
        per=entry["per"],
        tiers=tuple((float("inf") if end is None else float(end), float(usd)) for end, usd in tiers),
        free=float(entry.get("free", 0)),
        source=entry["source"],
        verified=entry["verified"] or "",
    )
