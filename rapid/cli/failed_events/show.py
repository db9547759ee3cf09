"""`rapid errors show`: one event, with everything that is known of it."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from .. import target
from ..console import activity, say
from ..errors import CommandError
from . import delivered, places, raw_zone
from .failed_event import FailedEvent, Place
from .places import Choice, Places


class Shown(NamedTuple):
    """An event, whether it is still open, and its body."""

    event: FailedEvent
    is_open: bool
    body: Any
    """None where it is lost."""

    def document(self) -> dict[str, Any]:
        """What `--json` prints."""
        event = self.event
        return {
            "id": event.id,
            "source": event.source,
            "place": event.place.value,
            "location": event.location,
            **({"rowOf": event.row_of} if event.row_of else {}),
            "receivedAt": event.received_at,
            "open": self.is_open,
            "errors": [dict(error) for error in event.errors],
            "event": self.body,
        }


def run(event_id: str, *, as_json: bool) -> int:
    """Show an event; returns the exit status."""
    with activity("Looking for it") as _, places.aws_errors():
        shown = find(Places(target.find()), event_id)
    if as_json:
        say(json.dumps(shown.document(), indent=2, ensure_ascii=False))
    else:
        _print(shown)
    return 0


def find(stack: Places, event_id: str) -> Shown:
    """The event with an id, open ones first. Raises CommandError if there is none."""
    found = list(_all(stack, Choice(ids=[event_id])))
    shown = next((one for one in found if one.is_open), found[0] if found else None)
    if shown is None:
        raise CommandError(f"no failed event has the id {event_id!r}; `rapid errors list` names some")
    return shown


def _all(stack: Places, choice: Choice) -> Iterator[Shown]:
    for contract in choice.contracts(stack.stack):
        for chunk, arrived in delivered.looked_up(stack.stack, contract, stack.stored(contract, choice)):
            for event in chunk:
                yield Shown(event, event.envelope_id not in arrived, _body(stack, event))
    contracts = {contract.source: contract for contract in choice.contracts(stack.stack)}
    with stack.queue() as queue:
        for letter in queue.letters():
            chosen = [event for event in places.in_letter(letter) if choice.has(event)]
            its = contracts.get(letter.source)
            still = list(stack.open(its, chosen)) if its else chosen
            yield from (Shown(event, event in still, event.event) for event in chosen)


def _body(stack: Places, event: FailedEvent) -> Any:
    if event.place is Place.CONVERSION and event.is_enveloped:
        found = raw_zone.originals(stack.stack.client("s3"), stack.raw_bucket, event.source, [event])
        return found[event.envelope_id].body if event.envelope_id in found else None
    return event.event


def _print(shown: Shown) -> None:
    event = shown.event
    state = "open" if shown.is_open else "delivered since; the processed table has it"
    lines = {
        "id": event.id,
        "source": event.source or "not known",
        "place": f"{event.place.value}, {event.location}",
        **({"row of": event.row_of} if event.row_of else {}),
        "received": event.received_at,
        "state": state,
    }
    for name, value in lines.items():
        say(f"{name:<9} {value}")
    say("errors")
    for error in event.errors:
        say(f"  {error['field']} {error['reason']}")
    say("event")
    if shown.body is None:
        say("  is not kept any more")
    elif isinstance(shown.body, str):
        say(f"  {shown.body}")
    else:
        for line in json.dumps(shown.body, indent=2, ensure_ascii=False).splitlines():
            say(f"  {line}")
