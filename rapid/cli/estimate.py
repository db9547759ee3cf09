"""`rapid estimate`: what the stack costs a month under a load, before it is deployed."""

import json
from dataclasses import asdict

from rapid.cost import declared, program
from rapid.cost.load import Load
from rapid.cost.offer import BUDGET_DOLLARS, PIPELINE_DOLLARS, Offer, Parts, Quote
from rapid.cost.prices import price_list

from .athena import Column, Result
from .chosen_sources import contracts_by
from .console import activity, number_of, say
from .errors import CommandError
from .project import ROOT
from .rows import print_table
from .stack_settings import StackSettings, settings_of

NETWORK, DASHBOARDS, BUDGET = "network", "dashboards", "monthly_budget_dollars"
STOREFRONT, BUSINESS_NAME = "storefront", "business_name"
"""Keys of the stack's configuration."""
CREATE, NONE, QUICKSIGHT = "create", "none", "quicksight"
"""Values of them."""


def run(
    stack: str, load: Load, network: bool | None, quicksight: bool | None, storefront: str | None, *, as_json: bool
) -> None:
    """Print what a month costs; parts that are None are as the stack's configuration has them.

    Raises CommandError if the program of the stack cannot be run.
    """
    settings = settings_of(stack)
    parts = parts_of(settings, network, quicksight)
    offer = offer_of(settings, storefront)
    quote = offer.quote(load, parts)
    unpriced = declared.unpriced(offer.resources)
    if as_json:
        say(json.dumps(_document(settings, quote, unpriced), indent=2))
        return
    _say_load(settings, quote)
    print_table(lines(quote), with_count=False)
    say(f"Fixed, with nothing sent and nothing asked: {_dollars(quote.fixed_dollars)}.")
    say(f"By the load: {_dollars(quote.estimate.dollars - quote.fixed_dollars)}.")
    say(f"A million events a month more would cost {_dollars(quote.next_million_dollars)}.")
    say(f"Were the account's free allowances all this stack's: {_dollars(quote.estimate.dollars_beyond_free)}.")
    say()
    print_table(variants(quote), with_count=False)
    _say_comparison(settings, quote)
    if unpriced:
        say(f"Not in it, for nobody has said what they cost: {', '.join(unpriced)}.")


def parts_of(settings: StackSettings, network: bool | None = None, quicksight: bool | None = None) -> Parts:
    """What a stack has; what is None as its configuration says."""
    return Parts(
        network=settings.get(NETWORK) != NONE if network is None else network,
        quicksight=settings.get(DASHBOARDS) == QUICKSIGHT if quicksight is None else quicksight,
    )


def offer_of(settings: StackSettings, storefront: str | None = None) -> Offer:
    """The program of a stack, run with a network and dashboards, which variants without them leave out again, and with
    a storefront's way in, else the stack's own. Raises CommandError."""
    contracts = contracts_by(settings)
    with_all = {DASHBOARDS: QUICKSIGHT}
    # A VPC that exists is given by ids, and nothing of it is made.
    if settings.get(NETWORK) == NONE:
        with_all[NETWORK] = CREATE
    if storefront:
        with_all[STOREFRONT] = storefront
        # Pages want a name, which costs nothing.
        with_all[BUSINESS_NAME] = settings.get(BUSINESS_NAME) or "Estimate"
    try:
        with activity(f"Running the program of stack {settings.stack}, to see what it makes"):
            return Offer(contracts, program.record(ROOT, settings.stack, with_all))
    except program.ProgramError as error:
        raise CommandError(f"the program of stack {settings.stack} cannot be priced: {error}") from None


def lines(quote: Quote) -> Result:
    """The table by service."""
    names = ("service", "what", "quantity", "unit", "$ a unit", "$ a month")
    columns = tuple(Column(name, "double" if name[0] in "q$" else "varchar") for name in names)
    rows: list[tuple[str | None, ...]] = []
    shown = ""
    for line in quote.estimate.lines:
        price = line.price
        unit = f"{price.per:,} {price.unit}s" if price.per > 1 else price.unit
        rows.append(
            (
                price.service if price.service != shown else "",
                price.what,
                _figure(line.quantity / price.per),
                unit,
                _figure(price.tiers[0][1]),
                f"{line.dollars:,.2f}",
            )
        )
        shown = price.service
    rows.append(("total", "", "", "", "", f"{quote.estimate.dollars:,.2f}"))
    return Result(columns, rows, 0)


def variants(quote: Quote) -> Result:
    """The table of the same load with other parts."""
    columns = (Column("$ a month", "varchar"), *(Column(name, "double") for name in quote.variants))
    return Result(columns, [("this load", *(f"{dollars:,.2f}" for dollars in quote.variants.values()))], 0)


def _document(settings: StackSettings, quote: Quote, unpriced: list[str]) -> dict[str, object]:
    prices = price_list()
    return {
        "stack": settings.stack,
        "region": settings.region,
        "prices": {"region": prices.region, "date": prices.date.isoformat()},
        "load": asdict(quote.load),
        "sources": [asdict(source) for source in quote.stack.sources],
        "parts": asdict(quote.parts),
        "lines": [
            {
                "price": line.price.id,
                "service": line.price.service,
                "what": line.price.what,
                "quantity": line.quantity,
                "unit": line.price.unit,
                "dollars": line.dollars,
            }
            for line in quote.estimate.lines
        ],
        "dollars": quote.estimate.dollars,
        "dollars_beyond_free": quote.estimate.dollars_beyond_free,
        "fixed_dollars": quote.fixed_dollars,
        "next_million_dollars": quote.next_million_dollars,
        "variants": quote.variants,
        "budget_dollars": budget(settings),
        "unpriced": unpriced,
    }


def budget(settings: StackSettings) -> float:
    """Dollars a month that the stack's budget allows."""
    return float(settings.get(BUDGET) or BUDGET_DOLLARS)


def _say_load(settings: StackSettings, quote: Quote) -> None:
    load, sources, prices = quote.load, quote.stack.sources, price_list()
    names = ", ".join(source.name for source in sources)
    readers = f"{number_of(load.users, 'reader')} and an author in QuickSight"
    say(f"Stack {settings.stack} in its month {load.months}, at prices of {prices.region} of {prices.date}, untaxed.")
    say(f"{number_of(load.events_a_day, 'event')} a day of {load.event_bytes:,} bytes, as many to each of {names};")
    say(f"{number_of(load.batch, 'event')} in a request;")
    if quote.stack.has_storefront:
        past = [source.name for source in sources if source.is_of_guests]
        way = f"put {_listed(past)} onto their streams" if past else "send to the API, behind a web ACL"
        say(f"{number_of(load.guests_a_day, 'guest')} a day who open a page of the storefront; pages {way};")
    say(
        f"{load.queries_a_day:,} queries a day; {readers if quote.parts.quicksight else 'no QuickSight'}; "
        f"{'a VPC' if quote.parts.network else 'no VPC'}."
    )


def _say_comparison(settings: StackSettings, quote: Quote) -> None:
    share = quote.estimate.dollars / budget(settings)
    say(f"The stack's budget ({BUDGET}) is {_dollars(budget(settings))} a month; this is {share:.1%} of it.")
    say(
        f"The platform was asked for at {_dollars(BUDGET_DOLLARS)} a month, in place of a pipeline at "
        f"{_dollars(PIPELINE_DOLLARS)}: {quote.estimate.dollars / BUDGET_DOLLARS:.1%} and "
        f"{quote.estimate.dollars / PIPELINE_DOLLARS:.1%} of these."
    )
    region = price_list().region
    if settings.region != region:
        say(f"The stack is for {settings.region}. These are the prices of {region}; those of other regions differ.")


def _figure(number: float) -> str:
    """A number with enough digits to be seen."""
    if number >= 100:
        return f"{number:,.0f}"
    if number >= 1:
        return f"{number:,.2f}"
    return f"{number:.10f}"[: _first_digit(number) + 4].rstrip("0").rstrip(".") or "0"


def _first_digit(number: float) -> int:
    """Place of the first digit that is not 0, of a number below 1 in decimals."""
    text = f"{number:.10f}"
    return next((place for place, digit in enumerate(text) if digit not in "0."), len(text))


def _listed(names: list[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def _dollars(dollars: float) -> str:
    return f"${dollars:,.2f}"
