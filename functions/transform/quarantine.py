"""Events that break their contract, kept one object each, with the reasons."""

import functools
import hashlib
import json
from typing import Any, NamedTuple

_WRITERS = 16


class BadEvent(NamedTuple):
    """One event that stays out of the table. `received_at` is ISO 8601 in UTC."""

    id: str
    received_at: str
    errors: list[dict[str, str]]
    event: Any


def write(bucket: str, source: str, events: list[BadEvent]) -> None:
    """Store events; a repeated invocation writes the same keys again. Raises botocore's errors if one fails."""
    if not events:
        return
    from concurrent.futures import ThreadPoolExecutor

    s3 = _s3()
    with ThreadPoolExecutor(min(_WRITERS, len(events))) as pool:
        for stored in [pool.submit(_put, s3, bucket, source, event) for event in events]:
            stored.result()


def key(source: str, event: BadEvent) -> str:
    """`<source>/yyyy/MM/dd/<hash of the id>.json`, by the day on which the event was received."""
    return f"{source}/{event.received_at[:10].replace('-', '/')}/{hashlib.sha256(event.id.encode()).hexdigest()}.json"


@functools.cache
def _s3() -> Any:
    """The client; importing it when there is something to store keeps the start of the others short."""
    import boto3
    from botocore.config import Config

    # The standard mode waits with full jitter. Four attempts that fail end well before the function's 300 s.
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    retries = {"mode": "standard", "total_max_attempts": 4}
    config = Config(max_pool_connections=_WRITERS, connect_timeout=3, read_timeout=20, retries=retries)
    return boto3.client("s3", config=config)


def _put(s3: Any, bucket: str, source: str, event: BadEvent) -> None:
    content = {
        "id": event.id,
        "source": source,
        "receivedAt": event.received_at,
        "errors": event.errors,
        "event": event.event,
    }
    text = json.dumps(content)
    s3.put_object(Bucket=bucket, Key=key(source, event), Body=text.encode(), ContentType="application/json")
