"""What a resource's policy lets a service do on behalf of another resource: invoke a function, send to a queue.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from collections.abc import Mapping
from typing import Any

from .matching import as_list, is_action_like, is_like


def allows(policy: Mapping[str, Any], action: str, principal: str, source_arn: str, source_account: str) -> bool:
    """Whether a policy lets a service, by its principal, do something on behalf of a resource.

    A condition that is not known here holds where something is denied and not where it is allowed, so that it never
    lets anyone in.
    """
    # The loopback interface counts as a safe way.
    context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_account, "aws:securetransport": "true"}
    effects = {
        statement["Effect"]
        for statement in as_list(policy.get("Statement", []))
        if _names(statement.get("Principal"), principal)
        and any(is_action_like(pattern, action) for pattern in as_list(statement.get("Action", [])))
        and _holds(statement, context)
    }
    return effects == {"Allow"}


def _names(principal: Any, service: str) -> bool:
    if not isinstance(principal, dict):
        return bool(principal == "*")
    return service in as_list(principal.get("Service")) or "*" in as_list(principal.get("AWS"))


def _holds(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    is_denial = statement["Effect"] == "Deny"
    return all(
        any(_matches(operator, pattern, context.get(key.lower()), is_denial) for pattern in as_list(patterns))
        for operator, keys in statement.get("Condition", {}).items()
        for key, patterns in keys.items()
    )


def _matches(operator: str, pattern: str, value: str | None, if_unknown: bool) -> bool:
    if value is None:
        return if_unknown
    match operator:
        case "ArnLike" | "ArnEquals":
            # The operators for ARNs match part by part: a wildcard does not reach over a colon.
            patterns, values = pattern.split(":", 5), value.split(":", 5)
            pairs = zip(patterns, values, strict=False)
            return len(patterns) == len(values) and all(is_like(part, given) for part, given in pairs)
        case "StringLike":
            return is_like(pattern, value)
        case "StringEquals":
            return pattern == value
        case "Bool":
            return str(pattern).lower() == value
    return if_unknown
