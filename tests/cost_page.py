"""docs/cost.md: its tables are what `rapid estimate` says.

python -m tests.cost_page docs/cost.md
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rapid.cli.estimate import offer_of
from rapid.cli.stack_settings import settings_of
from rapid.cost import declared, estimate, model
from rapid.cost.load import Load
from rapid.cost.offer import BUDGET_DOLLARS, PIPELINE_DOLLARS, Offer, Parts, Quote
from rapid.cost.prices import price_list
from rapid.cost.stack import Stack

TEMPLATE = Path(__file__).with_name("cost_page.md")
STACK = "prod"
SIZES = {
    "a café": Load(events_a_day=1_000, queries_a_day=10, users=2),
    "a busy restaurant": Load(),
    "a chain": Load(events_a_day=1_000_000, batch=25, queries_a_day=500, users=30),
}
EXPECTED = {"AWS Lambda": 100, "Amazon Simple Storage Service": 50, "AWS Glue": 200, "Amazon QuickSight": 150}
"""Dollars a month in the document that asked for the platform."""
_NEITHER, _QUICKSIGHT = Parts(network=False, quicksight=False), Parts(network=False, quicksight=True)
_LEAST_DOLLARS = 0.5


def render(offer: Offer) -> str:
    """The page."""
    quotes = {name: offer.quote(load, _NEITHER) for name, load in SIZES.items()}
    return TEMPLATE.read_text(encoding="utf-8").format(
        sizes=_table(_sizes(quotes)),
        expected=_table(_expected(offer)),
        changes=_table(_changes(offer, quotes)),
        date=price_list().date,
    )


def is_still_true(page: str, rendered: str) -> bool:
    """Whether a page says what it would say now; figures may have moved by a twentieth, or a dollar."""
    before, now = (re.split(r"(\d[\d,]*(?:\.\d+)?)", text) for text in (page, rendered))
    return len(before) == len(now) and all(
        old == new or (index % 2 == 1 and _is_near(_number(old), _number(new)))
        for index, (old, new) in enumerate(zip(before, now, strict=True))
    )


def _is_near(old: float, new: float) -> bool:
    return abs(old - new) <= max(1.0, new / 20)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _sizes(quotes: dict[str, Quote]) -> list[list[str]]:
    rows = [["", *quotes]]
    rows.append(["events a day", *(f"{quote.load.events_a_day:,}" for quote in quotes.values())])
    rows.append(["events a request", *(str(quote.load.batch) for quote in quotes.values())])
    rows.append(["queries a day", *(str(quote.load.queries_a_day) for quote in quotes.values())])
    services = dict.fromkeys(service for quote in quotes.values() for service in quote.estimate.by_service)
    for service in services:
        costs = [quote.estimate.by_service.get(service, 0.0) for quote in quotes.values()]
        if max(costs) >= _LEAST_DOLLARS:
            rows.append([service, *map(_dollars, costs)])
    rows.append(["**all of it**", *(f"**{_dollars(quote.estimate.dollars)}**" for quote in quotes.values())])
    rows.append(["of that fixed", *(_dollars(quote.fixed_dollars) for quote in quotes.values())])
    rows.append(["with a VPC", *(_dollars(quote.variants["with a VPC"]) for quote in quotes.values())])
    readers = " / ".join(str(quote.load.users) for quote in quotes.values())
    with_quicksight = (_dollars(quote.variants["with QuickSight"]) for quote in quotes.values())
    rows.append([f"with QuickSight, {readers} readers", *with_quicksight])
    rows.append(["with both", *(_dollars(quote.variants["with both"]) for quote in quotes.values())])
    for asked in (BUDGET_DOLLARS, PIPELINE_DOLLARS):
        shares = (quote.variants["with both"] / asked for quote in quotes.values())
        rows.append([f"with both, of ${asked:,}", *(f"{share:.0%}" for share in shares)])
    return rows


def _expected(offer: Offer) -> list[list[str]]:
    chain = offer.quote(SIZES["a chain"], _QUICKSIGHT).estimate.by_service
    return [
        ["", *EXPECTED],
        ["expected", *map(str, EXPECTED.values())],
        ["a chain", *(_dollars(chain.get(service, 0.0)) for service in EXPECTED)],
    ]


def _changes(offer: Offer, quotes: dict[str, Quote]) -> list[list[str]]:
    def every(**seconds: float) -> list[float]:
        return [_dollars_of(offer, replace(quote.stack, **seconds), quote.load) for quote in quotes.values()]

    def delivered(seconds: float) -> list[float]:
        return [_dollars_of(offer, _delivered(it.stack, seconds), it.load) for it in quotes.values()]

    def sent(batch: int) -> list[float]:
        return [_dollars_of(offer, it.stack, replace(it.load, batch=batch)) for it in quotes.values()]

    rows = {
        "as above": every(),
        "`curate_interval_minutes` 5": every(curate_seconds=300),
        "`curate_interval_minutes` 360": every(curate_seconds=21_600),
        "`delivery_interval_seconds` 60": delivered(60),
        "`delivery_interval_seconds` 900": delivered(900),
        "1 event in a request": sent(1),
        "100 events in a request": sent(100),
    }
    return [["", *quotes], *([name, *map(_dollars, costs)] for name, costs in rows.items())]


def _delivered(stack: Stack, seconds: float) -> Stack:
    return replace(stack, sources=tuple(replace(source, delivery_seconds=seconds) for source in stack.sources))


def _dollars_of(offer: Offer, stack: Stack, load: Load) -> float:
    quantities = model.quantities(stack, load)
    quantities.add(declared.quantities(offer.with_parts(_NEITHER)))
    return estimate.of(quantities).dollars


def _dollars(dollars: float) -> str:
    return f"{dollars:,.0f}" if dollars >= 100 else f"{dollars:,.1f}"


def _table(rows: Iterable[list[str]]) -> str:
    first, *others = rows
    lines = [first, ["---", *("---:" for _ in first[1:])], *others]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(offer_of(settings_of(STACK))), encoding="utf-8")
