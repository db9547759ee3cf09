"""Mapping templates: Velocity as far as the API's definition uses it, with the variables that API Gateway gives them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html and
https://velocity.apache.org/engine/1.7/vtl-reference.html; airspeed is made to read and write as Velocity does.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import airspeed

from .context import RequestContext

_PATH = re.compile(r"\$(?:\.[A-Za-z_][\w-]*|\['[^']+'\]|\[\d+\])*")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']+)'\]|\[(\d+)\]")
_DIRECTIVE = re.compile(r"#\{?([a-z@]+)")
_METHOD = re.compile(r"\.(\w+)\(")
_OWN_VARIABLE = re.compile(r"\$!?\{?(stageVariables|input\.\w+|util\.\w+|context\.requestOverride\.\w+)")
_SUPPORTED = {
    *("#set", "#if", "#elseif", "#else", "#end", "#foreach"),
    *("$input.body", "$input.json", "$input.params", "$input.path", "$util.base64Encode"),
    "$context.requestOverride.path",
    *(".json()", ".params()", ".path()", ".base64Encode()"),
    *(".contains()", ".length()", ".matches()", ".replace()", ".startsWith()", ".size()"),
}
_MAX_ROUNDS = 1000
"""Of `#foreach`: Velocity ends it there without a word, so that what comes after is missing.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""
_API_GATEWAYS_OWN = {"context", "input", "util"}
_NEVER = re.compile(r"((?!))")


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
        """Raises ValueError for what is not Velocity, or what the local cloud does not support of it."""
        _check_supported(text)
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
        override, stashed = _Once(header=_Once()), context.request_override
        variables = {
            **context.as_event(),
            "xrayTraceId": context.trace_id,
            "requestOverride": {"path": _Once(stashed)},
            "responseOverride": override,
        }
        names = {"input": _Input(body, context), "util": _Util(), "context": variables}
        try:
            text = self._template.merge(names)
            status = int(override["status"]) if "status" in override else None
        except (airspeed.TemplateError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise TemplateError(f"Execution of the mapping template failed: {error}") from None
        stashed.update(variables["requestOverride"]["path"])
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
        """The value at a path, as JSON text; `null` where there is none."""
        return json.dumps(self.path(path), ensure_ascii=False, separators=(",", ":"))

    def path(self, path: str) -> Any:
        """The value at a path, as an object of the template language; None where there is none."""
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

    def params(self, name: str) -> str:
        """A parameter of the query string, or a header; empty where there is none."""
        return self._context.request.args.get(name) or self._context.header(name) or ""


class _Util:
    """`$util`."""

    def base64Encode(self, text: str) -> str:
        """Text as base64 of its UTF-8."""
        return base64.b64encode(text.encode()).decode()


def _check_supported(text: str) -> None:
    """Raises ValueError that names a directive, a variable or a method that no template of the stack uses."""
    used = {f"#{name}" for name in _DIRECTIVE.findall(text)} | {f".{name}()" for name in _METHOD.findall(text)}
    used |= {f"${name}" for name in _OWN_VARIABLE.findall(text)}
    unknown = sorted(used - _SUPPORTED)
    if unknown:
        raise ValueError(f"the local cloud does not support {', '.join(unknown)}")


def _write_reference(reference: Any, stream: Any, namespace: Any, loader: Any) -> None:
    value = reference.expression.calculate(namespace, loader) if reference.expression else None
    if value is None:
        is_known = reference.expression and reference.expression.part.name in _API_GATEWAYS_OWN
        stream.write("" if is_known or reference.silent else reference.my_text())
    elif isinstance(value, dict | list):
        raise TemplateError(
            f"The local cloud does not write {reference.my_text()}, an object, as Java does; use $input.json"
        )
    else:
        stream.write(json.dumps(value) if isinstance(value, bool) else str(value))


def _loop(directive: Any, stream: Any, namespace: Any, loader: Any) -> None:
    items = directive.value.calculate(namespace, loader)
    if not isinstance(items, list):
        raise TemplateError("The local cloud supports #foreach of arrays alone")
    for index, item in enumerate(items[:_MAX_ROUNDS]):
        inner = airspeed.LocalNamespace(namespace)
        inner["foreach"] = {"index": index, "count": index + 1, "hasNext": index + 1 < len(items)}
        inner[directive.loop_var_name] = item
        directive.block.evaluate(stream, inner, loader)


def _as_java() -> None:
    # Names may hold hyphens, as in $context.responseOverride.header.Retry-After, and strings have no escapes.
    airspeed.NameOrCall.NAME = re.compile(r"([_a-z][a-z0-9_-]*)", re.IGNORECASE)
    airspeed.SetDirective.PLACE = re.compile(r"\s*\$\{?([a-z_][\w-]*(?:\.[a-z_][\w-]*)*)\}?", re.IGNORECASE)
    airspeed.StringLiteral.STRING = re.compile(r"'([^']*)'")
    airspeed.InterpolatedStringLiteral.STRING = re.compile(r'"([^"]*)"')
    airspeed.StringLiteral.ESCAPED_CHAR = airspeed.InterpolatedStringLiteral.ESCAPED_CHAR = _NEVER
    airspeed.FormalReference.evaluate_raw = _write_reference
    airspeed.ForeachDirective.evaluate_raw = _loop
    airspeed.__additional_methods__[str]["matches"] = lambda text, pattern: re.fullmatch(pattern, text) is not None


_as_java()
