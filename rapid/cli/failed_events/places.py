"""All places of a stack where failed events lie, and what is still open in them."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from contracts import Contract

from .. import project
from ..chosen_sources import contracts_of
from ..dead_letter_queue import DeadLetterQueue, Letter
from ..errors import CommandError
from ..target import Target
from . import delivered, failures, quarantine
from .failed_event import FailedEvent, Place

_OUTPUTS = (
    "database",
    "dead_letter_queue_url",
    "processed_bucket",
    "quarantine_bucket",
    "raw_bucket",
    "streams",
    "workgroup",
)


class Choice(NamedTuple):
    """Which failed events are meant; what is empty does not matter."""

    source: str = ""
    ids: Sequence[str] = ()
    day: str = ""
    """Day of receipt, yyyy-MM-dd."""
    reason: str = ""
    """A part of the reason, in small or capital letters."""

    def has(self, event: FailedEvent) -> bool:
        """Whether an event is meant."""
        return (
            (not self.source or event.source == self.source)
            and (not self.ids or event.id in self.ids)
            and (not self.day or event.day == self.day)
            and self.reason.lower() in event.reason.lower()
        )

    def contracts(self, stack: Target) -> tuple[Contract, ...]:
        """The contracts of the sources. Raises CommandError for a source that there is not."""
        return (project.contract_of(self.source),) if self.source else contracts_of(stack)


def choice(source: str | None, ids: Sequence[str], day: str, reason: str) -> Choice:
    """What a user chose. Raises CommandError for a day that is none."""
    try:
        if day and datetime.date.fromisoformat(day).isoformat() != day:
            raise ValueError
    except ValueError:
        raise CommandError(f"--day {day!r} is no day; write one such as 2026-03-14") from None
    return Choice(source or "", ids, day, reason)


class Places:
    """The places of one stack."""

    def __init__(self, stack: Target) -> None:
        """Raises CommandError for a stack without them."""
        outputs = stack.masked_outputs
        missing = [name for name in _OUTPUTS if name not in outputs]
        if missing:
            raise CommandError(f"the stack has no {', '.join(missing)}; deploy it again")
        self.stack = stack
        self.raw_bucket: str = outputs["raw_bucket"]
        self._quarantine, self._processed = outputs["quarantine_bucket"], outputs["processed_bucket"]
        self._queue_url = outputs["dead_letter_queue_url"]

    def stored(self, contract: Contract, choice: Choice) -> Iterator[FailedEvent]:
        """A source's events in quarantine, under the error prefix and of its files, each id once; open or not."""
        s3, seen = self.stack.client("s3"), set[str]()
        sources = (
            quarantine.read(s3, self._quarantine, contract.source, day=choice.day, ids=choice.ids),
            failures.read(s3, self._processed, contract.source),
            quarantine.read_rows(s3, self._quarantine, contract.source, ids=choice.ids),
        )
        for events in sources:
            for event in events:
                if event.envelope_id not in seen:
                    seen |= {event.envelope_id} if event.envelope_id else set()
                    if choice.has(event):
                        yield event

    def queue(self) -> DeadLetterQueue:
        """The dead-letter queue."""
        return DeadLetterQueue(self.stack.client("sqs"), self._queue_url)

    def open(self, contract: Contract, events: Iterable[FailedEvent]) -> Iterator[FailedEvent]:
        """Those of a source's events that the processed table does not have."""
        for chunk, arrived in delivered.looked_up(self.stack, contract, events):
            yield from (event for event in chunk if event.envelope_id not in arrived)


def in_letter(letter: Letter) -> list[FailedEvent]:
    """The events of a message of the dead-letter queue."""
    sent = letter.sent.isoformat(timespec="milliseconds")
    error = {"field": "message" if letter.problem else "record", "reason": letter.problem or letter.reason}
    location = f"message {letter.message_id} of the dead-letter queue"
    return list(failures.events(letter.source, Place.QUEUE, location, sent, error, letter.record)) or [
        FailedEvent(
            source=letter.source,
            place=Place.QUEUE,
            id=letter.message_id,
            envelope_id="",
            received_at=sent,
            since=letter.sent.date(),
            errors=[error],
            location=location,
            event=None,
            line=None,
            is_enveloped=False,
            size_bytes=0,
        )
    ]


def without_content(event: FailedEvent) -> FailedEvent:
    """What lists and counts need of an event."""
    return replace(event, event=None, line=None, size_bytes=0)


def on_queue(queue: DeadLetterQueue, choice: Choice) -> dict[str, list[FailedEvent]]:
    """The events on the dead-letter queue without their content, by source, each id once."""
    found: dict[str, list[FailedEvent]] = defaultdict(list)
    seen: set[str] = set()
    for letter in queue.letters():
        for event in in_letter(letter):
            if event.envelope_id not in seen and choice.has(event):
                seen |= {event.envelope_id} if event.envelope_id else set()
                found[event.source].append(without_content(event))
    return found


@contextmanager
def aws_errors() -> Iterator[None]:
    """What AWS refuses becomes a CommandError with AWS's own message."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        said: dict[str, Any] = error.response["Error"]
        raise CommandError(f"{error.operation_name}: {said.get('Message') or said.get('Code')}") from None
    except BotoCoreError as error:
        raise CommandError(f"AWS cannot be asked: {error}") from None
