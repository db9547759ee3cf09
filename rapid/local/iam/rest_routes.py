"""Which operation a REST request is, and its parameters, by the service models of botocore."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.loaders import Loader
from werkzeug import Request

_LABEL = re.compile(r"\{(\w+)(\+?)\}")


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


def find(service: str, request: Request) -> tuple[str, dict[str, str]] | None:
    """The operation and its parameters in path and query string; None where no operation is like the request."""
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
    model = Loader().load_service_model(service, "service-2")
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
