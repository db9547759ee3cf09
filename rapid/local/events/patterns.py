"""Event patterns: which events a rule is for.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Test = Callable[[Any], bool]

_MISSING = object()
_COMPARISONS = {"<": operator.lt, "<=": operator.le, "=": operator.eq, ">": operator.gt, ">=": operator.ge}


class PatternError(ValueError):
    """What AWS, or the local cloud, does not take as a pattern; the message says why."""


@lru_cache(maxsize=256)
def parse(text: str) -> Test:
    """Whether an event is as a pattern says. Raises PatternError."""
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
        if isinstance(value, list):
            return any(test(item) for item in value if isinstance(item, dict))
        members = value if isinstance(value, dict) else {}
        return all(test_member(members) for test_member in tests)

    return test


def _member(name: str, wanted: Any) -> Test:
    if name == "$or":
        if not isinstance(wanted, list) or len(wanted) < 2 or not all(isinstance(item, dict) for item in wanted):
            raise PatternError("$or takes a list of two patterns at least")
        choices = [_object(choice) for choice in wanted]
        return lambda members: any(choice(members) for choice in choices)
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

    def test(members: Any) -> bool:
        value = members.get(name, _MISSING)
        values = value if isinstance(value, list) and value else [value]
        return any(test_value(item) for item in values for test_value in tests)

    return test


def _leaf(wanted: Any) -> Test:
    if isinstance(wanted, list):
        raise PatternError("a value in an array is neither an array")
    if not isinstance(wanted, dict):
        return lambda value: _is_same(wanted, value)
    if len(wanted) != 1:
        raise PatternError("Only one key allowed in match expression")
    ((kind, given),) = wanted.items()
    if kind not in _MATCHERS:
        raise PatternError(f"Unrecognized match type {kind}")
    return _MATCHERS[kind](given)


def _is_same(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    return value is not _MISSING and bool(wanted == value)


def _exists(given: Any) -> Test:
    if not isinstance(given, bool):
        raise PatternError("exists match pattern must be either true or false")
    return lambda value: (value is not _MISSING and not isinstance(value, dict)) == given


def _prefix(given: Any) -> Test:
    return _edge(given, "prefix", str.startswith)


def _suffix(given: Any) -> Test:
    return _edge(given, "suffix", str.endswith)


def _edge(given: Any, kind: str, is_edge: Callable[[str, str], bool]) -> Test:
    if isinstance(given, dict) and set(given) == {"equals-ignore-case"}:
        text = _text(given["equals-ignore-case"], kind).lower()
        return lambda value: isinstance(value, str) and is_edge(value.lower(), text)
    text = _text(given, kind)
    return lambda value: isinstance(value, str) and is_edge(value, text)


def _equals_ignore_case(given: Any) -> Test:
    text = _text(given, "equals-ignore-case").lower()
    return lambda value: isinstance(value, str) and value.lower() == text


def _wildcard(given: Any) -> Test:
    text = _text(given, "wildcard")
    if "**" in text:
        raise PatternError("Consecutive wildcard characters are not allowed")
    parts = re.split(r"(\\[*\\]|\*)", text)
    joined = "".join(".*" if part == "*" else re.escape(part[1:] if part in (r"\*", r"\\") else part) for part in parts)
    expression = re.compile(joined, re.DOTALL)
    return lambda value: isinstance(value, str) and expression.fullmatch(value) is not None


def _anything_but(given: Any) -> Test:
    if isinstance(given, dict):
        if len(given) != 1 or not set(given) <= {"prefix", "suffix", "equals-ignore-case", "wildcard"}:
            raise PatternError(f"Unsupported anything-but pattern {json.dumps(given)}")
        ((kind, inner),) = given.items()
        tests = [_MATCHERS[kind](item) for item in (inner if isinstance(inner, list) else [inner])]
    else:
        values = given if isinstance(given, list) else [given]
        if not values or not all(isinstance(value, str | int | float) for value in values):
            raise PatternError("anything-but takes text, a number, or a list of them")
        tests = [_leaf(value) for value in values]
    return lambda value: value is not _MISSING and not any(test(value) for test in tests)


def _numeric(given: Any) -> Test:
    pairs = list(zip(given[::2], given[1::2], strict=False)) if isinstance(given, list) else []
    numbers = all(isinstance(number, int | float) and not isinstance(number, bool) for _, number in pairs)
    if len(pairs) not in (1, 2) or len(given) % 2 or not numbers or any(sign not in _COMPARISONS for sign, _ in pairs):
        raise PatternError("numeric takes one comparison, or a range of two")

    def test(value: Any) -> bool:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and all(_COMPARISONS[sign](value, number) for sign, number in pairs)

    return test


def _cidr(given: Any) -> Test:
    try:
        network = ipaddress.ip_network(_text(given, "cidr"), strict=False)
    except ValueError:
        raise PatternError(f"Malformed CIDR {given}") from None

    def test(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test


def _text(given: Any, kind: str) -> str:
    if not isinstance(given, str):
        raise PatternError(f"{kind} match pattern must be a string")
    return given


_MATCHERS: dict[str, Callable[[Any], Test]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _equals_ignore_case,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
}
