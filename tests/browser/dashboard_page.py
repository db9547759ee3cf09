"""A dashboard in a browser: what it shows, read as a person reads it, and counted as it is drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from rapid.cli.target import LocalStack
from tests.browser.phones import Phone

DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "has_touch": False, "is_mobile": False}
SHOWN = "#visuals[data-drawn=yes]:not([aria-busy])"


def address(stack: LocalStack, name: str) -> str:
    """Where a deployed dashboard is."""
    [id_] = [each for each in stack.outputs["dashboard_ids"] if each.endswith(f"-{name}")]
    return f"{stack.endpoint_url}/sn/dashboards/{id_}"


def dates(browser: Phone) -> tuple[date, date] | None:
    """The days that a dashboard shows."""
    ends = browser.page.locator(".control.dates input[type=date]").all()
    found = [date.fromisoformat(end.input_value()) for end in ends]
    return (found[0], found[1]) if found else None


@contextlib.contextmanager
def waited(browser: Phone, data: str) -> Iterator[None]:
    """Do what makes the page ask for data of that address, and wait until it is shown."""
    with browser.page.expect_response(data):
        yield
    browser.page.wait_for_selector(SHOWN)


def open_dashboard(browser: Phone, url: str) -> None:
    """Open a dashboard, and wait until all of it is drawn."""
    browser.page.goto(url)
    browser.page.wait_for_selector(SHOWN)


def tables(browser: Phone) -> dict[str, list[list[Any]]]:
    """The numbers of each visual by its id, as screen readers find them: those of a KPI, else rows of the table."""
    found: dict[str, list[list[Any]]] = browser.page.evaluate("""() => {
      const value = (cell) => cell.dataset.value ?? cell.querySelector("data").value;
      return Object.fromEntries([...document.querySelectorAll("figure")].map((figure) => [
        figure.id.replace("visual-", ""),
        figure.matches(".kpi")
          ? [[...figure.querySelectorAll("data")].map((number) => number.value)]
          : [...figure.querySelectorAll("tbody tr")].map((row) => [...row.cells].map(value)),
      ]));
    }""")
    return found


def marks(browser: Phone) -> dict[str, int]:
    """How many marks are drawn that stand for numbers, by the ids of the visuals that are charts."""
    found: dict[str, int] = browser.page.evaluate("""() => Object.fromEntries(
      [...document.querySelectorAll("figure:has(.drawing)")].map((figure) => [
        figure.id.replace("visual-", ""),
        figure.querySelectorAll(".numbers_marks path").length,
      ]))""")
    return found


def show_tables(browser: Phone) -> None:
    """Press the button of each chart that shows its numbers."""
    for button in browser.page.locator("figcaption button").all():
        button.click()
