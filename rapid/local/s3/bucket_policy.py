"""What a bucket's policy says of an action; moto reads neither conditions nor principals.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html. Where moto asks, of the
caller only the ARN of the role, or of the root user, is known, so a policy that denies something to one principal alone
is refused rather than ignored.
"""

import json
from collections.abc import Callable, Set
from contextvars import ContextVar
from enum import Enum
from typing import Any

from ..clients import ACCOUNT_ID
from ..iam.matching import UnsupportedElementError, as_list, condition_holds, is_action_like, is_like
from ..service_error import ServiceError

ASKING: ContextVar[str] = ContextVar("asking", default="")
"""The role, or the root user, that signed the request which is being answered; empty where nobody did."""


class Verdict(Enum):
    """What a policy says."""

    ALLOW = "allow"
    DENY = "deny"
    NOTHING = "nothing"


def verdict(
    policy: str,
    action: str,
    resource: str,
    principals: Set[str] = frozenset(),
    principal_arn: str = "",
    on_behalf_of: str = "",
) -> Verdict:
    """What a policy says of an action on a resource to a caller, who goes by any of `principals`.

    `principal_arn`: the role, or the root user, of a caller who signed; empty where nobody did. `on_behalf_of`: the ARN
    of the resource for which a service asks by itself; empty for all other callers. Raises ServiceError for what is not
    supported, by name.
    """
    try:
        statements = [
            statement
            for statement in as_list(json.loads(policy)["Statement"])
            if _concerns(statement, "Action", action, is_action_like)
            and _concerns(statement, "Resource", resource, is_like)
            and condition_holds(statement, _context(principal_arn, on_behalf_of))
        ]
        if any(_denies(statement, principals) for statement in statements):
            return Verdict.DENY
    except UnsupportedElementError as element:
        raise ServiceError(
            "NotImplemented", f"The local cloud does not support bucket policies with {element}", 501
        ) from None
    if any(statement["Effect"] == "Allow" and _is_for(statement, principals) for statement in statements):
        return Verdict.ALLOW
    return Verdict.NOTHING


def _context(principal_arn: str, on_behalf_of: str) -> dict[str, str | None]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html."""
    is_service = "false" if principal_arn else None
    return {
        "aws:principalarn": principal_arn or None,
        "aws:principalisawsservice": "true" if on_behalf_of else is_service,
        "aws:sourcearn": on_behalf_of or None,
        "aws:sourceaccount": ACCOUNT_ID if on_behalf_of else None,
    }


def _denies(statement: dict[str, Any], principals: Set[str]) -> bool:
    if statement["Effect"] != "Deny":
        return False
    if _is_for(statement, principals):
        return True
    if not principals or "NotPrincipal" in statement:
        principal = statement.get("Principal") or statement.get("NotPrincipal")
        raise UnsupportedElementError(f"denying something to {json.dumps(principal)} alone")
    return False


def _is_for(statement: dict[str, Any], principals: Set[str]) -> bool:
    principal = statement.get("Principal")
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    named = as_list(principal.get("AWS", []))
    return "*" in named or not principals.isdisjoint([*named, *as_list(principal.get("Service", []))])


def _concerns(statement: dict[str, Any], element: str, value: str, matches: Callable[[str, str], bool]) -> bool:
    if element in statement:
        return any(matches(pattern, value) for pattern in as_list(statement[element]))
    return not any(matches(pattern, value) for pattern in as_list(statement.get(f"Not{element}", [])))
