"""The REST API as one OpenAPI document, with API Gateway's extensions, built from the contracts.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from collections.abc import Iterable
from typing import Any

from . import json_schema
from .model import Contract

_ERROR_TEMPLATE = '{"message": $context.error.messageString, "errors": [], "requestId": "$context.requestId"}'


def document(title: str, contracts: Iterable[Contract], ingest_invoke_arn: str) -> dict[str, Any]:
    """The definition of the API; `ingest_invoke_arn` is the ingest function's `invoke_arn`."""
    contracts = tuple(contracts)
    return {
        "openapi": "3.0.1",
        "info": {"title": title, "version": "1.0"},
        "paths": {contract.path: {"post": _operation(contract, ingest_invoke_arn)} for contract in contracts},
        "components": {
            "schemas": {
                **{_model(contract): json_schema.event(contract) for contract in contracts},
                "Accepted": _ACCEPTED,
                "Refused": _REFUSED,
            },
            "securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
        },
        "x-amazon-apigateway-api-key-source": "HEADER",
        "x-amazon-apigateway-gateway-responses": {
            "DEFAULT_4XX": _gateway_response(),
            "DEFAULT_5XX": _gateway_response(),
            "MISSING_AUTHENTICATION_TOKEN": {
                "statusCode": "404",
                "responseTemplates": {
                    "application/json": '{"message": "There is no $context.httpMethod $context.path", '
                    '"errors": [], "requestId": "$context.requestId"}'
                },
            },
        },
    }


def _operation(contract: Contract, ingest_invoke_arn: str) -> dict[str, Any]:
    return {
        "operationId": f"post{_model(contract)}",
        "summary": contract.description,
        "description": f"One event, a JSON array of events, or NDJSON. Contract version {contract.version}.",
        "security": [{"api_key": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(_model(contract))}}},
        "responses": {
            "202": _response("At least one event was accepted; errors names the others by index.", "Accepted"),
            "400": _response("No event was accepted.", "Refused"),
            "403": _response("The API key is missing or unknown.", "Refused"),
            "429": _response("Too many requests; try again later.", "Refused"),
            "503": _response("No event could be stored; try again after Retry-After seconds.", "Refused"),
        },
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": ingest_invoke_arn,
            "passthroughBehavior": "when_no_match",
            "timeoutInMillis": 29000,
        },
    }


def _model(contract: Contract) -> str:
    """A model's name: API Gateway allows letters and digits alone."""
    return "".join(part.capitalize() for part in contract.source.split("_"))


def _ref(model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model}"}


def _response(description: str, model: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ref(model)}}}


def _gateway_response() -> dict[str, Any]:
    return {"responseTemplates": {"application/json": _ERROR_TEMPLATE}}


_ERRORS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"index": {"type": "integer"}, "field": {"type": "string"}, "reason": {"type": "string"}},
    },
}

_ACCEPTED: dict[str, Any] = {
    "type": "object",
    "required": ["accepted", "errors", "requestId"],
    "properties": {"accepted": {"type": "integer"}, "errors": _ERRORS, "requestId": {"type": "string"}},
}

_REFUSED: dict[str, Any] = {
    "type": "object",
    "required": ["message", "errors", "requestId"],
    "properties": {"message": {"type": "string"}, "errors": _ERRORS, "requestId": {"type": "string"}},
}
