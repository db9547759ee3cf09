"""airspeed, made to read and write templates as API Gateway's engine does: Apache Velocity, with Java's values.

https://velocity.apache.org/engine/1.7/vtl-reference.html
"""

import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

import airspeed

MAX_ITERATIONS = 1_000
"""Of a `#foreach`; those past it are left out
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html)."""
_API_GATEWAYS_OWN = {"context", "input", "stageVariables", "util"}
_NEVER = re.compile(r"((?!))")


class Map(dict[str, Any]):
    """A map that gives empty text for what it does not hold."""

    def get(self, key: str, default: Any = "") -> Any:
        """The value of a key."""
        return super().get(key, default)


def java_text(value: Any) -> str:
    """A value as a template writes it."""
    if value is None or isinstance(value, bool | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={java_text(item)}" for key, item in value.items()) + "}"
    return str(value)


def _write_reference(reference: Any, stream: Any, namespace: Any, loader: Any) -> None:
    value = reference.expression.calculate(namespace, loader) if reference.expression else None
    if value is None:
        is_known = reference.expression and reference.expression.part.name in _API_GATEWAYS_OWN
        stream.write("" if is_known or reference.silent else reference.my_text())
    else:
        stream.write(java_text(value))


def _repeat(directive: Any, stream: Any, namespace: Any, loader: Any) -> None:
    items = directive.value.calculate(namespace, loader)
    if items is None or isinstance(items, str):
        return
    values = list(items.values() if isinstance(items, Mapping) else items)
    for count, item in enumerate(itertools.islice(values, MAX_ITERATIONS), start=1):
        inner = airspeed.LocalNamespace(namespace)
        has_next = count < len(values)
        inner["velocityCount"], inner["velocityHasNext"] = count, has_next
        inner["foreach"] = {
            "count": count,
            "index": count - 1,
            "hasNext": has_next,
            "first": count == 1,
            "last": not has_next,
        }
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
    airspeed.ForeachDirective.evaluate_raw = _repeat
    methods = airspeed.__additional_methods__
    methods[str] |= {
        "equals": lambda text, other: text == other,
        "equalsIgnoreCase": lambda text, other: text.lower() == other.lower(),
        "isEmpty": lambda text: not text,
        "endsWith": lambda text, end: text.endswith(end),
        "indexOf": lambda text, part: text.find(part),
        "matches": lambda text, pattern: re.fullmatch(pattern, text) is not None,
        "substring": lambda text, begin, end=None: text[begin:end],
        "toLowerCase": lambda text: text.lower(),
        "toString": lambda text: text,
        "toUpperCase": lambda text: text.upper(),
        "trim": lambda text: text.strip(),
    }
    methods[list] |= {"isEmpty": lambda items: not items, "toString": java_text}
    methods[dict] |= {
        "containsKey": lambda items, key: key in items,
        "entrySet": lambda items: [{"key": key, "value": value} for key, value in items.items()],
        "size": len,
        "toString": java_text,
    }
    methods[Map] = methods[dict]


_as_java()
