"""`rapid send`: events of a file, or generated ones, to a source of the stack, with progress and a summary."""

import functools
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contracts import Authentication, Contract, Delivery, packed_bodies

from . import credentials, files, generate, project, samples, target
from .console import number_of, progress_bar, say, say_error
from .direct_client import DirectClient
from .errors import CommandError
from .event_file import EventFile
from .failed_events.compiled_contract import check_of
from .ingest_client import IngestClient
from .outcome import Outcome, Refusal

MAX_BATCH_BYTES = 1024 * 1024
"""Bytes of events in one request, well within Lambda's 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
_SHOWN_REFUSALS = 5
_WRAPPING_BYTES = 1024
"""Room for the commas between events, and for what holds them."""


@dataclass
class Summary:
    """What became of all events; `refusals` holds the first few, by position in the whole input."""

    total: int
    accepted: int = 0
    refused: int = 0
    repeats: int = 0
    handled: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    failure: str = ""
    """Why sending stopped early; empty if it did not."""
    first_unsent: int | None = None

    @property
    def unsent(self) -> int:
        """Number of events neither accepted nor refused."""
        return self.total - self.accepted - self.refused

    @property
    def complete(self) -> bool:
        """Whether every event was accepted."""
        return self.accepted == self.total

    def add(self, outcome: Outcome, size: int) -> None:
        """Count a batch of `size` events."""
        self.accepted += outcome.accepted
        self.refused += outcome.refused
        self.repeats += outcome.repeats
        shifted = (replace(refusal, index=self.handled + refusal.index) for refusal in outcome.refusals)
        self.refusals += list(shifted)[: max(0, _SHOWN_REFUSALS - len(self.refusals))]
        if outcome.unsent:
            self.failure, self.first_unsent = outcome.failure, self.handled + outcome.unsent[0]
        self.handled += size


def send_file(source: str, path: Path, batch: int) -> int:
    """Send a file's events, or the file as a whole where its source or its content asks for that; the exit status."""
    contract = project.contract_of(source) if source in project.sources() else None
    if contract is None or not contract.streamed or not files.holds_events(path):
        if contract and contract.hashed:
            raise CommandError(
                f"{path} would be refused: the contract of {source} hashes {', '.join(contract.hashed)}, which the "
                f"files job cannot do; send JSON events of at most {files.MAX_EVENTS_BYTES // 1024**2} MiB, one a line"
            )
        return files.send(source, path)
    events = EventFile(path)
    if contract.unpack is None:
        return _send(contract, _identified(contract, events), events.count, batch)
    unpacked = [event for found in events for event in packed_bodies.events_of(contract, found)]
    return _send(contract, _identified(contract, unpacked), len(unpacked), batch)


def send_count(source: str, count: int, batch: int) -> int:
    """Send generated events; returns the exit status."""
    contract = project.contract_of(source)
    return _send(contract, samples.events(contract, count), count, batch)


def post(
    client: IngestClient | DirectClient,
    events: Iterable[Any],
    total: int,
    batch: int,
    advanced: Callable[[int], None],
    max_bytes: int = MAX_BATCH_BYTES,
) -> Summary:
    """Post events in batches, until done, until a batch could not be sent, or until Ctrl-C."""
    summary = Summary(total)
    try:
        for part in batches(events, batch, max_bytes):
            summary.add(client.send(part), len(part))
            if summary.failure:
                break
            advanced(summary.handled)
    except KeyboardInterrupt:
        # What was on its way may have been accepted, unheard.
        summary.failure, summary.first_unsent = "interrupted", summary.handled
    return summary


def limits(contract: Contract, batch: int) -> tuple[int, int]:
    """The most events and bytes of events in one request, where a user asks for `batch` events."""
    if contract.unpack is None:
        return batch, MAX_BATCH_BYTES
    return min(batch, contract.unpack.max_events), min(MAX_BATCH_BYTES, contract.unpack.max_bytes - _WRAPPING_BYTES)


def batches(events: Iterable[Any], size: int, max_bytes: int = MAX_BATCH_BYTES) -> Iterator[list[Any]]:
    """Lists of at most `size` events and about `max_bytes` of text."""
    part: list[Any] = []
    part_bytes = 0
    for event in events:
        event_bytes = len(json.dumps(event))
        if part and (len(part) == size or part_bytes + event_bytes > max_bytes):
            yield part
            part, part_bytes = [], 0
        part.append(event)
        part_bytes += event_bytes
    if part:
        yield part


def client_of(stack: target.Target, contract: Contract) -> IngestClient | DirectClient:
    """What posts events to a source, the way that its path takes them.

    Raises CommandError as `ingest_url` and `credentials.of` do.
    """
    url, presented = ingest_url(stack, contract), credentials.of(stack, contract)
    if contract.delivery is Delivery.DIRECT:
        check = check_of(contract)
        return DirectClient(url, presented, lambda event: isinstance(event, dict) and not check(event))
    return IngestClient(url, presented, body=functools.partial(packed_bodies.body, contract))


def ingest_url(stack: target.Target, contract: Contract) -> str:
    """Where a source's events are posted. Raises CommandError if the stack does not have the source."""
    if not contract.streamed:
        raise CommandError(f"the source {contract.source!r} takes no events by HTTP: its contract says delivery: files")
    paths = stack.masked_outputs.get("paths") or {}
    if contract.source not in paths and contract.authentication is Authentication.LDAP:
        raise CommandError(
            f"the deployed stack has no path for {contract.source}: its contract asks for LDAP, and no directory is "
            "configured; docs/ldap.md says how"
        )
    if contract.source not in paths:
        raise CommandError(
            f"the deployed stack has no source {contract.source!r} (it has: {', '.join(sorted(paths)) or 'none'}); "
            "deploy it again"
        )
    return f"{stack.masked_outputs['ingest_url'].rstrip('/')}{paths[contract.source]}"


def _identified(contract: Contract, events: Iterable[Any]) -> Iterator[Any]:
    """The events; those without an id get one, so that a request sent again makes no new events."""
    key, randomness = contract.primary_key, random.SystemRandom()
    for event in events:
        if isinstance(event, dict) and event.keys().isdisjoint((key.name, *key.aliases)):
            event = {**event, key.name: generate.unique_id(key, randomness)}
        yield event


def _send(contract: Contract, events: Iterable[Any], total: int, batch: int) -> int:
    stack = target.find()
    client = client_of(stack, contract)
    with progress_bar(f"Sending to {ingest_url(stack, contract)}", total) as advanced:
        most_events, most_bytes = limits(contract, batch)
        summary = post(client, events, total, most_events, advanced, most_bytes)
    client.close()
    report(summary)
    return 0 if summary.complete else 1


def report(summary: Summary) -> None:
    """Print what became of the events."""
    say(f"{summary.accepted} accepted, {summary.refused} refused, {summary.repeats} requests sent again")
    for refusal in summary.refusals:
        say(f"  event {refusal.index} (counted from 0): {refusal.field} {refusal.reason}")
    if summary.refused > len({refusal.index for refusal in summary.refusals}):
        say("  ... and more")
    if summary.failure:
        say_error(
            f"error: {number_of(summary.unsent, 'event')} not sent, from event {summary.first_unsent} on "
            f"(counted from 0): {summary.failure}"
        )
