"""Statements of IAM policies, read as IAM reads them."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from .resource import Resource

Statement = Mapping[str, Any]

_SOURCE = {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"}
"""Condition keys that say for whom a service acts:
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html."""


def statements(resource: Resource, *path: str) -> list[Statement]:
    """The statements of the policy under a path of a resource's inputs."""
    return [item for item in many(resource.document(*path).get("Statement")) if isinstance(item, Mapping)]


def allowing(resource: Resource, *path: str) -> list[Statement]:
    """Those statements of a policy that allow something."""
    return [statement for statement in statements(resource, *path) if statement.get("Effect") == "Allow"]


def many(value: Any) -> Sequence[Any]:
    """What a policy may write as one value or as a list."""
    if value is None:
        return []
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def principals(statement: Statement) -> list[tuple[str, str]]:
    """Kind and name of each principal: `("Service", "lambda.amazonaws.com")`; everyone is `("AWS", "*")`."""
    found = statement.get("Principal")
    if isinstance(found, str):
        return [("AWS", found)]
    return [(kind, str(name)) for kind, names in (found or {}).items() for name in many(names)]


def conditions(statement: Statement) -> dict[str, list[Any]]:
    """The condition keys of a statement, in small letters, with their values."""
    found: dict[str, list[Any]] = {}
    for keys in (statement.get("Condition") or {}).values():
        for key, values in keys.items():
            found.setdefault(key.lower(), []).extend(many(values))
    return found


def refuses_plain_transport(resource: Resource, action: str) -> bool:
    """Whether a resource's policy refuses everyone an action that is asked for without TLS."""
    return any(
        statement.get("Effect") == "Deny"
        and ("AWS", "*") in principals(statement)
        and any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in many(statement.get("Action")))
        and (statement.get("Condition") or {}).keys() == {"Bool"}
        and [str(value).lower() for value in conditions(statement).get("aws:securetransport", [])] == ["false"]
        for statement in statements(resource, "policy")
    )


def too_wide(statement: Statement) -> str | None:
    """Why a statement of a resource's policy admits more than it must; None where it does not."""
    if "NotPrincipal" in statement:
        return "a statement allows all principals but some"
    conditioned = conditions(statement)
    for kind, name in principals(statement):
        if name == "*" and not conditioned.keys() & (_SOURCE | {"aws:principalorgid", "aws:principalaccount"}):
            return "a statement allows everyone"
        if kind == "Service" and not conditioned.keys() & _SOURCE:
            return f"a statement allows {name} for whomever it acts"
    return None
