"""Which method of an API a path and an HTTP method mean.

A literal part of a path goes before a parameter, and a parameter before a greedy one:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from .api import ANY, Method

_PARAMETER = re.compile(r"\{(?P<name>[\w.-]+)(?P<greedy>\+?)\}")


@dataclass(frozen=True)
class Route:
    """A method, and the parameters in the path."""

    method: Method
    path_parameters: dict[str, str]


class Router:
    """Finds methods."""

    def __init__(self, methods: Mapping[str, Mapping[str, Method]]) -> None:
        self._methods = methods
        ordered = sorted((path for path in methods if "{" in path), key=_specificity)
        self._patterns = [(_pattern(path), path) for path in ordered]

    def find(self, http_method: str, raw_path: str) -> Route | None:
        """The route of a request; None where there is none."""
        path = raw_path.rstrip("/") or "/"
        if path in self._methods:
            return self._route(path, http_method, {})
        for pattern, candidate in self._patterns:
            if match := pattern.fullmatch(path):
                names = [parameter["name"] for parameter in _PARAMETER.finditer(candidate)]
                values = [unquote(value) for value in match.groups()]
                return self._route(candidate, http_method, dict(zip(names, values, strict=True)))
        return None

    def _route(self, path: str, http_method: str, parameters: dict[str, str]) -> Route | None:
        method = self._methods[path].get(http_method) or self._methods[path].get(ANY)
        return Route(method, parameters) if method else None


def _specificity(path: str) -> list[tuple[int, str]]:
    ranks = []
    for part in path.split("/"):
        parameter = _PARAMETER.fullmatch(part)
        ranks.append((0 if not parameter else 2 if parameter["greedy"] else 1, part))
    return ranks


def _pattern(path: str) -> re.Pattern[str]:
    parts = []
    for part in path.split("/"):
        parameter = _PARAMETER.fullmatch(part)
        parts.append(re.escape(part) if not parameter else "(.+)" if parameter["greedy"] else "([^/]+)")
    return re.compile("/".join(parts))
