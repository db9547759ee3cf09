"""What a target of a rule gets: the event, a part of it, fixed text, or a template that is filled in.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]")
_PATH = re.compile(rf"\$(?:{_STEP.pattern})*")
_PLACE = re.compile(r'<([\w.-]+)>|\\.|"')
_MISSING = object()


class InputError(ValueError):
    """A path or a template that the local cloud cannot follow; the message says why."""


def check(target: Mapping[str, Any]) -> None:
    """Raises InputError for an input that no event could be brought into."""
    transformer = target.get("InputTransformer") or {}
    for path in (target.get("InputPath") or "$", *(transformer.get("InputPathsMap") or {}).values()):
        if not _PATH.fullmatch(path):
            raise InputError(f"Invalid JSON path {path}")
    given = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name)]
    if len(given) > 1:
        raise InputError("Only one of Input, InputPath, or InputTransformer must be provided")
    if "Input" in target:
        try:
            json.loads(target["Input"])
        except ValueError:
            raise InputError("JSON syntax error in input") from None


def of(target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, str]) -> str:
    """The text that a target gets of an event; `rule` holds the values that templates may name beside the event's."""
    if "Input" in target:
        return str(target["Input"])
    transformer = target.get("InputTransformer")
    if not transformer:
        found = _follow(event, target.get("InputPath") or "$")
        return json.dumps({} if found is _MISSING else found)
    values = {name: _follow(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    return _filled(transformer["InputTemplate"], {**rule, "aws.events.event.json": event, **values})


def _follow(event: Any, path: str) -> Any:
    for name, position, quoted in _STEP.findall(path[1:]):
        key = int(position) if position else name or quoted
        try:
            event = event[key]
        except (KeyError, IndexError, TypeError):
            return _MISSING
    return event


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """Outside of quotation marks a value is put in as JSON, within as text."""
    is_quoted = False

    def fill(match: re.Match[str]) -> str:
        nonlocal is_quoted
        name = match[1]
        if name is None:
            is_quoted ^= match[0] == '"'
            return match[0]
        if name not in values:
            return match[0]
        value = values[name]
        if not is_quoted:
            return "null" if value is _MISSING else json.dumps(value)
        if value is _MISSING:
            return ""
        return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]

    return _PLACE.sub(fill, template)
