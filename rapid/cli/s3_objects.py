"""Many objects of a bucket, one after the other: listed a page at a time, read a few ahead."""

import datetime
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

READERS = 16
_AHEAD = 4 * READERS
"""So many objects are in memory at most, besides the one that was given out."""


class StoredObject(NamedTuple):
    """An object as a listing names it."""

    key: str
    size_bytes: int
    modified: datetime.datetime


def listing(s3: Any, bucket: str, prefix: str) -> Iterator[StoredObject]:
    """The objects under a prefix, in the order of their keys."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            yield StoredObject(item["Key"], item["Size"], item["LastModified"])


def contents(s3: Any, bucket: str, objects: Iterable[StoredObject]) -> Iterator[tuple[StoredObject, bytes]]:
    """The objects with their bytes, in order; what was deleted since it was listed is left out."""

    def read(key: str) -> bytes | None:
        try:
            body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return body

    waiting: deque[tuple[StoredObject, Future[bytes | None]]] = deque()
    with ThreadPoolExecutor(READERS) as pool:
        for item in objects:
            waiting.append((item, pool.submit(read, item.key)))
            if len(waiting) > _AHEAD:
                yield from _first(waiting)
        while waiting:
            yield from _first(waiting)


def _first(waiting: deque[tuple[StoredObject, Future[bytes | None]]]) -> Iterator[tuple[StoredObject, bytes]]:
    item, reading = waiting.popleft()
    body = reading.result()
    if body is not None:
        yield item, body
