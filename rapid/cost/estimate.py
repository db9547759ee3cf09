"""Quantities times prices."""

from collections.abc import Mapping
from dataclasses import dataclass

from .prices import Price, price_list


@dataclass(frozen=True)
class Line:
    """One price and how much of it a month takes."""

    price: Price
    quantity: float

    @property
    def dollars(self) -> float:
        """Dollars a month, nothing of it free."""
        return self.price.cost(self.quantity)


@dataclass(frozen=True)
class Estimate:
    """What a month costs, by price, in the order of the price file."""

    lines: tuple[Line, ...]

    @property
    def dollars(self) -> float:
        """All of it."""
        return sum(line.dollars for line in self.lines)

    @property
    def dollars_beyond_free(self) -> float:
        """All of it in an account whose free allowances nobody else uses."""
        return sum(line.price.cost_beyond_free(line.quantity) for line in self.lines)

    @property
    def by_service(self) -> dict[str, float]:
        """Dollars of each service, as Cost Explorer calls it."""
        services = dict.fromkeys((line.price.service for line in self.lines), 0.0)
        for line in self.lines:
            services[line.price.service] += line.dollars
        return services


def of(quantities: Mapping[str, float]) -> Estimate:
    """Quantities by the names of their prices. Raises KeyError for a name that the price file does not have."""
    prices = price_list().prices
    if unknown := quantities.keys() - prices.keys():
        raise KeyError(f"{', '.join(sorted(unknown))}: not in the price file")
    return Estimate(tuple(Line(prices[name], quantities[name]) for name in prices if quantities.get(name)))
