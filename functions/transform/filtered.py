"""The ids of events that the contract's filter keeps out, one object an invocation, so that they can be counted."""

import hashlib
import json
from typing import NamedTuple

import storage


class FilteredEvent(NamedTuple):
    """One good event that is of no interest. `received_at` is ISO 8601 in UTC."""

    id: str
    received_at: str


def write(bucket: str, source: str, events: list[FilteredEvent]) -> None:
    """Store the ids; a repeated invocation writes the same key again. Raises botocore's errors."""
    if not events:
        return
    content = {"source": source, "ids": [event.id for event in events]}
    storage.s3().put_object(
        Bucket=bucket, Key=key(source, events), Body=json.dumps(content).encode(), ContentType="application/json"
    )


def key(source: str, events: list[FilteredEvent]) -> str:
    """`filtered/<source>/yyyy/MM/dd/<hash of the ids>.json`, by the day on which the first event was received."""
    digest = hashlib.sha256("\n".join(event.id for event in events).encode()).hexdigest()
    return f"filtered/{source}/{events[0].received_at[:10].replace('-', '/')}/{digest}.json"
