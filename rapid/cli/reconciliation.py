"""Whether SQL returns what was sent: counts and revenue of the sent events, compared with Athena's answers."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from contracts import Contract, validator

from . import athena
from .target import Target

_REVENUE_FIELDS = {"menuItem", "price", "quantity"}


class Comparison(NamedTuple):
    """One figure, as sent and as SQL returns it."""

    name: str
    sent: Decimal
    found: Decimal

    @property
    def equal(self) -> bool:
        """Whether both are the same number."""
        return self.sent == self.found


def compare(stack: Target, contract: Contract, table: str, events: list[dict[str, Any]]) -> list[Comparison]:
    """Compare one of a source's tables with the events accepted for it; the table must hold nothing else."""
    key, events = contract.primary_key, _of_interest(contract, events)
    [(rows, keys)] = athena.run(stack, f'SELECT count(*), count(DISTINCT "{key.column}") FROM "{table}"').rows
    comparisons = [
        Comparison("events", Decimal(len(events)), _decimal(rows)),
        Comparison(f"distinct {key.name}", Decimal(len({event[key.name] for event in events})), _decimal(keys)),
    ]
    if {field.name for field in contract.fields} >= _REVENUE_FIELDS:
        comparisons += _revenues(stack, table, events)
    return comparisons


def _of_interest(contract: Contract, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events that the contract's filter lets through."""
    if not contract.filter:
        return events
    compiled = validator.compiled(contract)
    return [event for event in events if compiled["is_of_interest"](compiled["check"](event)[0])]


def revenue_by_item(events: Iterable[dict[str, Any]]) -> dict[str, Decimal]:
    """Price times quantity, summed for each menu item, exactly."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for event in events:
        totals[event["menuItem"]] += Decimal(str(event["price"])) * event["quantity"]
    return totals


def _revenues(stack: Target, table: str, events: list[dict[str, Any]]) -> list[Comparison]:
    sql = f'SELECT menuItem, sum(price * quantity) FROM "{table}" GROUP BY menuItem'
    found = {item: _decimal(revenue) for item, revenue in athena.run(stack, sql).rows if item is not None}
    sent = revenue_by_item(events)
    return [
        Comparison(f"revenue of {item}", sent.get(item, Decimal(0)), found.get(item, Decimal(0)))
        for item in sorted(sent.keys() | found.keys())
    ]


def _decimal(text: str | None) -> Decimal:
    return Decimal(text or 0)
