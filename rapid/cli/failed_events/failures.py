"""The events in what Firehose wrote under its error prefix: one JSON document a line, with the record in base64.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-error-handling.html
"""

import base64
import datetime
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from contracts import folders

from .. import s3_objects
from ..counts.lines import envelope_id
from . import envelopes
from .failed_event import FailedEvent, Place

_EVER = datetime.datetime.min.replace(tzinfo=datetime.UTC)
_CONVERSION = "/format-conversion-failed/"


def read(s3: Any, bucket: str, source: str, *, since: datetime.datetime = _EVER) -> Iterator[FailedEvent]:
    """A source's events, as often as they were written: of all objects, or of those stored since a moment."""
    listed = (item for item in s3_objects.listing(s3, bucket, f"{folders.ERRORS}/{source}/") if item.modified >= since)
    for item, body in s3_objects.contents(s3, bucket, listed):
        place = Place.CONVERSION if _CONVERSION in item.key else Place.TRANSFORM
        location, written = f"s3://{bucket}/{item.key}", item.modified.astimezone(datetime.UTC)
        for line in body.split(b"\n"):
            if line.strip():
                yield from _document(source, place, location, written, line)


def _document(
    source: str, place: Place, location: str, written: datetime.datetime, line: bytes
) -> Iterator[FailedEvent]:
    try:
        document = json.loads(line)
        record = base64.b64decode(document["rawData"], validate=True)
        arrived = envelopes.iso(document["arrivalTimestamp"]) or written.isoformat()
        reason = _reason(place, document)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        record, arrived, reason = line, written.isoformat(), f"is no error record: {error or type(error).__name__}"
    yield from events(source, place, location, arrived, {"field": "record", "reason": reason}, record)


def events(
    source: str, place: Place, location: str, arrived: str, error: dict[str, str], record: bytes
) -> Iterator[FailedEvent]:
    """The events of a packed record, which share one error. `arrived`: when the stream took it, ISO 8601."""
    digest = hashlib.sha256(record).hexdigest()[:16]
    for number, line in enumerate(record.split(b"\n")):
        if not line.strip():
            continue
        found = envelopes.read(line) if place is not Place.CONVERSION else None
        known = found.id if found else envelope_id(line)
        yield FailedEvent(
            source=source,
            place=place,
            id=known or f"{digest}:{number}",
            envelope_id=known,
            received_at=found.received_at if found else arrived,
            since=datetime.date.fromisoformat(arrived[:10]),
            errors=[error],
            location=location,
            # What was to be converted is the transform's row; the event itself is in the raw zone.
            event=found.body if found else None if known else line.decode(errors="replace"),
            line=line + b"\n" if found else None,
            is_enveloped=bool(found) or (place is Place.CONVERSION and bool(known)),
            size_bytes=len(line),
            key=found.key if found else "",
        )


def _reason(place: Place, document: dict[str, Any]) -> str:
    code = next((document[name] for name in ("errorCode", "lastErrorCode", "ErrorCode") if document.get(name)), "")
    # What Firehose says of a failed conversion may hold values of the event.
    message = document.get("errorMessage", "") if place is Place.TRANSFORM else ""
    return ": ".join(part for part in (code, message) if part) or "failed without a reason"
