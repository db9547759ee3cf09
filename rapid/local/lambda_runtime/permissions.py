"""What a resource's policy lets a service do on behalf of another resource: invoke a function, send to a queue.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

import re
from collections.abc import Iterable, Set
from typing import Any

_INVOKE = frozenset({"lambda:invokefunction", "lambda:*", "*"})


def allows(
    policy: dict[str, Any], principal: str, source_arn: str, source_account: str, actions: Set[str] = _INVOKE
) -> bool:
    """Whether a policy lets a service do something (invoke the function) on behalf of a resource.

    `actions` are the small-letter names under which a statement may allow it.

    A condition that is not known here does not hold, so it never lets anyone in.
    """
    context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_account}
    statements = [
        statement
        for statement in _list(policy.get("Statement"))
        if _names(statement.get("Principal"), principal)
        and any(action.lower() in actions for action in _list(statement.get("Action")))
        and _holds(statement.get("Condition", {}), context)
    ]
    return bool(statements) and all(statement["Effect"] == "Allow" for statement in statements)


def _names(principal: Any, service: str) -> bool:
    if not isinstance(principal, dict):
        return bool(principal == "*")
    return service in _list(principal.get("Service")) or "*" in _list(principal.get("AWS"))


def _holds(condition: dict[str, dict[str, Any]], context: dict[str, str]) -> bool:
    return all(
        any(_matches(operator, pattern, context.get(key.lower())) for pattern in _list(patterns))
        for operator, keys in condition.items()
        for key, patterns in keys.items()
    )


def _matches(operator: str, pattern: str, value: str | None) -> bool:
    if value is None:
        return False
    if operator in ("ArnLike", "ArnEquals"):
        # The operators for ARNs match part by part: a wildcard does not reach over a colon.
        patterns, values = pattern.split(":", 5), value.split(":", 5)
        pairs = zip(patterns, values, strict=False)
        return len(patterns) == len(values) and all(_like(part, given) for part, given in pairs)
    if operator == "StringLike":
        return _like(pattern, value)
    return operator == "StringEquals" and pattern == value


def _like(pattern: str, value: str) -> bool:
    """`*` stands for any number of characters, `?` for one."""
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _list(value: Any) -> Iterable[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
