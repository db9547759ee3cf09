"""Methods of CUSTOM authorization: a function says who sent the request and which methods they may call.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from ..clients import ACCOUNT_ID
from ..lambda_runtime import StillRunningError
from ..service_error import ServiceError
from . import authorizer_answer, gateway_responses, lambda_proxy
from .api import LambdaAuthorizer
from .authorizer_answer import AuthorizerAnswer, BadAnswerError, Decision
from .context import RequestContext
from .quotas import MAX_AUTHORIZER_ANSWER_BYTES

_log = logging.getLogger(__name__)

MAX_METHOD_ARN_BYTES = 1600
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html."""
_PRINCIPAL = "apigateway.amazonaws.com"
_WAIT_SECONDS = 29
_UNAUTHORIZED = "Unauthorized"


class Invoked(Protocol):
    """How an invocation ended."""

    @property
    def payload(self) -> bytes:
        """The answer."""

    @property
    def function_error(self) -> str | None:
        """None unless the function failed."""


class Functions(Protocol):
    """What the gateway asks of Lambda."""

    def invoke(self, function_arn: str, payload: bytes, wait_seconds: float | None = None) -> Invoked:
        """Run a function and wait for it. Raises ServiceError; StillRunningError past the time."""

    def allows(self, function_arn: str, principal: str, source_arn: str) -> bool:
        """Whether a function's policy lets a service invoke it. Raises ServiceError."""


class LambdaAuthorization:
    """Asks authorizers, and keeps their answers for the same identity, over all methods of a stage."""

    def __init__(self, functions: Functions, region: str, clock: Callable[[], float] = time.monotonic) -> None:
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
        if len(method_arn.encode()) > MAX_METHOD_ARN_BYTES:
            raise gateway_responses.uri_too_long()
        identity = [context.value(source) for source in authorizer.identity_sources]
        if not all(identity):
            raise gateway_responses.unauthorized()
        started = time.perf_counter()
        answer = self._answer(
            authorizer, (address.api_id, address.stage, authorizer.id, *identity), context, method_arn
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
            return authorizer_answer.parse(invoked.payload)
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


def _error_message(payload: bytes) -> str | None:
    try:
        answer = json.loads(payload)
    except ValueError:
        return None
    return answer.get("errorMessage") if isinstance(answer, dict) else None
