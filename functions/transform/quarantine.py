"""Events that break their contract, kept one object each, with the reasons."""

import hashlib
import json
from typing import Any, NamedTuple

import storage


class BadEvent(NamedTuple):
    """One event that stays out of the table. `received_at` is ISO 8601 in UTC."""

    id: str
    received_at: str
    errors: list[dict[str, str]]
    event: Any
    key: str = ""
    """The envelope's key, where it has one."""


def write(bucket: str, source: str, events: list[BadEvent]) -> None:
    """Store events; a repeated invocation writes the same keys again. Raises botocore's errors if one fails."""
    if not events:
        return
    from concurrent.futures import ThreadPoolExecutor

    s3 = storage.s3()
    with ThreadPoolExecutor(min(storage.CONNECTIONS, len(events))) as pool:
        for stored in [pool.submit(_put, s3, bucket, source, event) for event in events]:
            stored.result()


def key(source: str, event: BadEvent) -> str:
    """`<source>/yyyy/MM/dd/<hash of the id>.json`, by the day on which the event was received."""
    return f"{source}/{event.received_at[:10].replace('-', '/')}/{hashlib.sha256(event.id.encode()).hexdigest()}.json"


def _put(s3: Any, bucket: str, source: str, event: BadEvent) -> None:
    content = {
        "id": event.id,
        "source": source,
        "receivedAt": event.received_at,
        "errors": event.errors,
        "event": event.event,
        **({"key": event.key} if event.key else {}),
    }
    text = json.dumps(content)
    s3.put_object(Bucket=bucket, Key=key(source, event), Body=text.encode(), ContentType="application/json")
