"""What is kept beside the tables: quarantined events, and records that Firehose could not deliver."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from .. import s3_objects
from .fates import Side
from .lines import envelope_id, side


def quarantine(s3: Any, bucket: str, source: str, expected: Iterable[str]) -> Side:
    """The events in a source's quarantine. Those whose id is `expected` are known by their keys, the rest is read.

    A key ends in the SHA-256 of the id (functions/transform/quarantine.py). Events without envelope hold their line as
    text; such a line may have an id all the same.
    """
    listed = s3_objects.listing(s3, bucket, f"{source}/")
    objects = {item.key.rpartition("/")[2].removesuffix(".json"): item for item in listed}
    by_hash = {hashlib.sha256(event.encode()).hexdigest(): event for event in expected}
    ids = {by_hash[name] for name in objects.keys() & by_hash.keys()}
    without = 0
    rest = [item for name, item in objects.items() if name not in by_hash]
    for _, content in s3_objects.contents(s3, bucket, rest):
        found = json.loads(content)
        event = envelope_id(found["event"]) if isinstance(found["event"], str) else found["id"]
        ids |= {event} if event else set()
        without += not event
    return Side(frozenset(ids), without)


def filtered(s3: Any, bucket: str, source: str) -> frozenset[str]:
    """The ids of events that a source's filter kept out, as functions/transform/filtered.py writes them."""
    objects = s3_objects.listing(s3, bucket, f"filtered/{source}/")
    return frozenset(
        event for _, content in s3_objects.contents(s3, bucket, objects) for event in json.loads(content)["ids"]
    )


def failures(s3: Any, bucket: str, source: str) -> Side:
    """The events in the records under a source's error prefix, one JSON document a line with the record in base64.

    https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
    """
    return side(_failed_records(s3, bucket, f"errors/{source}/"))


def _failed_records(s3: Any, bucket: str, prefix: str) -> Iterator[bytes]:
    for _, content in s3_objects.contents(s3, bucket, s3_objects.listing(s3, bucket, prefix)):
        for line in content.splitlines():
            if line.strip():
                yield base64.b64decode(json.loads(line)["rawData"])
