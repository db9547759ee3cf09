"""Methods of CUSTOM authorization: a function says who sent the request, by a policy which methods they may call.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html; its answer:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html; how policies are
evaluated: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..clients import ACCOUNT_ID
from ..iam.matching import UnsupportedElementError, as_list, condition_holds, is_action_like, is_like
from ..lambda_runtime import LambdaPlane, StillRunningError
from ..service_error import ServiceError
from . import gateway_responses, lambda_proxy
from .api import LambdaAuthorizer
from .context import RequestContext
from .limits import MAX_AUTHORIZER_ANSWER_BYTES

_log = logging.getLogger(__name__)

_PRINCIPAL = "apigateway.amazonaws.com"
_WAIT_SECONDS = 29
_UNAUTHORIZED = "Unauthorized"
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


class LambdaAuthorization:
    """Asks authorizers, and keeps their answers for the same identity, over all methods of a stage."""

    def __init__(self, functions: LambdaPlane, region: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._functions = functions
        self._region = region
        self._clock = clock
        self._kept: dict[tuple[str, ...], tuple[float, AuthorizerAnswer]] = {}
        self._lock = threading.Lock()

    def admit(self, authorizer: LambdaAuthorizer, context: RequestContext) -> dict[str, str | int]:
        """What the authorizer says of the caller, as `$context.authorizer`. Raises GatewayError if they may not."""
        address = context.address
        api = f"arn:aws:execute-api:{self._region}:{ACCOUNT_ID}:{address.api_id}"
        method_arn = f"{api}/{address.stage}/{context.request.method}{address.path}"
        identity = [context.header(name) for name in authorizer.identity_headers]
        if not all(identity):
            raise gateway_responses.unauthorized()
        started = time.perf_counter()
        answer = self._answer(
            authorizer, (address.api_id, address.stage, authorizer.id, *filter(None, identity)), context, method_arn
        )
        _refuse(answer.decision(method_arn))
        return {**answer.context, "integrationLatency": round((time.perf_counter() - started) * 1000)}

    def _answer(
        self, authorizer: LambdaAuthorizer, key: tuple[str, ...], context: RequestContext, method_arn: str
    ) -> AuthorizerAnswer:
        now = self._clock()
        with self._lock:
            until, answer = self._kept.get(key, (now, None))
        if answer is not None and now < until:
            return answer
        answer = self._ask(authorizer, context, method_arn)
        with self._lock:
            self._kept = {key: kept for key, kept in self._kept.items() if now < kept[0]}
            self._kept[key] = (self._clock() + authorizer.ttl_seconds, answer)
        return answer

    def _ask(self, authorizer: LambdaAuthorizer, context: RequestContext, method_arn: str) -> AuthorizerAnswer:
        event = {"type": "REQUEST", "methodArn": method_arn, **lambda_proxy.without_body(context)}
        source_arn = f"{method_arn.split('/', 1)[0]}/authorizers/{authorizer.id}"
        function_arn = authorizer.function_arn
        try:
            if not self._functions.allows(function_arn, _PRINCIPAL, source_arn):
                _log.error("%s: Invalid permissions on Lambda function %s", source_arn, function_arn)
                raise gateway_responses.authorizer_misconfigured()
            payload = json.dumps(event, ensure_ascii=False).encode()
            invoked = self._functions.invoke(function_arn, payload, _WAIT_SECONDS)
        except ServiceError as error:
            _log.error("%s: Lambda invocation failed: %s: %s", source_arn, error.code, error.message)
            raise gateway_responses.authorizer_misconfigured() from None
        except StillRunningError:
            raise gateway_responses.authorizer_timed_out() from None
        if invoked.function_error:
            if _error_message(invoked.payload) == _UNAUTHORIZED:
                raise gateway_responses.unauthorized()
            _log.error("%s: Authorizer function failed", source_arn)
            raise gateway_responses.authorizer_misconfigured()
        try:
            if len(invoked.payload) > MAX_AUTHORIZER_ANSWER_BYTES:
                raise BadAnswerError(f"it is longer than {MAX_AUTHORIZER_ANSWER_BYTES} bytes")
            return _parse(invoked.payload)
        except BadAnswerError as error:
            _log.error("%s: Invalid answer of the authorizer: %s", source_arn, error)
            raise gateway_responses.authorizer_misconfigured() from None


def _refuse(decision: Decision) -> None:
    """https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer."""
    message = "User is not authorized to access this resource"
    if decision is Decision.EXPLICIT_DENY:
        raise gateway_responses.access_denied(f"{message} with an explicit deny")
    if decision is Decision.IMPLICIT_DENY:
        raise gateway_responses.access_denied(message)


def _parse(payload: bytes) -> AuthorizerAnswer:
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
    return AuthorizerAnswer({**_text_context(answer.get("context") or {}), "principalId": principal}, statements)


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


def _text_context(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise BadAnswerError("its context is not an object")
    for name, value in given.items():
        if not isinstance(value, str | int | float | bool):
            raise BadAnswerError(f"its context holds {name}, which is neither text nor a number nor a boolean")
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}


def _error_message(payload: bytes) -> str | None:
    try:
        answer = json.loads(payload)
    except ValueError:
        return None
    return answer.get("errorMessage") if isinstance(answer, dict) else None
