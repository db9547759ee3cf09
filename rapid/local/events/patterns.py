"""Event patterns: which events a rule is for.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ..service_error import unsupported

Test = Callable[[Any], bool]

_MISSING = object()


class PatternError(ValueError):
    """What AWS does not take as a pattern; the message says why."""


@lru_cache(maxsize=256)
def parse(text: str) -> Test:
    """Whether an event is as a pattern says. Raises PatternError, and ServiceError for what is not supported here."""
    try:
        pattern = json.loads(text)
    except ValueError:
        raise PatternError("it is not JSON") from None
    if not isinstance(pattern, dict):
        raise PatternError("it is not an object")
    if not pattern:
        raise PatternError("Empty patterns are not allowed")
    return _object(pattern)


def _object(pattern: Mapping[str, Any]) -> Test:
    tests = [_member(name, wanted) for name, wanted in pattern.items()]

    def test(value: Any) -> bool:
        members = value if isinstance(value, dict) else {}
        return all(test_member(members) for test_member in tests)

    return test


def _member(name: str, wanted: Any) -> Test:
    if name == "$or":
        raise unsupported("event patterns with $or")
    if isinstance(wanted, dict):
        if not wanted:
            raise PatternError("Empty objects are not allowed")
        inner = _object(wanted)
        return lambda members: inner(members.get(name))
    if not isinstance(wanted, list):
        raise PatternError(f'"{name}" must be an object or an array')
    if not wanted:
        raise PatternError(f'Empty arrays are not allowed ("{name}")')
    tests = [_leaf(item) for item in wanted]
    return lambda members: any(test(members.get(name, _MISSING)) for test in tests)


def _leaf(wanted: Any) -> Test:
    if not isinstance(wanted, dict):
        if not isinstance(wanted, str):
            raise unsupported(f"event patterns with {json.dumps(wanted)}, but with text alone")
        return lambda value: bool(value == wanted)
    if len(wanted) != 1:
        raise PatternError("Only one key allowed in match expression")
    ((kind, given),) = wanted.items()
    if kind == "prefix" and isinstance(given, str):
        return lambda value: isinstance(value, str) and value.startswith(given)
    if kind == "anything-but" and isinstance(given, dict):
        test = _leaf(given)
        return lambda value: value is not _MISSING and not test(value)
    raise unsupported(f"event patterns with {json.dumps(wanted)}; it knows text, prefix, and anything-but a prefix")
