"""Sample events that look like a restaurant's day, where a source has the fields for it."""

import datetime
import math
import random
from collections.abc import Iterator
from typing import Any

from contracts import Contract, FieldType

from . import generate

_MENU = (
    ("Margherita", 11.50),
    ("Pasta Carbonara", 15.99),
    ("Mushroom Risotto", 17.25),
    ("Caesar Salad", 9.80),
    ("Chef's Burger", 14.40),
    ("Grilled Salmon", 22.90),
    ("Crème Brûlée", 7.60),
    ("Espresso", 2.90),
)
_POPULARITY = (20, 14, 8, 12, 16, 6, 9, 25)
_QUANTITIES = (1, 1, 1, 2, 2, 3, 4)
_ELEMENTS = ("entree_1", "entree_2", "entree_4", "side_1", "dessert_2", "drink_1", "drink_3")
_MEDIAN_LOOK_SECONDS = 20
_RESTAURANTS = 3
_CUSTOMERS = 400
_UNINTERESTING = 0.1
"""Share of events without a field that the contract's filter asks for."""


def events(contract: Contract, count: int, seed: int | None = None) -> Iterator[dict[str, Any]]:
    """`count` events that keep the contract, each with its own id; a seed makes all but their times repeatable."""
    randomness = random.Random(seed)
    now = datetime.datetime.now(datetime.UTC)
    types = {field.name: field.type for field in contract.fields}
    expected = _expected(contract)
    for _ in range(count):
        made = generate.event(contract, randomness, now)
        for name in expected:
            if randomness.random() < _UNINTERESTING:
                del made[name]
        looks_real = _order(randomness) | _click(randomness)
        yield made | {name: value for name, value in looks_real.items() if _fits(types.get(name), value)}


def example(contract: Contract) -> dict[str, Any]:
    """One event to paste: the contract's own examples of its required fields, ordered now."""
    randomness, expected = random.Random(0), _expected(contract)
    now = datetime.datetime.now(datetime.UTC)
    made = {
        field.name: field.examples[0] if field.examples else generate.value(field, randomness, now)
        for field in contract.fields
        if field.required or field.name in expected
    }
    return made | {contract.event_time.name: generate.written(contract.event_time, now)}


def _expected(contract: Contract) -> list[str]:
    """Fields that may be absent, and must be there for the event to be of interest."""
    return [condition.field.name for condition in contract.filter if condition.present and not condition.field.required]


def _order(randomness: random.Random) -> dict[str, Any]:
    item, price = randomness.choices(_MENU, weights=_POPULARITY)[0]
    return {
        "menuItem": item,
        "price": price,
        "quantity": randomness.choice(_QUANTITIES),
        "customerId": f"cust{randomness.randrange(_CUSTOMERS):04d}",
        "restaurantId": f"rest{randomness.randrange(_RESTAURANTS) + 1}",
    }


def _click(randomness: random.Random) -> dict[str, Any]:
    return {
        "element_clicked": randomness.choice(_ELEMENTS),
        "time_spent": 1 + int(randomness.expovariate(math.log(2) / _MEDIAN_LOOK_SECONDS)),
        "source_menu": f"menu_{randomness.randrange(_RESTAURANTS) + 1}",
    }


def _fits(declared: FieldType | None, value: Any) -> bool:
    allowed = {
        str: (FieldType.STRING,),
        int: (FieldType.INTEGER, FieldType.NUMBER, FieldType.DECIMAL),
        float: (FieldType.NUMBER, FieldType.DECIMAL),
    }
    return declared in allowed[type(value)]
