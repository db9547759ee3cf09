"""Where events lie that did not reach their table: quarantine, the filter's lists, failed records, the queue."""

import datetime
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from contracts import Contract, folders

from .. import s3_objects
from ..counts.streams import MAX_SECONDS
from ..dead_letter_queue import DeadLetterQueue
from ..failed_events import failures, places, quarantine
from ..failed_events.failed_event import FailedEvent, Place
from ..target import Target
from .timeline import Traced, moment
from .zones import CLOCKS_APART

_FATES = {
    Place.QUARANTINE: "quarantined",
    Place.FILE: "quarantined",
    Place.TRANSFORM: "failed",
    Place.CONVERSION: "failed",
    Place.QUEUE: "dead-lettered",
}
_NEXT = {
    "quarantined": "`rapid errors show {id}` shows it, `rapid errors replay {source} --id {id}` sends it again.",
    "failed": "`rapid errors show {id}` shows it, `rapid errors replay {source} --id {id}` sends it again.",
    "dead-lettered": "`rapid errors replay {source} --id {id}` puts it onto the stream.",
}


class Filtered(NamedTuple):
    """Where the id of an event is noted that the contract's filter kept out."""

    address: str
    modified: datetime.datetime


def in_quarantine(stack: Target, contract: Contract, wanted: str, received_at: datetime.datetime) -> FailedEvent | None:
    """The event in quarantine whose envelope, received then, has an id."""
    s3, bucket = stack.client("s3"), stack.masked_outputs["quarantine_bucket"]
    found = quarantine.read(s3, bucket, contract.source, day=f"{received_at:%Y-%m-%d}", ids=[wanted])
    return next(found, None) or next(of_files(stack, contract, wanted), None)


def of_files(stack: Target, contract: Contract, wanted: str) -> Iterator[FailedEvent]:
    """The rows of files in quarantine with an id."""
    s3, bucket = stack.client("s3"), stack.masked_outputs["quarantine_bucket"]
    yield from (row for row in quarantine.read_rows(s3, bucket, contract.source, ids=[wanted]) if row.id == wanted)


def failed(stack: Target, contract: Contract, wanted: str, since: datetime.datetime) -> FailedEvent | None:
    """The event in the records that Firehose kept under its error prefix since a moment."""
    s3, bucket = stack.client("s3"), stack.masked_outputs["processed_bucket"]
    found = failures.read(s3, bucket, contract.source, since=since - CLOCKS_APART)
    return next((event for event in found if event.envelope_id == wanted), None)


def on_the_queue(stack: Target, wanted: str) -> Iterator[FailedEvent]:
    """The events on the dead-letter queue that an id means: of the envelope, of the request, or their own."""
    with DeadLetterQueue(stack.client("sqs"), stack.masked_outputs["dead_letter_queue_url"]) as queue:
        for letter in queue.letters():
            if wanted.encode() in letter.record:
                for event in places.in_letter(letter):
                    own = event.event.values() if isinstance(event.event, dict) else ()
                    if event.envelope_id.startswith(wanted) or wanted in own:
                        yield event


def filtered(stack: Target, contract: Contract, wanted: str, received_at: datetime.datetime) -> Filtered | None:
    """Where an event is noted as filtered: a list of the day on which a first event of it was received."""
    s3, bucket = stack.client("s3"), stack.masked_outputs["quarantine_bucket"]
    longest = datetime.timedelta(seconds=MAX_SECONDS)
    days = {f"{received_at - later:%Y/%m/%d}" for later in (longest, datetime.timedelta())}
    listed = [
        item
        for day in sorted(days)
        for item in s3_objects.listing(s3, bucket, f"{folders.FILTERED}/{contract.source}/{day}/")
        if item.modified >= received_at - CLOCKS_APART
    ]
    for item, body in s3_objects.contents(s3, bucket, listed):
        if wanted in json.loads(body)["ids"]:
            return Filtered(f"s3://{bucket}/{item.key}", item.modified)
    return None


def describe(traced: Traced, event: FailedEvent) -> None:
    """Add the step of an event that failed, and its fate."""
    traced.fate = _FATES[event.place]
    step = "delivery" if event.place is Place.QUEUE else "files job" if event.place is Place.FILE else "transform"
    traced.add(moment(event.received_at), step, f"{traced.fate}: {event.reason}")
    traced.where = f"It lies in {event.location}. " + _NEXT[traced.fate].format(id=event.id, source=event.source)


def erasures(stack: Target, contract: Contract, since: datetime.datetime) -> int:
    """How many erasures of the source have ended since a moment."""
    s3, bucket = stack.client("s3"), stack.masked_outputs["curated_bucket"]
    listed = s3_objects.listing(s3, bucket, f"{folders.ERASURES}/{contract.source}/")
    reports = s3_objects.contents(s3, bucket, (item for item in listed if item.modified >= since))
    return sum(_state(body) == "erased" for _, body in reports)


def _state(body: bytes) -> Any:
    try:
        return json.loads(body)["state"]
    except (ValueError, KeyError, TypeError):
        return None
