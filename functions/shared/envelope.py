"""The line that carries one event from the API to the transform: `{"id", "receivedAt", "body"}` and a newline.

Between the last two stands `key` where the request had an Idempotency-Key: the id of an event that brings none itself.

The ingest function writes `receivedAt` as ISO 8601; API Gateway's mapping template, which cannot, as milliseconds.
"""

import datetime
import functools
import json
from typing import Any, NamedTuple

from .limits import MAX_ID_CHARACTERS


class Envelope(NamedTuple):
    """One accepted event. `id` is unique for each; `received_at` is in UTC, such as 2026-11-22T14:38:20.123Z."""

    id: str
    received_at: str
    body: dict[str, Any]
    key: str = ""
    """The id of the event if it brings none: the same when the request is sent again."""


class NotAnEnvelope(ValueError):
    """A line that did not come through the API; the argument is the reason."""


def write(envelope: Envelope) -> bytes:
    """The line, newline included. Raises ValueError or RecursionError for a body that is no JSON text."""
    line: dict[str, Any] = {"id": envelope.id, "receivedAt": envelope.received_at}
    if envelope.key:
        line["key"] = envelope.key
    line["body"] = envelope.body
    return _encode(line).encode() + b"\n"


def read(line: bytes) -> Envelope:
    """Parse one line. Raises NotAnEnvelope."""
    try:
        value = loads(line)
    except ValueError as error:
        raise NotAnEnvelope(f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise NotAnEnvelope("must be a JSON object with id, receivedAt and body")
    identifier, received_at, body = value.get("id"), value.get("receivedAt"), value.get("body")
    if type(received_at) is int:
        received_at = _iso_from_epoch(received_at)
    if type(identifier) is not str or not identifier:
        raise NotAnEnvelope("must hold id as a string")
    if type(received_at) is not str or not received_at:
        raise NotAnEnvelope("must hold receivedAt as a string")
    if type(body) is not dict:
        raise NotAnEnvelope("must hold body as an object")
    if len(identifier) > MAX_ID_CHARACTERS:
        raise NotAnEnvelope(f"must hold an id of at most {MAX_ID_CHARACTERS} characters")
    if not _is_text(identifier):
        raise NotAnEnvelope("must hold an id of Unicode text")
    key = value.get("key", "")
    if type(key) is not str or not _is_text(key):
        raise NotAnEnvelope("must hold key, if any, as a string of Unicode text")
    return Envelope(identifier, received_at, body, key)


def loads(text: str | bytes) -> Any:
    """Parse JSON strictly. Raises ValueError for what is not JSON, NaN, Infinity and too deep nesting included."""
    text = text if isinstance(text, str) else text.decode()
    try:
        try:
            # Nothing around the value: there is no white space to look for.
            value, end = _decoder.raw_decode(text)
        except ValueError:
            end = -1
        return value if end == len(text) else _decoder.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def iso(epoch_milliseconds: int) -> str:
    """A moment in ISO 8601, UTC, with milliseconds. Raises ValueError or OverflowError for one out of range."""
    return f"{_second(epoch_milliseconds // 1000)}.{epoch_milliseconds % 1000:03d}Z"


# Events that arrive together share their second.
@functools.lru_cache(maxsize=64)
def _second(epoch_seconds: int) -> str:
    return f"{datetime.datetime.fromtimestamp(epoch_seconds, datetime.UTC):%Y-%m-%dT%H:%M:%S}"


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


# Made once: json.loads and json.dumps make theirs anew for each call with options.
_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
