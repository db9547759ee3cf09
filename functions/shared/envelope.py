"""The line that carries one event from the API to the transform: `{"id", "receivedAt", "body"}` and a newline.

The ingest function writes `receivedAt` as ISO 8601; API Gateway's mapping template, which cannot, as milliseconds.
"""

import datetime
import json
from typing import Any, NamedTuple


class Envelope(NamedTuple):
    """One accepted event. `id` is unique for each; `received_at` is in UTC, such as 2026-11-22T14:38:20.123Z."""

    id: str
    received_at: str
    body: dict[str, Any]


class NotAnEnvelope(ValueError):
    """A line that did not come through the API; the argument is the reason."""


def write(envelope: Envelope) -> bytes:
    """The line, newline included."""
    line = {"id": envelope.id, "receivedAt": envelope.received_at, "body": envelope.body}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read(line: bytes) -> Envelope:
    """Parse one line. Raises NotAnEnvelope."""
    try:
        value = loads(line)
    except ValueError as error:
        raise NotAnEnvelope(f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise NotAnEnvelope("must be a JSON object with id, receivedAt and body")
    if type(value.get("receivedAt")) is int:
        value["receivedAt"] = _iso_from_epoch(value["receivedAt"])
    for name, kind in (("id", str), ("receivedAt", str), ("body", dict)):
        if not isinstance(value.get(name), kind) or (not value[name] and kind is str):
            raise NotAnEnvelope(f"must hold {name} as {'an object' if kind is dict else 'a string'}")
    if not _is_text(value["id"]):
        raise NotAnEnvelope("must hold an id of Unicode text")
    return Envelope(value["id"], value["receivedAt"], value["body"])


def loads(text: str | bytes) -> Any:
    """Parse JSON strictly. Raises ValueError for what is not JSON, NaN, Infinity and too deep nesting included."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def iso(epoch_milliseconds: int) -> str:
    """A moment in ISO 8601, UTC, with milliseconds. Raises ValueError or OverflowError for one out of range."""
    moment = datetime.datetime.fromtimestamp(epoch_milliseconds // 1000, datetime.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{epoch_milliseconds % 1000:03d}Z"


def _iso_from_epoch(epoch_milliseconds: int) -> str:
    try:
        return iso(epoch_milliseconds)
    except (ValueError, OverflowError, OSError):
        raise NotAnEnvelope("must hold receivedAt as a moment within the years 1 to 9999") from None


def _is_text(value: str) -> bool:
    """Whether a string can be encoded; JSON can spell surrogates that stand alone."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
