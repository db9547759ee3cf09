"""Rules of a web ACL: which requests they mean, and what of AWS WAF the local cloud does not have, refused by name.

https://docs.aws.amazon.com/waf/latest/APIReference/API_Statement.html
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ..service_error import ServiceError, unsupported

Matches = Callable[[str], bool]
"""Whether a statement means a request, by the path of its URI."""

_WINDOWS = (60, 120, 300, 600)
_DEFAULT_WINDOW_SECONDS = 300
_MAX_SEARCH_BYTES = 200
_POSITIONS: Mapping[str, Callable[[str, str], bool]] = {
    "EXACTLY": lambda text, wanted: text == wanted,
    "STARTS_WITH": lambda text, wanted: text.startswith(wanted),
    "ENDS_WITH": lambda text, wanted: text.endswith(wanted),
    "CONTAINS": lambda text, wanted: wanted in text,
}
_TRANSFORMATIONS: Mapping[str, Callable[[str], str]] = {
    "NONE": lambda text: text,
    "URL_DECODE": unquote,
}


@dataclass(frozen=True)
class RateRule:
    """A rule that blocks addresses which send more than `limit` requests in `window_seconds`."""

    name: str
    limit: int
    window_seconds: int
    scope: str
    """What it is narrowed down to, as text that is the same for the same statement."""
    matches: Matches


def rules(given: Sequence[Mapping[str, Any]]) -> tuple[RateRule, ...]:
    """The rules of a web ACL in the order in which they are asked. Raises ServiceError."""
    priorities, names = [rule["Priority"] for rule in given], [rule["Name"] for rule in given]
    for kind, values in (("PRIORITY", priorities), ("NAME", names)):
        if len(set(values)) < len(values):
            raise _invalid(f"You have used the same value twice, field: RULE_{kind}, parameter: {values}")
    return tuple(_rule(rule) for rule in sorted(given, key=lambda rule: rule["Priority"]))


def check_default_action(given: Mapping[str, Any]) -> None:
    """Check that what no rule holds back is allowed. Raises ServiceError."""
    if given != {"Allow": {}}:
        raise unsupported(f"DefaultAction {_named(given)}; use Allow without custom headers")


def _rule(rule: Mapping[str, Any]) -> RateRule:
    known = {"Name", "Priority", "Statement", "Action", "VisibilityConfig"}
    if unknown := sorted(name for name in rule.keys() - known if rule[name]):
        raise unsupported(f"{', '.join(unknown)} of rule {rule['Name']}")
    if rule.get("Action") != {"Block": {}}:
        raise unsupported(f"action {_named(rule.get('Action') or {})} of rule {rule['Name']}; use Block as it is")
    kind, statement = _only(rule["Statement"], rule["Name"])
    if kind != "RateBasedStatement":
        raise unsupported(f"{kind} of rule {rule['Name']}; use RateBasedStatement")
    return _rate_based(rule["Name"], statement)


def _rate_based(name: str, statement: Mapping[str, Any]) -> RateRule:
    if statement["AggregateKeyType"] != "IP" or statement.keys() & {"ForwardedIPConfig", "CustomKeys"}:
        raise unsupported(f"AggregateKeyType {statement['AggregateKeyType']} of rule {name}; use IP")
    window = statement.get("EvaluationWindowSec", _DEFAULT_WINDOW_SECONDS)
    if window not in _WINDOWS:
        raise _invalid(
            f"EvaluationWindowSec must be one of {_WINDOWS}, field: RATE_BASED_STATEMENT, parameter: {window}"
        )
    scope = statement.get("ScopeDownStatement")
    matches = _scope(scope, name) if scope else lambda _path: True
    return RateRule(name, statement["Limit"], window, repr(scope), matches)


def _scope(statement: Mapping[str, Any], rule: str) -> Matches:
    kind, inner = _only(statement, rule)
    if kind == "OrStatement":
        return _any_of(inner["Statements"], rule)
    if kind != "ByteMatchStatement":
        raise unsupported(f"{kind} in rule {rule}; use ByteMatchStatement, or an OrStatement of such")
    return _byte_match(inner, rule)


def _any_of(statements: Sequence[Mapping[str, Any]], rule: str) -> Matches:
    if len(statements) < 2:
        # https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-or.html
        raise _invalid(f"An OR statement needs at least two nested statements, field: OR_STATEMENT, parameter: {rule}")
    each = [_scope(statement, rule) for statement in statements]
    return lambda path: any(matches(path) for matches in each)


def _byte_match(statement: Mapping[str, Any], rule: str) -> Matches:
    if statement["FieldToMatch"] != {"UriPath": {}}:
        raise unsupported(f"FieldToMatch {_named(statement['FieldToMatch'])} in rule {rule}; use UriPath")
    position = statement["PositionalConstraint"]
    if position not in _POSITIONS:
        raise unsupported(f"PositionalConstraint {position} in rule {rule}; use one of {', '.join(_POSITIONS)}")
    kinds = [item["Type"] for item in sorted(statement["TextTransformations"], key=lambda item: item["Priority"])]
    if unknown := [kind for kind in kinds if kind not in _TRANSFORMATIONS]:
        raise unsupported(f"TextTransformation {unknown[0]} in rule {rule}; use one of {', '.join(_TRANSFORMATIONS)}")
    wanted = base64.b64decode(statement["SearchString"])
    if not 0 < len(wanted) <= _MAX_SEARCH_BYTES:
        # https://docs.aws.amazon.com/waf/latest/developerguide/limits.html
        raise _invalid(
            f"A string to match is 1 to {_MAX_SEARCH_BYTES} bytes, field: SEARCH_STRING, parameter: {wanted!r}"
        )
    text, compare = wanted.decode(errors="replace"), _POSITIONS[position]

    def matches(path: str) -> bool:
        for kind in kinds:
            path = _TRANSFORMATIONS[kind](path)
        return compare(path, text)

    return matches


def _only(statement: Mapping[str, Any], rule: str) -> tuple[str, Mapping[str, Any]]:
    """The one kind of statement that a statement is, and what stands in it."""
    given = [(kind, inner) for kind, inner in statement.items() if inner is not None]
    if len(given) != 1:
        message = "You have used none or multiple values for a field that requires exactly one value"
        raise _invalid(f"{message}, field: STATEMENT, parameter: {rule}")
    return given[0]


def _named(given: Mapping[str, Any]) -> str:
    return ", ".join(given) or "none"


def _invalid(reason: str) -> ServiceError:
    return ServiceError("WAFInvalidParameterException", f"Error reason: {reason}")
