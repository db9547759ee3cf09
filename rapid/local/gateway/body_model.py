"""Validation of a body by a model, in draft 4 of JSON Schema, with the words of API Gateway's validator.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT4

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html: not enforced.
_IGNORED = {"minItems", "maxItems", "exclusiveMinimum", "exclusiveMaximum", "discriminator", "example", "readOnly"}
_DOCUMENT = "urn:openapi"


class BodyModel:
    """A model that bodies are checked against."""

    def __init__(self, schema: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        """`document` is where the schema's references point into."""
        registry = Registry().with_resource(_DOCUMENT, DRAFT4.create_resource(_without_ignored(document)))
        self._validator = Draft4Validator(_absolute(_without_ignored(schema)), registry=registry)

    def faults(self, body: str) -> str | None:
        """What is wrong with a body, as `$context.error.validationErrorString` has it; None if nothing is."""
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return "[Could not parse request body into json]"
        messages = [message for error in self._validator.iter_errors(value) for message in _messages(error)]
        return f"[{', '.join(dict.fromkeys(messages))}]" if messages else None


def _without_ignored(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _without_ignored(value) for key, value in node.items() if key not in _IGNORED}
    return [_without_ignored(item) for item in node] if isinstance(node, list) else node


def _absolute(node: Any) -> Any:
    """A schema whose references name the document that they point into."""
    if isinstance(node, Mapping):
        return {
            key: f"{_DOCUMENT}{value}" if key == "$ref" and str(value).startswith("#") else _absolute(value)
            for key, value in node.items()
        }
    return [_absolute(item) for item in node] if isinstance(node, list) else node


def _messages(error: ValidationError) -> Iterator[str]:
    """The validator that AWS uses does not name the place of a fault, apart from missing properties."""
    found: Any = error.instance
    limit: Any = error.validator_value
    keyword = error.validator
    if keyword == "required":
        missing = sorted(name for name in limit if name not in found)
        yield f"object has missing required properties ({_text(missing)})"
    elif keyword == "type":
        allowed = sorted(limit) if isinstance(limit, list) else [limit]
        yield f"instance type ({_type(found)}) does not match any allowed primitive type (allowed: {_text(allowed)})"
    elif keyword == "minimum":
        yield f"numeric instance is lower than the required minimum (minimum: {limit}, found: {found})"
    elif keyword == "maximum":
        yield f"numeric instance is greater than the required maximum (maximum: {limit}, found: {found})"
    elif keyword == "minLength":
        yield f"string {_text(found)} is too short (length: {len(found)}, required minimum: {limit})"
    elif keyword == "maxLength":
        yield f"string {_text(found)} is too long (length: {len(found)}, maximum allowed: {limit})"
    elif keyword == "pattern":
        yield f"ECMA 262 regex {_text(limit)} does not match input string {_text(found)}"
    elif keyword == "enum":
        yield f"instance value ({_text(found)}) not found in enum (possible values: {_text(limit)})"
    elif keyword == "anyOf":
        yield f"instance failed to match at least one required schema among {len(limit)}"
    else:
        yield f"instance failed to match {keyword}"


def _type(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
