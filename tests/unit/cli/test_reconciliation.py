"""The check of `rapid local up --once`: figures of the sent events against SQL's."""

from decimal import Decimal

import pytest

from rapid.cli import athena, project, reconciliation
from rapid.cli.target import LocalStack

ORDERS = project.contract_of("orders")
STACK = LocalStack("http://127.0.0.1:1")
EVENTS = [
    {"event_id": "1", "menuItem": "Soup", "price": 0.1, "quantity": 3},
    {"event_id": "2", "menuItem": "Soup", "price": 0.2, "quantity": 1},
    {"event_id": "3", "menuItem": "Tea", "price": 2.5, "quantity": 2},
]


def compared(monkeypatch: pytest.MonkeyPatch, counts: tuple, revenues: list[tuple]) -> dict[str, bool]:
    def run(_stack: LocalStack, sql: str) -> athena.Result:
        return athena.Result((), revenues if "GROUP BY" in sql else [counts], 0)

    monkeypatch.setattr(athena, "run", run)
    return {
        comparison.name: comparison.equal for comparison in reconciliation.compare(STACK, ORDERS, ORDERS.table, EVENTS)
    }


def test_what_was_sent_and_found_alike_is_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(monkeypatch, ("3", "3"), [("Tea", "5.00"), ("Soup", "0.50")])
    assert found == {"events": True, "distinct event_id": True, "revenue of Soup": True, "revenue of Tea": True}


def test_a_missing_event_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compared(monkeypatch, ("2", "2"), [("Tea", "5.00"), ("Soup", "0.50")])["events"] is False


def test_a_repeated_event_in_place_of_another_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compared(monkeypatch, ("3", "2"), [("Tea", "5.00"), ("Soup", "0.50")])["distinct event_id"] is False


def test_a_cent_too_much_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compared(monkeypatch, ("3", "3"), [("Tea", "5.01"), ("Soup", "0.50")])["revenue of Tea"] is False


def test_an_item_that_was_never_sent_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(monkeypatch, ("3", "3"), [("Tea", "5.00"), ("Soup", "0.50"), ("Cake", "1.00")])
    assert found["revenue of Cake"] is False


def test_revenue_is_summed_exactly() -> None:
    assert reconciliation.revenue_by_item(EVENTS) == {"Soup": Decimal("0.5"), "Tea": Decimal("5.0")}
