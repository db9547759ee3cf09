"""Mapping templates: Velocity, with the variables that API Gateway gives them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import airspeed

from .context import RequestContext
from .velocity import Map

_PATH = re.compile(r"\$(?:\.[A-Za-z_][\w-]*|\['[^']+'\]|\[\d+\])*")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']+)'\]|\[(\d+)\]")


class TemplateError(Exception):
    """A template that fails on a body; the message says why."""


@dataclass(frozen=True)
class Rendered:
    """What a template wrote, and the status and the headers that it overrides."""

    text: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class MappingTemplate:
    """A template, compiled once."""

    def __init__(self, text: str) -> None:
        """Raises ValueError for what is not Velocity."""
        self.constant = None if re.search(r"[$#\\]", text) else Rendered(text)
        """What it always writes, whatever the body; None where that depends on the request."""
        self._template = airspeed.Template(text)
        try:
            self._template.ensure_compiled()
        except airspeed.TemplateError as error:
            raise ValueError(str(error)) from None

    def render(self, body: str, context: RequestContext) -> Rendered:
        """The text and what it overrides. Raises TemplateError."""
        if self.constant:
            return self.constant
        override = _Once(header=_Once())
        variables = {**context.as_event(), "xrayTraceId": context.trace_id, "responseOverride": override}
        names = {
            "input": _Input(body, context),
            "util": _Util(),
            "context": variables,
            "stageVariables": context.stage_variables,
        }
        try:
            text = self._template.merge(names)
            status = int(override["status"]) if "status" in override else None
        except (airspeed.TemplateError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise TemplateError(f"Execution of the mapping template failed: {error}") from None
        return Rendered(text, status, {name: str(value) for name, value in override["header"].items()})


class _Once(dict[str, Any]):
    """What may be overridden once.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
    """

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self:
            raise TemplateError(f"{name} is overridden twice")
        super().__setitem__(name, value)


class _Input:
    """`$input`: the body and the request's parameters."""

    def __init__(self, body: str, context: RequestContext) -> None:
        self.body = body
        self._context = context
        self._parsed: Any = None

    def json(self, path: str) -> str:
        """The value at a path, as JSON text."""
        return json.dumps(self.path(path), ensure_ascii=False, separators=(",", ":"))

    def path(self, path: str) -> Any:
        """The value at a path; None where there is none."""
        if not _PATH.fullmatch(path):
            raise TemplateError(f"The local cloud supports paths such as $.a.b[0] alone, not {path!r}")
        if self._parsed is None:
            try:
                self._parsed = json.loads(self.body or "{}")
            except (ValueError, RecursionError) as error:
                raise TemplateError(f"Could not parse request body into json: {error}") from None
        found = self._parsed
        for plain, quoted, index in _STEP.findall(path):
            if index:
                found = found[int(index)] if isinstance(found, list) and int(index) < len(found) else None
            else:
                found = found.get(plain or quoted) if isinstance(found, dict) else None
        return found

    def params(self, name: str | None = None) -> Any:
        """A parameter of the request, of the path, the query string, or a header, in this order; or all of them."""
        context = self._context
        if name is not None:
            return context.path_parameters.get(name) or context.request.args.get(name) or context.header(name) or ""
        return {
            "path": Map(context.path_parameters),
            "querystring": Map(context.request.args),
            "header": Map(context.request.headers),
        }


class _Util:
    """`$util`."""

    def base64Encode(self, text: str) -> str:
        """Text as base64 of its UTF-8."""
        return base64.b64encode(text.encode()).decode()

    def base64Decode(self, text: str) -> str:
        """Base64 of UTF-8 as text."""
        return base64.b64decode(text).decode()

    def escapeJavaScript(self, text: str) -> str:
        """Text as the inside of a JavaScript string; a single quotation mark is escaped too."""
        return json.dumps(text)[1:-1].replace("'", "\\'")

    def parseJson(self, text: str) -> Any:
        """JSON text as a value."""
        return json.loads(text)

    def urlEncode(self, text: str) -> str:
        """Text as a part of a URL's query."""
        return quote_plus(text)

    def urlDecode(self, text: str) -> str:
        """A part of a URL's query as text."""
        return unquote_plus(text)
