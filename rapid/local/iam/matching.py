"""How the elements of a policy's statement match: patterns, lists, conditions.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

# The loopback interface counts as a safe way: what goes over it leaves the machine as little as what TLS protects.
_CONTEXT = {"aws:securetransport": "true"}


class UnsupportedElementError(Exception):
    """A policy says something that the local cloud does not know; the message names it."""


def is_like(pattern: str, value: str) -> bool:
    """`*` stands for any number of characters, `?` for one."""
    return _expression(pattern).fullmatch(value) is not None


def is_action_like(pattern: str, action: str) -> bool:
    """As `is_like`; actions do not mind case."""
    return is_like(pattern.lower(), action.lower())


def condition_holds(statement: Mapping[str, Any]) -> bool:
    """Whether a statement's condition holds. Raises UnsupportedElementError for a key that is not known."""
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            if operator != "Bool" or key.lower() not in _CONTEXT:
                raise UnsupportedElementError(f"the condition {operator} on {key}")
            if _CONTEXT[key.lower()] not in [str(value).lower() for value in as_list(wanted)]:
                return False
    return True


def claims_hold(statement: Mapping[str, Any], claims: Mapping[str, str]) -> bool:
    """Whether a trust policy's condition holds for the claims of an identity. Raises UnsupportedElementError.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition_operators.html
    """
    for operator, keys in statement.get("Condition", {}).items():
        # Each claim is one value, so that "for any of the values" says the same as the operator alone.
        alone = operator.removeprefix("ForAnyValue:")
        for key, wanted in keys.items():
            if alone not in ("StringEquals", "StringLike") or key not in claims:
                raise UnsupportedElementError(f"the condition {operator} on {key}")
            matches = is_like if alone == "StringLike" else str.__eq__
            if not any(matches(value, claims[key]) for value in as_list(wanted)):
                return False
    return True


def as_list(value: Any) -> list[Any]:
    """A policy's element, which may be one value or a list of them."""
    return value if isinstance(value, list) else [value]


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    text = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.compile(text, re.DOTALL)
