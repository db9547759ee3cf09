"""Limits of requests and of what an API is defined by, and what API Gateway answers past them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from werkzeug import Request, Response

from ..service_error import ServiceError

MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_URL_CHARACTERS = 10_240
MAX_HEADER_BYTES = 10_240
"""Of the values of all headers together."""
MAX_DEFINITION_BYTES = 6 * 1024 * 1024
MAX_MODEL_BYTES = 400 * 1024
MAX_TEMPLATE_BYTES = 300 * 1024
MAX_RESOURCES = 300
MAX_STAGES = 10
MAX_AUTHORIZERS = 10
MAX_AUTHORIZER_ANSWER_BYTES = 8 * 1024
MIN_KEY_CHARACTERS, MAX_KEY_CHARACTERS = 20, 128
"""https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html."""


def refusal(request: Request) -> Response | None:
    """The answer to a request that is too large; None if it is not.

    It is not known yet which API a request is for: no gateway response words it, and no log has it. Statuses:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    """
    environ = request.environ
    if len(environ["RAW_URI"]) > MAX_URL_CHARACTERS:
        return _too_large(414, f"An HTTP line is larger than {MAX_URL_CHARACTERS} bytes.")
    if sum(len(value) for name, value in environ.items() if name.startswith("HTTP_")) > MAX_HEADER_BYTES:
        return _too_large(431, f"HTTP header is larger than {MAX_HEADER_BYTES} bytes.")
    if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
        return _too_large(413, f"HTTP content length exceeded {MAX_BODY_BYTES} bytes.")
    return None


def bad_request(message: str) -> ServiceError:
    """What an API is defined by is not as it must be, or the local cloud does not support it."""
    return ServiceError("BadRequestException", message)


def check_definition(body: bytes) -> None:
    """Check the size of an OpenAPI document. Raises ServiceError."""
    if len(body) > MAX_DEFINITION_BYTES:
        raise bad_request(f"The API definition is larger than {MAX_DEFINITION_BYTES} bytes")


def check_document(document: Mapping[str, Any]) -> None:
    """Check how many resources a document has, and how large its models and templates are. Raises ServiceError."""
    if len(_resources(document.get("paths", {}))) > MAX_RESOURCES:
        raise _reached("Resources")
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        if len(json.dumps(schema, separators=(",", ":")).encode()) > MAX_MODEL_BYTES:
            raise bad_request(f"Model {name}: the schema is larger than {MAX_MODEL_BYTES} bytes")


def check_template(text: str) -> None:
    """Check the size of a mapping template. Raises ServiceError."""
    if len(text.encode()) > MAX_TEMPLATE_BYTES:
        raise bad_request(f"Invalid mapping template: it is larger than {MAX_TEMPLATE_BYTES} bytes")


def check_stages(others: Collection[str]) -> None:
    """Check how many stages an API has beside the one that it is given. Raises ServiceError."""
    if len(others) >= MAX_STAGES:
        raise _reached("Stages")


def check_authorizers(authorizers: Collection[object]) -> None:
    """Check how many authorizers an API has. Raises ServiceError."""
    if len(authorizers) > MAX_AUTHORIZERS:
        raise _reached("Authorizers")


def check_key_value(value: str) -> None:
    """Check the value of an API key that its owner chose. Raises ServiceError."""
    if len(value) < MIN_KEY_CHARACTERS:
        raise bad_request(f"API Key value should be at least {MIN_KEY_CHARACTERS} characters")
    if len(value) > MAX_KEY_CHARACTERS:
        raise bad_request(f"API Key value should be at most {MAX_KEY_CHARACTERS} characters")


def _resources(paths: Mapping[str, Any]) -> set[str]:
    """Each part of a path is a resource: `/a/b` makes `/`, `/a` and `/a/b`."""
    found = {"/"}
    for path in paths:
        parts = path.strip("/").split("/")
        found |= {"/" + "/".join(parts[:end]) for end in range(len(parts) + 1)}
    return found


def _reached(what: str) -> ServiceError:
    message = (
        f"Maximum number of {what} for this API has been reached. Please contact AWS if you need additional {what}."
    )
    return ServiceError("LimitExceededException", message, 429)


def _too_large(status: int, message: str) -> Response:
    return Response(message, status, content_type="text; charset=utf-8")
