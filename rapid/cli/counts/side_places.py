"""What is kept beside the tables: quarantined events, and records that Firehose could not deliver."""

import base64
import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from contracts import folders

from .. import s3_objects
from .fates import Side
from .lines import envelope_id, side

NOT_OURS = (ValueError, TypeError, KeyError, RecursionError)
"""What reading raises of an object that the platform did not write."""


def quarantine(s3: Any, bucket: str, source: str, expected: Iterable[str]) -> Side:
    """The events in a source's quarantine. Those whose id is `expected` are known by their keys, the rest is read.

    A key ends in the SHA-256 of the id (functions/transform/quarantine.py). Events without envelope hold their line as
    text; such a line may have an id all the same.
    """
    listed = s3_objects.listing(s3, bucket, f"{source}/")
    objects = {item.key.rpartition("/")[2].removesuffix(".json"): item for item in listed}
    by_hash = {hashlib.sha256(event.encode()).hexdigest(): event for event in expected}
    ids = {by_hash[name] for name in objects.keys() & by_hash.keys()}
    without, unreadable = 0, []
    rest = [item for name, item in objects.items() if name not in by_hash]
    for item, content in s3_objects.contents(s3, bucket, rest):
        try:
            found = json.loads(content)
            event = envelope_id(found["event"]) if isinstance(found["event"], str) else _text(found["id"])
        except NOT_OURS:
            unreadable.append(f"s3://{bucket}/{item.key}")
            continue
        ids |= {event} if event else set()
        without += not event
    return Side(frozenset(ids), without, tuple(unreadable))


def filtered(s3: Any, bucket: str, source: str, since: datetime.date = datetime.date.min) -> Side:
    """The ids of events that a source's filter has kept out since a day (functions/transform/filtered.py)."""
    ids, unreadable = set[str](), []
    listed = s3_objects.listing(s3, bucket, f"{folders.FILTERED}/{source}/")
    recent = (item for item in listed if item.modified.astimezone(datetime.UTC).date() >= since)
    for item, content in s3_objects.contents(s3, bucket, recent):
        try:
            ids |= {_text(event) for event in json.loads(content)["ids"]}
        except NOT_OURS:
            unreadable.append(f"s3://{bucket}/{item.key}")
    return Side(frozenset(ids), unreadable=tuple(unreadable))


def failures(s3: Any, bucket: str, source: str) -> Side:
    """The events in the records under a source's error prefix, one JSON document a line with the record in base64.

    https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
    """
    return side(_failed_records(s3, bucket, f"{folders.ERRORS}/{source}/"))


def _failed_records(s3: Any, bucket: str, prefix: str) -> Iterator[bytes]:
    for _, content in s3_objects.contents(s3, bucket, s3_objects.listing(s3, bucket, prefix)):
        for line in content.splitlines():
            if line.strip():
                yield _record(line)


def _record(line: bytes) -> bytes:
    """The record in an error document; a line that is none stands for itself."""
    try:
        return base64.b64decode(json.loads(line)["rawData"], validate=True)
    except NOT_OURS:
        return line


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("an id is text")
    return value
