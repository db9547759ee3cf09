"""What a Lambda authorizer answers: who the caller is, and a policy that says which methods they may call.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html; how policies are
evaluated: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..iam.matching import UnsupportedElementError, as_list, condition_holds, is_action_like, is_like

_ACTION = "execute-api:Invoke"
_MEMBERS = {"principalId", "policyDocument", "context"}
_STATEMENT_MEMBERS = {"Sid", "Effect", "Action", "Resource", "Condition"}


class BadAnswerError(Exception):
    """An answer that API Gateway cannot use; the message says why."""


class Decision(Enum):
    """What a policy says of a method."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


@dataclass(frozen=True)
class AuthorizerAnswer:
    """An authorizer's answer, which may be kept and asked about other methods."""

    context: Mapping[str, str]
    """What integrations learn as `$context.authorizer`, with the caller under `principalId`; all of it is text."""
    statements: Sequence[Mapping[str, Any]]

    def decision(self, method_arn: str) -> Decision:
        """Whether the caller may call a method."""
        effects = {
            statement["Effect"]
            for statement in self.statements
            if any(is_action_like(pattern, _ACTION) for pattern in as_list(statement["Action"]))
            and any(is_like(pattern, method_arn) for pattern in as_list(statement["Resource"]))
            and condition_holds(statement)
        }
        if "Deny" in effects:
            return Decision.EXPLICIT_DENY
        return Decision.ALLOW if effects else Decision.IMPLICIT_DENY


def parse(payload: bytes) -> AuthorizerAnswer:
    """Read an answer. Raises BadAnswerError."""
    try:
        answer = json.loads(payload)
    except ValueError:
        raise BadAnswerError("it is not JSON") from None
    if not isinstance(answer, dict):
        raise BadAnswerError("it is not an object")
    # Where it is empty, nothing is asked for.
    unknown = sorted(name for name, value in answer.items() if value and name not in _MEMBERS)
    if unknown:
        raise BadAnswerError(f"the local cloud does not support {', '.join(unknown)}")
    principal = answer.get("principalId")
    if not isinstance(principal, str) or not principal:
        raise BadAnswerError("it has no principalId")
    policy = answer.get("policyDocument")
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise BadAnswerError("it has no policyDocument with statements")
    statements = as_list(policy["Statement"])
    for statement in statements:
        _check(statement)
    return AuthorizerAnswer({**_context(answer.get("context") or {}), "principalId": principal}, statements)


def _check(statement: Any) -> None:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise BadAnswerError("a statement's Effect is neither Allow nor Deny")
    unknown = sorted(set(statement) - _STATEMENT_MEMBERS)
    if unknown:
        raise BadAnswerError(f"the local cloud does not support {', '.join(unknown)} in a statement")
    for element in ("Action", "Resource"):
        values = as_list(statement.get(element))
        if not values or not all(isinstance(value, str) and value for value in values):
            raise BadAnswerError(f"a statement's {element} is not text")
    try:
        condition_holds(statement)
    except UnsupportedElementError as error:
        raise BadAnswerError(f"the local cloud does not support {error}") from None


def _context(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise BadAnswerError("its context is not an object")
    for name, value in given.items():
        if not isinstance(value, str | int | float | bool):
            raise BadAnswerError(f"its context holds {name}, which is neither text nor a number nor a boolean")
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
