"""Orders for proofs at any size: a known share repeats an id, a known share is invalid in a known field."""

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rapid.cli import project, samples
from rapid.cli.reconciliation import revenue_by_item

CONTRACT = project.contract_of("orders")

Order = dict[str, Any]

# Each makes an order invalid in one way, and names the field that the answer must name.
_FAULTS: tuple[tuple[str, Callable[[Order], Any]], ...] = (
    ("price", lambda order: {name: value for name, value in order.items() if name != "price"}),
    ("price", lambda order: {**order, "price": -1}),
    ("price", lambda order: {**order, "price": 1.999}),
    ("quantity", lambda order: {**order, "quantity": 0}),
    ("quantity", lambda order: {**order, "quantity": "two"}),
    ("quantity", lambda order: {**order, "quantity": 1.5}),
    ("timestamp", lambda order: {**order, "timestamp": "yesterday"}),
    ("timestamp", lambda order: {**order, "timestamp": "2026-02-30T12:00:00Z"}),
    ("menuItem", lambda order: {**order, "menuItem": ""}),
    ("customerId", lambda order: {**order, "customerId": None}),
    ("restaurantId", lambda order: {**order, "restaurantId": 7}),
)


@dataclass(frozen=True)
class Generated:
    """Orders in the order in which they are to be sent, and what must become of them."""

    events: list[Order]
    faults: dict[int, str]
    """The field to be named, by the index of each invalid order."""
    repeats: int
    """Valid orders that repeat an earlier one, id and all."""

    @property
    def valid(self) -> list[Order]:
        """The orders to be accepted, repeats included."""
        return [event for index, event in enumerate(self.events) if index not in self.faults]

    @property
    def revenue(self) -> dict[str, Decimal]:
        """Revenue by menu item of the orders to be accepted, repeats included."""
        return revenue_by_item(self.valid)


def generate(count: int, repeats: int, invalid: int, seed: int = 1) -> Generated:
    """`count` orders, of which `repeats` repeat another and `invalid` are invalid, in random places."""
    randomness = random.Random(seed)
    fresh = list(samples.events(CONTRACT, count - repeats, seed))
    wrong = {id(order): position for position, order in enumerate(randomness.sample(fresh, invalid))}
    good = [order for order in fresh if id(order) not in wrong]
    mixed = fresh + randomness.sample(good, repeats)
    randomness.shuffle(mixed)
    events, faults = [], {}
    for index, order in enumerate(mixed):
        if id(order) in wrong:
            faults[index], order = _spoil(order, wrong[id(order)])
        events.append(order)
    return Generated(events, faults, repeats)


def invalid_envelopes(count: int, seed: int = 2) -> list[tuple[bytes, str]]:
    """Lines as the API writes them, each with an order that breaks the contract, and the field that is at fault."""
    lines = []
    for number, order in enumerate(samples.events(CONTRACT, count, seed)):
        field, spoilt = _spoil(order, number)
        line = {"id": f"direct-{number}", "receivedAt": "2026-03-14T18:30:00.000Z", "body": spoilt}
        lines.append((json.dumps(line).encode() + b"\n", field))
    return lines


def as_ndjson(events: Iterable[Order]) -> str:
    """One order a line."""
    return "".join(json.dumps(event) + "\n" for event in events)


def _spoil(order: Order, number: int) -> tuple[str, Any]:
    field, spoil = _FAULTS[number % len(_FAULTS)]
    return field, spoil(order)
