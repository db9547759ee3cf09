"""What is kept beside the tables: quarantined events, and records that Firehose could not deliver."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .fates import Side
from .lines import envelope_id, side

_READERS = 16


def quarantine(s3: Any, bucket: str, source: str, expected: Iterable[str]) -> Side:
    """The events in a source's quarantine. Those whose id is `expected` are known by their keys, the rest is read.

    A key ends in the SHA-256 of the id (functions/transform/quarantine.py). Events without envelope hold their line as
    text; such a line may have an id all the same.
    """
    keys = {key.rpartition("/")[2].removesuffix(".json"): key for key in _keys(s3, bucket, f"{source}/")}
    by_hash = {hashlib.sha256(event.encode()).hexdigest(): event for event in expected}
    ids = {by_hash[name] for name in keys.keys() & by_hash.keys()}
    without = 0
    for content in _read(s3, bucket, [key for name, key in keys.items() if name not in by_hash]):
        found = json.loads(content)
        event = envelope_id(found["event"]) if isinstance(found["event"], str) else found["id"]
        ids |= {event} if event else set()
        without += not event
    return Side(frozenset(ids), without)


def failures(s3: Any, bucket: str, source: str) -> Side:
    """The events in the records under a source's error prefix, one JSON document a line with the record in base64.

    https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
    """
    return side(_failed_records(s3, bucket, f"errors/{source}/"))


def _failed_records(s3: Any, bucket: str, prefix: str) -> Iterator[bytes]:
    for content in _read(s3, bucket, list(_keys(s3, bucket, prefix))):
        for line in content.splitlines():
            if line.strip():
                yield base64.b64decode(json.loads(line)["rawData"])


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (item["Key"] for item in page.get("Contents", []))


def _read(s3: Any, bucket: str, keys: list[str]) -> Iterator[bytes]:
    with ThreadPoolExecutor(_READERS) as pool:
        yield from pool.map(lambda key: s3.get_object(Bucket=bucket, Key=key)["Body"].read(), keys)
