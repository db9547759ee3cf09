"""Services of this process that act with a role on each other, without a request over HTTP."""

from collections.abc import Callable
from typing import TypeVar

from werkzeug import Request, Response

from ..service_error import Protocol, ServiceError, error_response, unsupported
from . import operations
from .authorizer import Authorizer
from .callers import RoleSession
from .operations import Operation

_Result = TypeVar("_Result")


class AssumedRole:
    """What a service, by its principal, does with the roles that it is given, under one session name."""

    def __init__(self, authorizer: Authorizer, principal: str, session_name: str) -> None:
        self._authorizer = authorizer
        self._principal = principal
        self._session_name = session_name

    def sending(self, service: str, handle: Callable[[Request], Response]) -> Callable[[Request, str], Response]:
        """`handle` of a service with the JSON protocol, for requests that are made with a role."""

        def send(request: Request, role_arn: str) -> Response:
            try:
                operation = operations.of(request, service)
                if operation is None:
                    raise unsupported(f"a request to {service} under a role that names no operation")
                self.check(role_arn, operation)
            except ServiceError as error:
                return error_response(error, Protocol.JSON)
            return handle(request)

        return send

    def invoking(self, invoke: Callable[[str, bytes], _Result]) -> Callable[[str, bytes, str], _Result]:
        """`invoke` of Lambda, for invocations that are made with a role. Raises ServiceError if it may not."""

        def invoke_with_role(function_arn: str, payload: bytes, role_arn: str) -> _Result:
            self.check(role_arn, Operation("lambda", "Invoke", {"FunctionName": function_arn}))
            return invoke(function_arn, payload)

        return invoke_with_role

    def check(self, role_arn: str, operation: Operation) -> None:
        """Raises ServiceError if the role does not trust the service, or may not do this."""
        self._authorizer.check_assumed(self._principal, RoleSession(role_arn, self._session_name), operation)
