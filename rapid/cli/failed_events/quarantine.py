"""The events in quarantine: one object each (functions/transform), and the rows of files, a line each (etl/files)."""

import datetime
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from contracts import folders

from .. import s3_objects
from ..counts.lines import envelope_id
from ..s3_objects import StoredObject
from .failed_event import FailedEvent, Place


def read(s3: Any, bucket: str, source: str, *, day: str = "", ids: Sequence[str] = ()) -> Iterator[FailedEvent]:
    """A source's events: of one day of receipt (yyyy-MM-dd), with one of some ids, or all."""
    prefix = f"{source}/{day.replace('-', '/')}"
    # A key ends in the SHA-256 of the id, so the others need not be read, nor those of a day listed.
    names = sorted({hashlib.sha256(event.encode()).hexdigest() for event in ids})
    prefixes = [f"{prefix}/{name}" for name in names] if day and ids else [prefix]
    found = (item for one in prefixes for item in s3_objects.listing(s3, bucket, one))
    if ids:
        found = (item for item in found if item.key.rpartition("/")[2].removesuffix(".json") in names)
    for item, body in s3_objects.contents(s3, bucket, found):
        yield _event(source, Place.QUARANTINE, f"s3://{bucket}/{item.key}", item.key, item, body)


def read_rows(s3: Any, bucket: str, source: str, *, ids: Sequence[str] = ()) -> Iterator[FailedEvent]:
    """The rows of a source's files: those with one of some ids, or all."""
    # The id of a row is that of its file and a number.
    files = sorted({event.rpartition("-")[0] for event in ids} - {""})
    prefixes = [f"{folders.BAD_ROWS}/{source}/{file}/" for file in files] if ids else [f"{folders.BAD_ROWS}/{source}/"]
    found = (item for prefix in prefixes for item in s3_objects.listing(s3, bucket, prefix))
    for item, body in s3_objects.contents(s3, bucket, found):
        location = f"s3://{bucket}/{item.key}"
        for number, line in enumerate(_lines(body)):
            if line.strip():
                yield _event(source, Place.FILE, location, f"{item.key}:{number}", item, line)


def _lines(body: bytes) -> list[bytes]:
    try:
        return gzip.decompress(body).split(b"\n")
    except (OSError, EOFError, zlib.error):
        return [body]


def _event(source: str, place: Place, location: str, name: str, item: StoredObject, body: bytes) -> FailedEvent:
    """`name` stands for the id where there is none."""
    modified = item.modified.astimezone(datetime.UTC)
    try:
        content = json.loads(body)
        text = isinstance(content["event"], str)
        return FailedEvent(
            source=source,
            place=place,
            id=content["id"],
            # A row has its id whatever it is; a line from a stream only if it holds one.
            envelope_id=envelope_id(content["event"]) if text and place is Place.QUARANTINE else content["id"],
            received_at=_iso(content["receivedAt"]),
            since=min(modified.date(), datetime.date.fromisoformat(content["receivedAt"][:10])),
            errors=[{"field": str(error["field"]), "reason": str(error["reason"])} for error in content["errors"]],
            location=location,
            event=content["event"],
            line=None,
            is_enveloped=isinstance(content["event"], dict),
            size_bytes=len(body),
            key=str(content.get("key", "")),
            row_of=f"{content['file']}, line {content['line']}" if place is Place.FILE else "",
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        reason = f"is not what the transform writes: {error or type(error).__name__}"
        return FailedEvent(
            source=source,
            place=place,
            id=name,
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
