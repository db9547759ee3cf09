"""`rapid errors list`: how many events are open, by source, place, reason and day."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from contracts import Contract

from .. import target
from ..athena import Column, Result
from ..console import activity, number_of, say
from ..rows import print_table
from . import places
from .failed_event import FailedEvent
from .places import Choice, Places

_TOLD_EVERY = 1000


class Group(NamedTuple):
    """Events that lie in one place for one reason."""

    source: str
    place: str
    reason: str
    day: str


class Found(NamedTuple):
    """How many events a group has, and the id of one."""

    events: int
    example: str


def run(choice: Choice, *, as_json: bool) -> int:
    """List; returns the exit status."""
    with activity("Looking for failed events") as tell, places.aws_errors():
        groups = grouped(told(open_events(Places(target.find()), choice), tell))
    ordered = sorted(groups.items(), key=lambda item: (item[0].source, -item[1].events, item[0]))
    if as_json:
        documents = [{**group._asdict(), "events": found.events, "example": found.example} for group, found in ordered]
        say(json.dumps(documents, indent=2))
    elif not ordered:
        say("No failed events.")
    else:
        names = ("source", "place", "reason", "day")
        columns = (
            *(Column(name, "varchar") for name in names),
            Column("events", "bigint"),
            Column("example", "varchar"),
        )
        rows: list[tuple[str | None, ...]] = [(*group, f"{found.events:,}", found.example) for group, found in ordered]
        print_table(Result(columns, rows, 0), with_count=False)
        total = sum(found.events for found in groups.values())
        say(f"{number_of(total, 'event')}; `rapid errors show ID` shows one.")
    return 0


def open_events(stack: Places, choice: Choice) -> Iterator[FailedEvent]:
    """All open events, each once, without their content."""
    contracts = choice.contracts(stack.stack)
    with stack.queue() as queue:
        queued = places.on_queue(queue, choice)
    for contract in contracts:
        yield from stack.open(contract, _of_source(stack, contract, choice, queued.pop(contract.source, [])))
    # Of no source that has a contract here.
    for unknown in queued.values():
        yield from unknown


def _of_source(stack: Places, contract: Contract, choice: Choice, queued: list[FailedEvent]) -> Iterator[FailedEvent]:
    seen: set[str] = set()
    for event in stack.stored(contract, choice):
        seen.add(event.envelope_id)
        yield places.without_content(event)
    yield from (event for event in queued if not event.envelope_id or event.envelope_id not in seen)


def told(events: Iterable[FailedEvent], tell: Callable[[str], None]) -> Iterator[FailedEvent]:
    """The events; how many there were is told now and then."""
    for number, event in enumerate(events, start=1):
        if number % _TOLD_EVERY == 0:
            tell(f"{number:,}, now {event.source} {event.place.value}")
        yield event


def grouped(events: Iterable[FailedEvent]) -> dict[Group, Found]:
    """Number and an example of each group."""
    groups: dict[Group, Found] = {}
    for event in events:
        group = Group(event.source, event.place.value, event.reason, event.day)
        known = groups.get(group, Found(0, event.id))
        groups[group] = known._replace(events=known.events + 1)
    return groups
