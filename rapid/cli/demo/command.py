"""`rapid demo`: fills a stack with some weeks of a business that there is not, up to its dashboards."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .. import etl, files, project
from ..console import activity, number_of, say
from ..dashboard_data import DashboardData
from ..errors import CommandError
from ..stack_settings import StackSettings, settings_of
from ..target import LocalStack, Target, find
from . import brought, sending
from .events import COSTS, SOURCES, Weeks

_PRODUCTION = "prod"
OVERRIDE = "--into-production"


@dataclass(frozen=True)
class Options:
    """The options of the command."""

    days: int
    orders_a_day: int
    seed: int
    into_production: bool


def run(options: Options) -> int:
    """Send the events, wait for the jobs on a local cloud, and say what to do next; the exit status."""
    stack = find()
    if not options.into_production:
        _refuse_production(stack)
    settings = _settings(stack)
    currency = (settings.get("currency") if settings else "") or "USD"
    now = datetime.datetime.now(datetime.UTC)
    weeks = Weeks(now, options.days, _zone(settings), options.seed, options.orders_a_day)
    deployed = stack.masked_outputs.get("sources") or ()
    wanted = [project.contract_of(source) for source in SOURCES if source in deployed]
    if not wanted:
        raise CommandError(f"the stack has none of the sources {', '.join(SOURCES)}, so there is no demo data for it")
    say(f"{number_of(options.days + 1, 'day')} of demo data, up to now, the same ones for the same seed and day.")
    try:
        there = brought.found(stack, wanted, options.seed)
        complete = all(sending.events(stack, it, weeks.events(it.source, _has(there, it.source))) for it in wanted)
        if complete and COSTS in deployed:
            sending.file(stack, COSTS, weeks.costs(currency))
    except KeyboardInterrupt:
        complete = False
    if not complete:
        say("Not all of it was sent. The same command sends it again, and what came already counts once.")
        return 1
    return _through(stack) if isinstance(stack, LocalStack) else _next_steps()


def _has(there: Mapping[str, brought.Brought], source: str) -> Callable[[datetime.datetime], bool]:
    return there[source].has if source in there else lambda _moment: False


def _refuse_production(stack: Target) -> None:
    name = _name(stack)
    why = ""
    if _PRODUCTION in name:
        why = f"the stack is called {name}"
    elif stack.masked_outputs.get("deletion_keys") != "one":
        why = f"the data of the stack {name} is protected (config key deletion_keys)"
    if why:
        raise CommandError(
            f"{why}: made-up orders would stand among real ones, for good; {OVERRIDE} sends them all the same"
        )


def _name(stack: Target) -> str:
    named = stack.stack if isinstance(stack, LocalStack) else str(stack.masked_outputs.get("stack_tag", ""))
    return named.rpartition("/")[2]


def _settings(stack: Target) -> StackSettings | None:
    """What the stack's file of configuration says; None where the checkout has none."""
    name = _name(stack)
    return settings_of(name) if name and (project.ROOT / f"Pulumi.{name}.yaml").exists() else None


def _zone(settings: StackSettings | None) -> ZoneInfo:
    """Where the business is."""
    name = (settings.get("timezone") if settings else "") or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise CommandError(
            f"config timezone: {name!r} is not a time zone; write one such as Europe/Berlin, of the IANA database"
        ) from None


def _through(stack: LocalStack) -> int:
    """On a local cloud nobody waits for intervals."""
    stack.flush()
    status = files.run_job() or etl.curate_all(stack)
    if not status and (data := DashboardData(stack)).ids:
        with activity("Importing what dashboards show"):
            data.import_now(data.data_sets())
        say(f"Dashboards: {stack.masked_outputs['dashboards_url']}")
    return status


def _next_steps() -> int:
    say("They reach the tables by themselves, and the dashboards with the next hourly import; the tables at once by:")
    say("  rapid etl files && rapid etl run")
    return 0
