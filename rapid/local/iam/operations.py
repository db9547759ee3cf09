"""The operation of a request and its parameters, in each of AWS's protocols."""

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from werkzeug import Request

from . import rest_routes

Parameters = dict[str, Any]

PARSED_BODY = "rapid.local.parsed_body"
"""Where the environment of a request in the JSON protocol keeps its parsed body, for whoever needs it next."""


@dataclass(frozen=True)
class Operation:
    """An operation of a service, by the service's signing name, with its parameters as far as they name resources."""

    service: str
    name: str
    parameters: Parameters


def of(request: Request, service: str) -> Operation | None:
    """The operation of a request; None where it cannot be told. The request can be read again afterwards."""
    target = request.headers.get("X-Amz-Target")
    if target:
        parsed = request.environ[PARSED_BODY] = _json(_body(request))
        return Operation(service, target.rpartition(".")[2], parsed)
    form = dict(request.args)
    if request.mimetype == "application/x-www-form-urlencoded":
        form |= dict(parse_qsl(_body(request).decode(errors="replace"), keep_blank_values=True))
    if "Action" in form:
        return Operation(service, form["Action"], form)
    found = rest_routes.find(service, request)
    if found is None:
        return None
    name, parameters = found
    return Operation(service, name, {**_outside_path(service, name, request), **parameters})


def _outside_path(service: str, name: str, request: Request) -> Parameters:
    """What names resources in headers and body; an object's content and a function's payload stay unread."""
    if name == "DeleteObjects":
        return {"Body": _body(request)}
    if service == "s3":
        source = request.headers.get("X-Amz-Copy-Source")
        return {"CopySource": source} if source else {}
    return {} if name == "Invoke" else _json(_body(request))


def _body(request: Request) -> bytes:
    content = request.environ["wsgi.input"].read(int(request.environ.get("CONTENT_LENGTH") or 0))
    request.environ["wsgi.input"] = BytesIO(content)
    return bytes(content)


def _json(content: bytes) -> Parameters:
    try:
        parsed = json.loads(content or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
