"""The events in a request's body: one JSON object, a JSON array of objects, or NDJSON (one object a line)."""

import base64
import json
from typing import Any, NamedTuple

from shared.envelope import loads

MAX_EVENTS = 500


class BadBody(ValueError):
    """A body without any readable event; the argument says what the body is, such as `is empty`."""


class Parsed(NamedTuple):
    """The readable events by their index in the body, and the errors of the unreadable ones."""

    events: dict[int, dict[str, Any]]
    errors: list[dict[str, Any]]


def events(request: dict[str, Any]) -> Parsed:
    """Read the body of an API Gateway proxy event. Raises BadBody where nothing can be read."""
    text = _text(request)
    if not text.strip():
        raise BadBody("is empty; send one JSON object, a JSON array of objects, or one object a line (NDJSON)")
    values = _lines(text) if _is_ndjson(request, text) else _json(text)
    if not values:
        raise BadBody("holds no event")
    if len(values) > MAX_EVENTS:
        raise BadBody(f"holds {len(values)} events; send at most {MAX_EVENTS} in one request")
    found: dict[int, dict[str, Any]] = {}
    errors = []
    for index, value in enumerate(values):
        if isinstance(value, dict):
            found[index] = value
        else:
            reason = str(value) if isinstance(value, ValueError) else "must be a JSON object"
            errors.append({"index": index, "field": "event", "reason": reason})
    return Parsed(found, errors)


def header(request: dict[str, Any], name: str) -> str:
    """A header of an API Gateway proxy event, named in small letters; empty where there is none."""
    headers = request.get("headers") or {}
    return next((value for given, value in headers.items() if given.lower() == name), "")


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
