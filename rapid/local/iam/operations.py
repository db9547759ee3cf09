"""The operation of a request and its parameters, in each of AWS's protocols; REST by the service models of botocore."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, unquote

from werkzeug import Request

from ..service_error import MODELS, ServiceError
from ..service_models import loader

Parameters = dict[str, Any]

_PARSED_BODY = "rapid.local.parsed_body"
"""Where the environment of a request in the JSON protocol keeps its parsed body, for whoever needs it next."""
_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True)
class Operation:
    """An operation of a service, by the service's signing name, with its parameters as far as they name resources."""

    service: str
    name: str
    parameters: Parameters


@dataclass(frozen=True)
class _Route:
    operation: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str]
    """What must stand in the query string; an empty value stands for any."""
    headers: frozenset[str]
    parameters: Mapping[str, str]
    """Names of members of the input by their names in the query string."""

    @property
    def rank(self) -> tuple[int, int]:
        """The route that asks for most is the request's."""
        return len(self.query) + len(self.headers), -self.path.groups


def of(request: Request, service: str) -> Operation | None:
    """The operation of a request; None where it cannot be told. The request can be read again afterwards."""
    target = request.headers.get("X-Amz-Target")
    if target:
        parsed = request.environ[_PARSED_BODY] = _json(_body(request))
        return Operation(service, target.rpartition(".")[2], parsed)
    form = dict(request.args)
    if request.mimetype == "application/x-www-form-urlencoded":
        form |= dict(parse_qsl(_body(request).decode(errors="replace"), keep_blank_values=True))
    if "Action" in form:
        return Operation(service, form["Action"], form)
    found = rest_operation(service, request)
    if found is None:
        return None
    name, parameters = found
    return Operation(service, name, {**_outside_path(service, name, request), **parameters})


def json_body(request: Request) -> Parameters:
    """The body of a request in the JSON protocol. Raises ServiceError where it is none."""
    parsed: Parameters = request.environ.get(_PARSED_BODY) or {}
    if parsed:
        return parsed
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", f"The request body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise ServiceError("SerializationException", "The request body is not a JSON object")
    return body


def rest_operation(service: str, request: Request) -> tuple[str, dict[str, str]] | None:
    """The operation of a REST request and its parameters in path and query string; None where none is like it."""
    path = request.environ.get("RAW_URI", request.path).split("?", 1)[0]
    query = dict(parse_qsl(request.query_string.decode(), keep_blank_values=True))
    for route in _routes(service).get(request.method, ()):
        # What costs least comes first.
        if not _has_query(route, query) or not all(name in request.headers for name in route.headers):
            continue
        if matched := route.path.fullmatch(path):
            labels = {name: unquote(value) for name, value in matched.groupdict().items()}
            return route.operation, labels | {route.parameters.get(name, name): value for name, value in query.items()}
    return None


def _has_query(route: _Route, query: Mapping[str, str]) -> bool:
    if not route.query.keys() <= query.keys():
        return False
    return all(value in ("", query[name]) for name, value in route.query.items())


@lru_cache
def _routes(service: str) -> dict[str, list[_Route]]:
    """By method, those that ask for most first."""
    model = loader().load_service_model(MODELS.get(service, service), "service-2")
    shapes = model["shapes"]
    found = [
        _route(name, operation["http"], shapes.get(operation.get("input", {}).get("shape"), {}))
        for name, operation in model["operations"].items()
    ]
    methods: dict[str, list[_Route]] = {}
    for route in sorted(found, key=lambda route: route.rank, reverse=True):
        methods.setdefault(route.method, []).append(route)
    return methods


def _route(operation: str, http: Mapping[str, str], shape: Mapping[str, Any]) -> _Route:
    path, _, fixed = http["requestUri"].partition("?")
    members = shape.get("members", {})
    query = dict(parse_qsl(fixed, keep_blank_values=True))
    headers = set()
    for name in shape.get("required", ()):
        match members[name].get("location"):
            case "querystring":
                query.setdefault(members[name].get("locationName", name), "")
            case "header":
                headers.add(members[name].get("locationName", name))
    parameters = {
        member.get("locationName", name): name
        for name, member in members.items()
        if member.get("location") == "querystring"
    }
    return _Route(operation, http["method"], _pattern(path), query, frozenset(headers), parameters)


def _pattern(path: str) -> re.Pattern[str]:
    text, end = "", 0
    for label in _LABEL.finditer(path):
        text += re.escape(path[end : label.start()]) + f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})"
        end = label.end()
    return re.compile(text + re.escape(path[end:]) + "/?")


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
