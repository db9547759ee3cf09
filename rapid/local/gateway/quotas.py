"""Quotas of what an API is defined by, and what API Gateway answers past them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from ..service_error import ServiceError

MAX_DEFINITION_BYTES = 6 * 1024 * 1024
MAX_MODEL_BYTES = 400 * 1024
MAX_TEMPLATE_BYTES = 300 * 1024
MAX_RESOURCES = 300
MAX_STAGES = 10
MAX_AUTHORIZERS = 10
MAX_AUTHORIZER_ANSWER_BYTES = 8 * 1024
MAX_STAGE_VARIABLES = 100
MAX_VARIABLE_NAME_CHARACTERS = 64
MAX_VARIABLE_VALUE_CHARACTERS = 512
MIN_KEY_CHARACTERS, MAX_KEY_CHARACTERS = 20, 128
"""https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html."""
# https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-set-stage-variables-aws-console.html
_VARIABLE_NAME = re.compile(r"\w+")
_VARIABLE_VALUE = re.compile(r"[A-Za-z0-9 ._:/?&=,-]*")


def check_definition(body: bytes) -> None:
    """Check the size of an OpenAPI document. Raises ServiceError."""
    if len(body) > MAX_DEFINITION_BYTES:
        raise _bad_request(f"The API definition is larger than {MAX_DEFINITION_BYTES} bytes")


def check_document(document: Mapping[str, Any]) -> None:
    """Check how many resources a document has, and how large its models and templates are. Raises ServiceError."""
    if len(_resources(document.get("paths", {}))) > MAX_RESOURCES:
        raise _reached("Resources")
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        if len(json.dumps(schema, separators=(",", ":")).encode()) > MAX_MODEL_BYTES:
            raise _bad_request(f"Model {name}: the schema is larger than {MAX_MODEL_BYTES} bytes")


def check_template(text: str) -> None:
    """Check the size of a mapping template. Raises ServiceError."""
    if len(text.encode()) > MAX_TEMPLATE_BYTES:
        raise _bad_request(f"Invalid mapping template: it is larger than {MAX_TEMPLATE_BYTES} bytes")


def check_stages(others: Collection[str]) -> None:
    """Check how many stages an API has beside the one that it is given. Raises ServiceError."""
    if len(others) >= MAX_STAGES:
        raise _reached("Stages")


def check_authorizers(authorizers: Collection[object]) -> None:
    """Check how many authorizers an API has. Raises ServiceError."""
    if len(authorizers) > MAX_AUTHORIZERS:
        raise _reached("Authorizers")


def check_variables(variables: Mapping[str, str]) -> None:
    """Check a stage's variables. Raises ServiceError."""
    if len(variables) > MAX_STAGE_VARIABLES:
        raise _bad_request(f"A stage may have {MAX_STAGE_VARIABLES} variables, not {len(variables)}")
    for name, value in variables.items():
        if not _VARIABLE_NAME.fullmatch(name) or len(name) > MAX_VARIABLE_NAME_CHARACTERS:
            raise _bad_request(
                f"Invalid stage variable name: {name}. Please use up to {MAX_VARIABLE_NAME_CHARACTERS} "
                "alphanumeric characters and underscores."
            )
        if not _VARIABLE_VALUE.fullmatch(value):
            raise _bad_request(
                f"Invalid stage variable value of key {name}.  Please use values with alphanumeric characters "
                "and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
            )
        if len(value) > MAX_VARIABLE_VALUE_CHARACTERS:
            raise _bad_request(
                f"Invalid stage variable value of key {name}: it is longer than {MAX_VARIABLE_VALUE_CHARACTERS}"
            )


def check_key_value(value: str) -> None:
    """Check the value of an API key that its owner chose. Raises ServiceError."""
    if len(value) < MIN_KEY_CHARACTERS:
        raise _bad_request(f"API Key value should be at least {MIN_KEY_CHARACTERS} characters")
    if len(value) > MAX_KEY_CHARACTERS:
        raise _bad_request(f"API Key value should be at most {MAX_KEY_CHARACTERS} characters")


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


def _bad_request(message: str) -> ServiceError:
    return ServiceError("BadRequestException", message)
