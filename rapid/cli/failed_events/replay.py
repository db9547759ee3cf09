"""`rapid errors replay`: failed events go onto their streams again, mended or as they are."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from contracts import Contract, Delivery

from .. import source_streams, target
from ..console import activity, number_of, say, say_error
from ..dead_letter_queue import DeadLetterQueue, Letter
from ..errors import CommandError
from . import compiled_contract, delivered, envelopes, places, raw_zone
from .compiled_contract import Check
from .envelopes import Envelope
from .failed_event import FailedEvent, Place
from .fix import Fix, NotFixed
from .places import Choice, Places
from .stream import MAX_LINE_BYTES

_NO_EVENT = {
    False: "it came without an envelope of the API, so there is no id to keep",
    True: "it is no row that could be mended; send a file that holds it",
}
_NO_STREAM = "its source has no stream; send a file that holds the row, mended"
_SHOWN_EXAMPLES = 3
_SHOWN_PROBLEMS = 10


class Example(NamedTuple):
    """What an expression does to one event."""

    id: str
    before: Any
    after: Any


@dataclass
class Outcome:
    """What became of the chosen events."""

    replayed: int = 0
    """Put onto a stream; on a dry run: would be put."""
    delivered: int = 0
    """Chosen by their ids, and in their table already."""
    problems: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Ids of the events that were not put, by reason."""
    examples: list[Example] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many were not put."""
        return sum(len(ids) for ids in self.problems.values())

    def leave(self, event: FailedEvent, reason: str) -> None:
        """Note that an event was not put."""
        self.problems[reason].append(event.id)


def run(choice: Choice, expression: str | None, *, dry_run: bool) -> int:
    """Replay; returns the exit status, 1 unless everything chosen was put."""
    fix = Fix(expression) if expression is not None else None
    with activity("Replaying" if not dry_run else "Checking") as tell, places.aws_errors():
        outcome = replayed(Places(target.find()), choice, fix, dry_run=dry_run, tell=tell)
    if choice.ids and not outcome.replayed + outcome.left + outcome.delivered:
        raise CommandError(f"no failed event has the id {' or '.join(choice.ids)}; `rapid errors list` names some")
    _report(outcome, dry_run=dry_run)
    return 1 if outcome.left else 0


def replayed(stack: Places, choice: Choice, fix: Fix | None, *, dry_run: bool, tell: Callable[[str], None]) -> Outcome:
    """Put the chosen events that are open onto their streams, or on a dry run find out which would be."""
    outcome = Outcome()
    ways = {
        contract.source: _Way(stack, contract, fix, outcome, dry_run=dry_run)
        for contract in choice.contracts(stack.stack)
    }
    for source, way in ways.items():
        for chunk, arrived in delivered.looked_up(stack.stack, way.contract, stack.stored(way.contract, choice)):
            still = [event for event in chunk if event.envelope_id not in arrived]
            outcome.delivered += len(chunk) - len(still) if choice.ids else 0
            way.put(still)
            tell(f"{source}: {outcome.replayed:,}")
    with stack.queue() as queue:
        for letter in queue.letters():
            _replay_letter(stack, queue, letter, ways.get(letter.source), choice, outcome, dry_run=dry_run)
    return outcome


class _Way:
    """The way of one source's events back onto their stream."""

    def __init__(self, stack: Places, contract: Contract, fix: Fix | None, outcome: Outcome, *, dry_run: bool) -> None:
        self.contract = contract
        self._stack, self._fix, self._outcome, self._dry_run = stack, fix, outcome, dry_run
        self._check: Check | None = None

    def put(self, events: list[FailedEvent]) -> set[str]:
        """Put what can be; the ids of the others."""
        ready = list(self._ready(events))
        refused = self._put([line for _, line in ready]) if ready and not self._dry_run else {}
        for index, reason in refused.items():
            self._outcome.leave(ready[index][0], f"the stream did not take it: {reason}")
        self._outcome.replayed += len(ready) - len(refused)
        done = {event.id for index, (event, _) in enumerate(ready) if index not in refused}
        return {event.id for event in events} - done

    def _put(self, lines: list[bytes]) -> dict[int, str]:
        return source_streams.taking(self._stack.stack, self.contract.source).put(lines)

    def _ready(self, events: list[FailedEvent]) -> Iterator[tuple[FailedEvent, bytes]]:
        originals = self._originals(events)
        for event in events:
            if not event.is_enveloped:
                self._outcome.leave(event, _NO_EVENT[event.place is Place.FILE])
                continue
            if self.contract.delivery is Delivery.FILES:
                self._outcome.leave(event, _NO_STREAM)
                continue
            kept = Envelope(event.envelope_id, event.received_at, event.event, event.key)
            envelope = originals.get(event.envelope_id) if event.place is Place.CONVERSION else kept
            if envelope is None:
                self._outcome.leave(event, "the raw zone does not have it any more")
                continue
            line = self._line(event, envelope)
            if line:
                yield event, line

    def _line(self, event: FailedEvent, envelope: Envelope) -> bytes:
        """The line to be put; empty where there is none."""
        body = envelope.body
        if self._fix:
            try:
                body = self._fix(envelope.body)
            except NotFixed as reason:
                self._outcome.leave(event, str(reason))
                return b""
            if body != envelope.body and len(self._outcome.examples) < _SHOWN_EXAMPLES:
                self._outcome.examples.append(Example(event.id, envelope.body, body))
        # What would be quarantined again stays as it is, so that no half-mended event takes the place of the original.
        # What is not in quarantine yet belongs there, if it is bad.
        if (self._fix or event.place in (Place.QUARANTINE, Place.FILE)) and (errors := self._errors(body)):
            said = "; ".join(f"{error['field']} {error['reason']}" for error in errors)
            self._outcome.leave(event, f"it would be quarantined: {said}")
            return b""
        line = envelopes.write(envelope._replace(body=body)) if self._fix or not event.line else event.line
        if len(line) > MAX_LINE_BYTES:
            self._outcome.leave(event, f"it is {len(line)} bytes long; a stream takes {MAX_LINE_BYTES}")
            return b""
        return line

    def _errors(self, body: dict[str, Any]) -> list[dict[str, str]]:
        self._check = self._check or compiled_contract.check_of(self.contract)
        return self._check(body)

    def _originals(self, events: Iterable[FailedEvent]) -> dict[str, Envelope]:
        wanted = [event for event in events if event.place is Place.CONVERSION and event.is_enveloped]
        if not wanted:
            return {}
        s3 = self._stack.stack.client("s3")
        return raw_zone.originals(s3, self._stack.raw_bucket, self.contract.source, wanted)


def _replay_letter(
    stack: Places,
    queue: DeadLetterQueue,
    letter: Letter,
    way: _Way | None,
    choice: Choice,
    outcome: Outcome,
    *,
    dry_run: bool,
) -> None:
    """Put a message's events; it is deleted once nothing of it is open, and stays otherwise."""
    events = places.in_letter(letter)
    chosen = [event for event in events if choice.has(event)]
    if not chosen:
        return
    if way is None or letter.problem:
        for event in chosen:
            outcome.leave(event, letter.problem or f"there is no contract of its source {letter.source!r}")
        return
    still = list(stack.open(way.contract, events))
    meant = [event for event in still if event in chosen]
    outcome.delivered += len(chosen) - len(meant) if choice.ids else 0
    left = way.put(meant)
    if not dry_run and not left and len(meant) == len(still):
        queue.delete(letter)


def _report(outcome: Outcome, *, dry_run: bool) -> None:
    for example in outcome.examples if dry_run else ():
        say(f"{example.id}")
        for name in sorted(example.before.keys() | example.after.keys()):
            before, after = (_text(side, name) for side in (example.before, example.after))
            if before != after:
                say(f"  {name}: {before} -> {after}")
    if dry_run:
        say(f"{number_of(outcome.replayed, 'event')} would be put onto the streams; nothing was sent.")
    else:
        say(
            f"{number_of(outcome.replayed, 'event')} put onto the streams: off the list once delivered, in the table "
            "once curated."
        )
    if outcome.delivered:
        say(f"{number_of(outcome.delivered, 'event')} delivered already.")
    if outcome.left:
        say_error(f"error: {number_of(outcome.left, 'event')} left in place:")
    by_size = sorted(outcome.problems.items(), key=lambda item: -len(item[1]))
    for reason, ids in by_size[:_SHOWN_PROBLEMS]:
        say_error(f"  {len(ids):,}  {reason} (such as {ids[0]})")
    if len(by_size) > _SHOWN_PROBLEMS:
        say_error("  ... and more")


def _text(event: dict[str, Any], name: str) -> str:
    return json.dumps(event[name], ensure_ascii=False) if name in event else "absent"
