"""What a bucket's policy says of an action; moto reads neither conditions nor principals.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html. Who the caller is, is not known at this
place, so a policy that denies something to one caller alone is refused rather than ignored.
"""

import json
import re
from enum import Enum
from typing import Any

from .service_error import ServiceError

# The loopback interface counts as a safe way: what goes over it leaves the machine as little as what TLS protects.
_CONTEXT = {"aws:securetransport": "true"}


class Verdict(Enum):
    """What a policy says."""

    ALLOW = "allow"
    DENY = "deny"
    NOTHING = "nothing"


def verdict(policy: str, action: str, resource: str) -> Verdict:
    """What a policy says of an action on a resource. Raises ServiceError for what is not supported, by name."""
    statements = [
        statement
        for statement in _list(json.loads(policy)["Statement"])
        if _concerns(statement, "Action", action) and _concerns(statement, "Resource", resource) and _holds(statement)
    ]
    if any(_denies_everyone(statement) for statement in statements):
        return Verdict.DENY
    if any(statement["Effect"] == "Allow" and _is_everyone(statement) for statement in statements):
        return Verdict.ALLOW
    return Verdict.NOTHING


def _denies_everyone(statement: dict[str, Any]) -> bool:
    if statement["Effect"] != "Deny":
        return False
    if not _is_everyone(statement):
        principal = statement.get("Principal") or statement.get("NotPrincipal")
        raise _unsupported(f"denying something to {json.dumps(principal)} alone")
    return True


def _is_everyone(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    return principal == "*" or (isinstance(principal, dict) and "*" in _list(principal.get("AWS", [])))


def _concerns(statement: dict[str, Any], element: str, value: str) -> bool:
    if element in statement:
        return any(_like(pattern, value) for pattern in _list(statement[element]))
    return not any(_like(pattern, value) for pattern in _list(statement.get(f"Not{element}", [])))


def _holds(statement: dict[str, Any]) -> bool:
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            if operator != "Bool" or key.lower() not in _CONTEXT:
                raise _unsupported(f"the condition {operator} on {key}")
            if _CONTEXT[key.lower()] not in [str(value).lower() for value in _list(wanted)]:
                return False
    return True


def _unsupported(what: str) -> ServiceError:
    return ServiceError("NotImplemented", f"The local cloud does not support bucket policies with {what}", 501)


def _like(pattern: str, value: str) -> bool:
    """`*` stands for any number of characters, `?` for one; actions do not mind case."""
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, value, re.DOTALL | re.IGNORECASE) is not None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
