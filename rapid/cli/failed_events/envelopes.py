"""The line that carries an event to the transform, as functions/shared/envelope.py defines it."""

import datetime
import json
from typing import Any, NamedTuple


class Envelope(NamedTuple):
    """One event on its way."""

    id: str
    received_at: str
    """ISO 8601 in UTC."""
    body: dict[str, Any]
    key: str = ""
    """The id of the event if it brings none."""


def read(line: bytes) -> Envelope | None:
    """The envelope of a line; None if it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    event_id, received_at, body = value.get("id"), value.get("receivedAt"), value.get("body")
    if type(received_at) is int:
        received_at = iso(received_at)
    if not isinstance(event_id, str) or not isinstance(received_at, str) or not isinstance(body, dict):
        return None
    key = value.get("key")
    kept = key if isinstance(key, str) else ""
    return Envelope(event_id, received_at, body, kept) if event_id and received_at else None


def write(envelope: Envelope) -> bytes:
    """The line, newline included."""
    key = {"key": envelope.key} if envelope.key else {}
    line = {"id": envelope.id, "receivedAt": envelope.received_at, **key, "body": envelope.body}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def iso(epoch_milliseconds: int) -> str | None:
    """A moment in ISO 8601, UTC; None for one out of range."""
    try:
        moment = datetime.datetime.fromtimestamp(epoch_milliseconds / 1000, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{epoch_milliseconds % 1000:03d}Z"
