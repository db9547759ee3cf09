"""The events in quarantine, one object each (functions/transform/quarantine.py)."""

import datetime
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from .. import s3_objects
from ..counts.lines import envelope_id
from ..s3_objects import StoredObject
from .failed_event import FailedEvent, Place


def read(s3: Any, bucket: str, source: str, *, day: str = "", ids: Sequence[str] = ()) -> Iterator[FailedEvent]:
    """A source's events: of one day of receipt (yyyy-MM-dd), with one of some ids, or all."""
    found = s3_objects.listing(s3, bucket, f"{source}/{day.replace('-', '/')}")
    if ids:
        # A key ends in the SHA-256 of the id, so the others need not be read.
        names = {hashlib.sha256(event.encode()).hexdigest() for event in ids}
        found = (item for item in found if item.key.rpartition("/")[2].removesuffix(".json") in names)
    for item, body in s3_objects.contents(s3, bucket, found):
        yield _event(source, f"s3://{bucket}/{item.key}", item, body)


def _event(source: str, location: str, item: StoredObject, body: bytes) -> FailedEvent:
    modified = item.modified.astimezone(datetime.UTC)
    try:
        content = json.loads(body)
        text = isinstance(content["event"], str)
        return FailedEvent(
            source=source,
            place=Place.QUARANTINE,
            id=content["id"],
            envelope_id=envelope_id(content["event"]) if text else content["id"],
            received_at=_iso(content["receivedAt"]),
            since=min(modified.date(), datetime.date.fromisoformat(content["receivedAt"][:10])),
            errors=[{"field": str(error["field"]), "reason": str(error["reason"])} for error in content["errors"]],
            location=location,
            event=content["event"],
            line=None,
            is_enveloped=not text,
            size_bytes=len(body),
            key=str(content.get("key", "")),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        reason = f"is no object of the transform: {error or type(error).__name__}"
        return FailedEvent(
            source=source,
            place=Place.QUARANTINE,
            id=item.key,
            envelope_id="",
            received_at=modified.isoformat(),
            since=modified.date(),
            errors=[{"field": "object", "reason": reason}],
            location=location,
            event=body.decode(errors="replace"),
            line=None,
            is_enveloped=False,
            size_bytes=len(body),
        )


def _iso(received_at: str) -> str:
    """The moment as the API writes it; the transform keeps it as `yyyy-MM-dd HH:mm:ss.SSS` in UTC."""
    return f"{received_at[:10]}T{received_at[11:]}Z" if received_at[10:11] == " " else received_at
