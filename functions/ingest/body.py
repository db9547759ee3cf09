"""The events in a request's body: one JSON object, a JSON array of objects, or NDJSON (one object a line)."""

import base64
import json
import re
from typing import Any, NamedTuple

from shared.envelope import loads
from shared.limits import IDEMPOTENCY_KEY_PATTERN, IDEMPOTENCY_KEY_RULE, MAX_EVENTS

IDEMPOTENCY_KEY = "Idempotency-Key"
_KEY = re.compile(IDEMPOTENCY_KEY_PATTERN)


class BadKey(ValueError):
    """An Idempotency-Key that cannot be part of an event's id; the argument is the reason."""


class BadBody(ValueError):
    """A body without any readable event; the argument says what the body is, such as `is empty`."""

    def __init__(self, reason: str, status: int = 400) -> None:
        self.status = status
        super().__init__(reason)


class Parsed(NamedTuple):
    """The readable events by their index in the body, and the errors of the unreadable ones."""

    events: dict[int, dict[str, Any]]
    errors: list[dict[str, Any]]


def events(request: dict[str, Any], unpack: dict[str, Any] | None = None) -> Parsed:
    """Read the body of an API Gateway proxy event; `unpack` is that of a compiled contract.

    Raises BadBody where nothing can be read.
    """
    text = _text(request)
    if not text.strip():
        raise BadBody("is empty; send one JSON object, a JSON array of objects, or one object a line (NDJSON)")
    if unpack:
        values, most = _unpacked(text, unpack), unpack["max_events"]
    else:
        values, most = _lines(text) if _is_ndjson(request, text) else _json(text), MAX_EVENTS
    if not values:
        raise BadBody("holds no event")
    if len(values) > most:
        raise BadBody(f"holds {len(values)} events; send at most {most} in one request")
    found: dict[int, dict[str, Any]] = {}
    errors = []
    for index, value in enumerate(values):
        if isinstance(value, dict):
            found[index] = value
        else:
            reason = str(value) if isinstance(value, ValueError) else "must be a JSON object"
            errors.append({"index": index, "field": "event", "reason": reason})
    return Parsed(found, errors)


def idempotency_key(request: dict[str, Any]) -> str:
    """The request's Idempotency-Key, with or without the quotation marks of its draft standard; empty if it has none.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/. Raises BadKey.
    """
    given = header(request, IDEMPOTENCY_KEY.lower())
    key = given.strip().removeprefix('"').removesuffix('"')
    if given and not _KEY.fullmatch(key):
        raise BadKey(IDEMPOTENCY_KEY_RULE)
    return key


def header(request: dict[str, Any], name: str) -> str:
    """A header of an API Gateway proxy event, named in small letters; empty where there is none."""
    headers = request.get("headers") or {}
    return next((value for given, value in headers.items() if given.lower() == name), "")


def _unpacked(text: str, unpack: dict[str, Any]) -> list[Any]:
    """The events of a packed body: each with the fields beside the array, where it has none of the same name itself."""
    size, name = len(text.encode()), unpack["array"]
    if size > unpack["max_bytes"]:
        raise BadBody(f"is {size} bytes long; send at most {unpack['max_bytes']} in one request", status=413)
    value = _json(text)
    packed = value[0] if len(value) == 1 else None
    if not isinstance(packed, dict) or not isinstance(packed.get(name), list):
        raise BadBody(f"must be one JSON object with the events in an array {name}")
    array = packed.pop(name)
    return [{**packed, **event} if isinstance(event, dict) else event for event in array]


def _text(request: dict[str, Any]) -> str:
    body = request.get("body") or ""
    if not request.get("isBase64Encoded"):
        return body.removeprefix("\ufeff")
    try:
        return base64.b64decode(body).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadBody(f"is not UTF-8 text (byte {error.start})") from None


def _is_ndjson(request: dict[str, Any], text: str) -> bool:
    content_type = header(request, "content-type")
    if "ndjson" in content_type or "jsonl" in content_type:
        return True
    first, newline, rest = text.strip().partition("\n")
    return bool(newline and rest.strip()) and first.startswith("{") and first.rstrip().endswith("}")


def _lines(text: str) -> list[Any]:
    values: list[Any] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                values.append(loads(line))
            except ValueError as error:
                values.append(ValueError(f"line {number} is not JSON: {error}"))
    return values


def _json(text: str) -> list[Any]:
    try:
        value = loads(text)
    except json.JSONDecodeError as error:
        raise BadBody(f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError as error:
        raise BadBody(f"is not JSON: {error}") from None
    return value if isinstance(value, list) else [value]
