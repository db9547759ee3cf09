"""What a resource's policy lets a service do on behalf of another resource: invoke a function, send to a queue.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from collections.abc import Mapping
from typing import Any

from .matching import UnsupportedElementError, as_list, condition_holds, is_action_like, is_like

_NO_MORE: Mapping[str, str] = {}


def allows(
    policy: Mapping[str, Any],
    action: str,
    principal: str,
    source_arn: str,
    source_account: str,
    resource: str = "",
    more: Mapping[str, str] = _NO_MORE,
    services_alone: bool = False,
) -> bool:
    """Whether a policy lets a service, by its principal, do something on behalf of a resource.

    `resource` is what it is done to, where the policy is asked for that; `more` are further keys of conditions;
    `services_alone`: whether a wildcard for accounts is none for services. A condition that is not known here holds
    where something is denied and not where it is allowed, so that it never lets anyone in.
    """
    context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_account, **more}
    effects = {
        statement["Effect"]
        for statement in as_list(policy.get("Statement", []))
        if _names(statement.get("Principal"), principal, services_alone)
        and any(is_action_like(pattern, action) for pattern in as_list(statement.get("Action", [])))
        and (not resource or any(is_like(pattern, resource) for pattern in as_list(statement.get("Resource", "*"))))
        and _holds(statement, context)
    }
    return effects == {"Allow"}


def _names(principal: Any, service: str, services_alone: bool) -> bool:
    if not isinstance(principal, dict):
        return bool(principal == "*")
    is_wild = "*" in as_list(principal.get("AWS")) and not services_alone
    return service in as_list(principal.get("Service")) or is_wild


def _holds(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    try:
        return condition_holds(statement, context)
    except UnsupportedElementError:
        return bool(statement["Effect"] == "Deny")
