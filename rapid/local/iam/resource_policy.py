"""What a resource's policy lets a service do on behalf of another resource: invoke a function, send to a queue.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from collections.abc import Mapping
from typing import Any

from .matching import UnsupportedElementError, as_list, condition_holds, is_action_like


def allows(policy: Mapping[str, Any], action: str, principal: str, source_arn: str, source_account: str) -> bool:
    """Whether a policy lets a service, by its principal, do something on behalf of a resource.

    A condition that is not known here holds where something is denied and not where it is allowed, so that it never
    lets anyone in.
    """
    context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_account}
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
    try:
        return condition_holds(statement, context)
    except UnsupportedElementError:
        return bool(statement["Effect"] == "Deny")
