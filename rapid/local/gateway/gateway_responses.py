"""What the gateway answers by itself.

Types, statuses and the order of fallback:
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html;
substitution: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .api import GatewayResponse
from .context import RequestContext

RESPONSE_TYPES: Mapping[str, int | None] = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
}
_DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'
# What a signed request is denied has another member than the rest.
_DENIED_TEMPLATE = '{"Message":$context.error.messageString}'
# API Gateway's limit of all headers together, https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html;
# what it does with a longer one, such as a validation error that quotes a long value, or with characters that no header
# can carry, is not written anywhere.
_MAX_HEADER_CHARACTERS = 8_000
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class GatewayError(Exception):
    """The gateway answers by itself: the response type, AWS's message and error type, the status if not the type's."""

    def __init__(
        self,
        response_type: str,
        message: str | None,
        error_type: str,
        status: int | None = None,
        validation_faults: str = "",
    ) -> None:
        super().__init__(message or response_type)
        self.response_type = response_type
        self.message = message
        self.error_type = error_type
        self.status = status or RESPONSE_TYPES[response_type]
        self.validation_faults = validation_faults


def missing_authentication_token() -> GatewayError:
    """There is no such method."""
    return GatewayError(
        "MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token", "MissingAuthenticationTokenException"
    )


def access_denied(message: str) -> GatewayError:
    """The caller may not call the method."""
    return GatewayError("ACCESS_DENIED", message, "AccessDeniedException")


def unauthorized() -> GatewayError:
    """The request does not say who sent it, or the authorizer does not believe it."""
    return GatewayError("UNAUTHORIZED", "Unauthorized", "UnauthorizedException")


def authorizer_misconfigured() -> GatewayError:
    """The authorizer failed, may not be invoked, or answered something else than a policy: AWS gives no message."""
    return GatewayError("AUTHORIZER_CONFIGURATION_ERROR", None, "AuthorizerConfigurationException")


def authorizer_timed_out() -> GatewayError:
    """The authorizer did not answer in time."""
    return GatewayError("AUTHORIZER_FAILURE", None, "AuthorizerFailureException")


def forbidden() -> GatewayError:
    """The API key does not open the method."""
    return GatewayError("INVALID_API_KEY", "Forbidden", "ForbiddenException")


def filtered() -> GatewayError:
    """AWS WAF holds the request back."""
    return GatewayError("WAF_FILTERED", "Forbidden", "ForbiddenException")


def too_many_requests() -> GatewayError:
    """Past a rate and burst."""
    return GatewayError("THROTTLED", "Too Many Requests", "TooManyRequestsException")


def limit_exceeded() -> GatewayError:
    """Past a quota."""
    return GatewayError("QUOTA_EXCEEDED", "Limit Exceeded", "LimitExceededException")


def request_too_large() -> GatewayError:
    """The integration does not take so long a request."""
    return GatewayError("REQUEST_TOO_LARGE", "Request Too Long", "BadRequestException")


def endpoint_timed_out() -> GatewayError:
    """The integration did not answer in time."""
    return GatewayError("INTEGRATION_TIMEOUT", "Endpoint request timed out", "InternalServerErrorException")


def invalid_request_body(faults: str) -> GatewayError:
    """The body breaks its model."""
    return GatewayError("BAD_REQUEST_BODY", "Invalid request body", "BadRequestException", validation_faults=faults)


def bad_template(message: str) -> GatewayError:
    """A mapping template failed on the body."""
    return GatewayError("DEFAULT_4XX", message, "BadRequestException", 400)


def unsupported_media_type() -> GatewayError:
    """There is no template for the body's media type, and none may pass unchanged."""
    return GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", "BadRequestException")


def misconfigured() -> GatewayError:
    """The integration cannot be called as it is configured."""
    return GatewayError("API_CONFIGURATION_ERROR", "Internal server error", "InternalServerErrorException")


def bad_gateway() -> GatewayError:
    """The integration failed, or its answer is not of the form that the gateway needs."""
    return GatewayError("DEFAULT_5XX", "Internal server error", "InternalServerErrorException", 502)


@dataclass(frozen=True)
class Rendered:
    """An answer of the gateway, ready to be sent."""

    status: int
    headers: dict[str, str]
    body: str


def render(error: GatewayError, defined: Mapping[str, GatewayResponse], context: RequestContext) -> Rendered:
    """The answer for an error: as the API defines its type, else DEFAULT_4XX or DEFAULT_5XX, else as AWS does."""
    assert error.status is not None, "only DEFAULT_4XX and DEFAULT_5XX have no status, and they are given one"
    fallback = "DEFAULT_4XX" if error.status < 500 else "DEFAULT_5XX"
    response = defined.get(error.response_type) or defined.get(fallback) or GatewayResponse()
    context.error_message, context.error_type = error.message, error.response_type
    context.validation_faults = error.validation_faults
    default = _DENIED_TEMPLATE if error.response_type == "ACCESS_DENIED" else _DEFAULT_TEMPLATE
    headers = {
        name.removeprefix("gatewayresponse.header."): _header_value(context.value(source))
        for name, source in response.parameters.items()
    }
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.error_type, **headers}
    return Rendered(response.status or error.status, headers, context.substitute(response.template or default))


def _header_value(text: str) -> str:
    """A text as a header can carry it, however long and of whatever characters."""
    return _UNPRINTABLE.sub("?", text[:_MAX_HEADER_CHARACTERS])
