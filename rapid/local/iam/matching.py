"""How the elements of a policy's statement match: patterns, lists, conditions.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

# The loopback interface counts as a safe way: what goes over it leaves the machine as little as what TLS protects.
_CONTEXT = {"aws:securetransport": "true"}
_BOOLEAN_KEYS = frozenset({"aws:principalisawsservice", "aws:securetransport"})
_NO_MORE: Mapping[str, str | None] = {}


class UnsupportedElementError(Exception):
    """A policy says something that the local cloud does not know; the message names it."""


def is_like(pattern: str, value: str) -> bool:
    """`*` stands for any number of characters, `?` for one."""
    return _expression(pattern).fullmatch(value) is not None


def is_action_like(pattern: str, action: str) -> bool:
    """As `is_like`; actions do not mind case."""
    return is_like(pattern.lower(), action.lower())


def condition_holds(statement: Mapping[str, Any], context: Mapping[str, str | None] = _NO_MORE) -> bool:
    """Whether a statement's condition holds, where more keys, in small letters, may be known than always are; None: the
    request does not have it, which only a negation matches.

    Raises UnsupportedElementError for a key or an operator that is not known.
    """
    known = {**_CONTEXT, **context}
    for operator, keys in statement.get("Condition", {}).items():
        # Each key has one value, so that "for any of the values" says the same as the operator alone.
        test = _OPERATORS.get(operator.removeprefix("ForAnyValue:"))
        for key, wanted in keys.items():
            is_boolean = key.lower() in _BOOLEAN_KEYS
            if test is None or key.lower() not in known or (operator == "Bool") != is_boolean:
                raise UnsupportedElementError(f"the condition {operator} on {key}")
            value = known[key.lower()]
            if not ("Not" in operator if value is None else test(as_list(wanted), value)):
                return False
    return True


def _is_any_like(wanted: list[Any], value: str) -> bool:
    return any(is_like(pattern, value) for pattern in wanted)


def _is_any_arn_like(wanted: list[Any], value: str) -> bool:
    """ARNs match part by part: a wildcard does not reach over a colon."""
    parts = value.split(":", 5)
    patterns = [pattern.split(":", 5) for pattern in wanted]
    return any(len(each) == len(parts) and all(map(is_like, each, parts)) for each in patterns)


_OPERATORS: Mapping[str, Callable[[list[Any], str], bool]] = {
    "Bool": lambda wanted, value: value in [str(item).lower() for item in wanted],
    "ArnEquals": _is_any_arn_like,
    "ArnLike": _is_any_arn_like,
    "ArnNotLike": lambda wanted, value: not _is_any_arn_like(wanted, value),
    "StringEquals": lambda wanted, value: value in wanted,
    "StringLike": _is_any_like,
    "StringNotLike": lambda wanted, value: not _is_any_like(wanted, value),
}
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition_operators.html"""


def as_list(value: Any) -> list[Any]:
    """A policy's element, which may be one value or a list of them."""
    return value if isinstance(value, list) else [value]


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    text = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.compile(text, re.DOTALL)
