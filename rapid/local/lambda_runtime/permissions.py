"""Who may invoke a function, by the function's resource-based policy.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

import re
from collections.abc import Iterable
from typing import Any

_ACTIONS = {"lambda:InvokeFunction", "lambda:*", "*"}


def allows(policy: dict[str, Any], principal: str, source_arn: str, source_account: str) -> bool:
    """Whether a policy lets a service invoke the function on behalf of a resource.

    A condition that is not known here does not hold, so it never lets anyone in.
    """
    context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_account}
    statements = [
        statement
        for statement in _list(policy.get("Statement"))
        if _names(statement.get("Principal"), principal)
        and _ACTIONS.intersection(_list(statement.get("Action")))
        and _holds(statement.get("Condition", {}), context)
    ]
    return bool(statements) and all(statement["Effect"] == "Allow" for statement in statements)


def _names(principal: Any, service: str) -> bool:
    return principal == "*" or (isinstance(principal, dict) and service in _list(principal.get("Service")))


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
