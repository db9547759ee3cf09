"""The REST API as one OpenAPI document, with API Gateway's extensions, built from the contracts.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from . import cors, direct_path, file_door, json_schema
from .direct_path import StreamService
from .limits import GATEWAY_SECONDS, IDEMPOTENCY_KEY_PATTERN, MAX_EVENTS, RETRY_AFTER_SECONDS
from .model import Authentication, Contract, Delivery

LDAP_CACHE_SECONDS = 60
"""How long API Gateway keeps what the LDAP authorizer said of a user name and password."""

FILTERED_RETRY_AFTER_SECONDS = 60
"""How long a client should wait whose address sent too much: AWS WAF looks at the requests of the last minutes."""

VALIDATION_ERROR_HEADER = "X-Validation-Error"
"""Says what is wrong with a body that the API itself refused. A gateway response cannot quote it into JSON."""


@dataclass(frozen=True)
class Integrations:
    """What the methods of the API hand events to."""

    ingest_invoke_arn: str | None
    """The ingest function's `invoke_arn`; None where no path has a function."""
    put_record_uri: str | None
    """`arn:<partition>:apigateway:<region>:<service>:action/PutRecord`; None where no path is direct."""
    put_record_role_arn: str | None
    """The role that puts records for the direct paths; None where no path is direct."""
    streams: Mapping[str, str]
    """Name of the stream of each direct source."""
    ldap_invoke_arn: str | None = None
    """The LDAP authorizer's `invoke_arn`; None where no path asks for it."""
    files_invoke_arn: str | None = None
    """The `invoke_arn` of the function that takes files; None where the API takes none."""
    stream_service: StreamService = StreamService.FIREHOSE
    """The service that the streams belong to."""


def document(title: str, contracts: Iterable[Contract], integrations: Integrations) -> dict[str, Any]:
    """The definition of the API: one literal path a source, of those that have one."""
    contracts = tuple(contract for contract in contracts if contract.streamed)
    asked_for = {contract.authentication for contract in contracts}
    if integrations.files_invoke_arn:
        asked_for.add(Authentication.IAM)
    document: dict[str, Any] = {
        "openapi": "3.0.1",
        "info": {"title": title, "version": "1.0"},
        "paths": {contract.path: _path(contract, integrations) for contract in contracts},
        "components": {
            "schemas": {
                **{_model(contract): json_schema.body(contract) for contract in contracts},
                "Accepted": _ACCEPTED,
                "Refused": _REFUSED,
            },
            "securitySchemes": _security_schemes(asked_for, integrations),
        },
        "x-amazon-apigateway-api-key-source": "HEADER",
        "x-amazon-apigateway-gateway-responses": _gateway_responses(contracts, asked_for),
    }
    if integrations.files_invoke_arn:
        _add_file_door(document, integrations.files_invoke_arn)
    if any(contract.delivery is Delivery.DIRECT for contract in contracts):
        document["x-amazon-apigateway-request-validators"] = _REQUEST_VALIDATORS
    return document


def _add_file_door(document: dict[str, Any], invoke_arn: str) -> None:
    refusal = _SECURITY[Authentication.IAM].refusal
    operation = file_door.operation(invoke_arn, refusal)
    document["paths"][file_door.PATH] = {"post": operation}
    document["components"]["schemas"]["FileStep"] = file_door.FILE_STEP
    document["x-amazon-apigateway-binary-media-types"] = list(file_door.BINARY_MEDIA_TYPES)


def _path(contract: Contract, integrations: Integrations) -> dict[str, Any]:
    methods = {"post": _operation(contract, integrations)}
    if contract.allowed_origins:
        methods["options"] = cors.preflight(contract)
    return methods


def _operation(contract: Contract, integrations: Integrations) -> dict[str, Any]:
    security = _SECURITY.get(contract.authentication)
    specific = _lambda if contract.delivery is Delivery.LAMBDA else _direct
    responses, rest = specific(contract, integrations)
    if security:
        responses["403"] = _response(security.refusal, "Refused")
    if contract.authentication is Authentication.SIGNATURE:
        responses["403"] = _response("The signature of the body is missing or wrong.", "Refused")
        rest["parameters"] = [_signature(contract)]
    if contract.authentication is Authentication.LDAP:
        responses["401"] = _response("User name or password is missing or wrong.", "Refused", "WWW-Authenticate")
    responses["429"] = _response(
        "Too many requests, of all or from one address; try again later, after Retry-After seconds if it says so.",
        "Refused",
        "Retry-After",
    )
    responses["503"] = _response(
        "Nothing could be stored; try again after Retry-After seconds.", "Refused", "Retry-After"
    )
    if contract.allowed_origins:
        names = (cors.ALLOW_ORIGIN, *cors.response_headers(contract.allowed_origins, "Retry-After"))
        for response in responses.values():
            response["headers"] = {**response.get("headers", {}), **_headers(*names)}
    return {
        "operationId": f"post{_model(contract)}",
        "summary": contract.description,
        "parameters": [_IDEMPOTENCY_KEY],
        "security": [{security.scheme: []}] if security else [],
        "responses": responses,
        **rest,
    }


def _lambda(contract: Contract, integrations: Integrations) -> tuple[dict[str, Any], dict[str, Any]]:
    """Responses and the rest of an operation whose events the ingest function takes.

    The function checks each event; API Gateway's own validation would refuse a batch for one of them.
    """
    responses = {
        "202": _response("At least one event was accepted; errors names the others by index.", "Accepted"),
        "400": _response("No event was accepted.", "Refused"),
    }
    return responses, {
        "description": f"{_accepted_bodies(contract)} Contract version {contract.version}.",
        "requestBody": {"required": True, "content": {"application/json": _content(contract)}},
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": integrations.ingest_invoke_arn,
            "passthroughBehavior": "when_no_match",
            "timeoutInMillis": GATEWAY_SECONDS * 1000,
        },
    }


def _accepted_bodies(contract: Contract) -> str:
    if contract.unpack is None:
        return "One event, a JSON array of events, or NDJSON."
    shared = f", beside what they have in common: {', '.join(contract.unpack.keep)}" if contract.unpack.keep else ""
    return f"An object whose {contract.unpack.array} are at most {contract.unpack.max_events} events{shared}."


def _direct(contract: Contract, integrations: Integrations) -> tuple[dict[str, Any], dict[str, Any]]:
    """Responses and the rest of an operation that puts events onto the stream without a function.

    Validation runs only for a content type that has a model, so `$default` has one
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html); and a
    content type without template is refused, since its body would pass unchanged otherwise
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html).
    """
    media_types = direct_path.media_types(contract)
    template = direct_path.request(integrations.streams[contract.source], integrations.stream_service)
    responses = {
        "200": _response("All events were accepted.", "Accepted"),
        "400": _response("Nothing was accepted.", "Refused", VALIDATION_ERROR_HEADER),
        "413": _response("The events are longer than 1000 KiB together.", "Refused"),
        "415": _response(f"The content type is not {' or '.join(media_types)}.", "Refused"),
    }
    return responses, {
        "description": f"One event, or a JSON array of at most {MAX_EVENTS}. Contract version {contract.version}.",
        "requestBody": {
            "required": True,
            "content": {media_type: _content(contract) for media_type in (*media_types, "$default")},
        },
        "x-amazon-apigateway-request-validator": "body",
        "x-amazon-apigateway-integration": {
            "type": "aws",
            "httpMethod": "POST",
            "uri": integrations.put_record_uri,
            "credentials": integrations.put_record_role_arn,
            "passthroughBehavior": "never",
            "timeoutInMillis": GATEWAY_SECONDS * 1000,
            "requestParameters": {"integration.request.header.Content-Type": "'application/x-amz-json-1.1'"},
            "requestTemplates": dict.fromkeys(media_types, template),
            "responses": direct_path.responses(contract.allowed_origins),
        },
    }


@dataclass(frozen=True)
class _Security:
    """How the document names and describes what callers present."""

    scheme: str
    definition: Mapping[str, str]
    refusal: str


_SECURITY = {
    Authentication.API_KEY: _Security(
        "api_key",
        {
            "type": "apiKey",
            "name": "x-api-key",
            "in": "header",
            "description": "The stack's API key.",
        },
        "The API key is missing or unknown.",
    ),
    Authentication.IAM: _Security(
        "sigv4",
        {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "AWS Signature Version 4 for the service execute-api.",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "The signature is missing or wrong, or the policies of its principal do not allow it.",
    ),
    Authentication.LDAP: _Security(
        "ldap",
        {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom"},
        "The user is in none of the groups that may send.",
    ),
}


def _signature(contract: Contract) -> dict[str, Any]:
    """Not a security scheme: to API Gateway one of type apiKey asks for its own API keys, whatever header it names."""
    return {
        "name": contract.signature_header,
        "in": "header",
        "required": True,
        "description": "HMAC-SHA256 of the body by the shared secret, in hexadecimal (sha256= may precede) or base64.",
        "schema": {"type": "string"},
    }


def _security_schemes(used: Set[Authentication], integrations: Integrations) -> dict[str, Any]:
    schemes: dict[str, Any] = {
        security.scheme: dict(security.definition) for kind, security in _SECURITY.items() if kind in used
    }
    if Authentication.LDAP in used:
        schemes[_SECURITY[Authentication.LDAP].scheme]["x-amazon-apigateway-authorizer"] = {
            "type": "request",
            "identitySource": "method.request.header.Authorization",
            "authorizerUri": integrations.ldap_invoke_arn,
            "authorizerResultTtlInSeconds": LDAP_CACHE_SECONDS,
        }
    return schemes


def _model(contract: Contract) -> str:
    """The name of the model of a source's event: API Gateway allows letters and digits alone."""
    return "".join(part.capitalize() for part in contract.source.split("_")) + "Event"


def _content(contract: Contract) -> dict[str, Any]:
    return {"schema": _ref(_model(contract))}


def _ref(model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model}"}


def _response(description: str, model: str, *headers: str) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": description,
        "content": {"application/json": {"schema": _ref(model)}},
    }
    if headers:
        response["headers"] = _headers(*headers)
    return response


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"schema": {"type": "string"}} for name in names}


def _gateway_response(message: str) -> dict[str, Any]:
    template = f'{{"message": {message}, "errors": [], "requestId": "$context.extendedRequestId"}}'
    return {"responseTemplates": {"application/json": template}}


def _gateway_responses(contracts: Iterable[Contract], asked_for: Set[Authentication]) -> dict[str, Any]:
    found = dict(_GATEWAY_RESPONSES)
    if Authentication.IAM in asked_for:
        found["MISSING_AUTHENTICATION_TOKEN"] = _UNSIGNED_OR_ABSENT
    if Authentication.API_KEY in asked_for:
        found["INVALID_API_KEY"] = _KEYLESS
    if Authentication.LDAP in asked_for:
        found |= _LDAP_RESPONSES
    origins = [origin for contract in contracts for origin in contract.allowed_origins]
    headers = cors.gateway_response_parameters(origins, VALIDATION_ERROR_HEADER, "Retry-After")
    if not headers:
        return found
    return {
        kind: {**response, "responseParameters": {**response.get("responseParameters", {}), **headers}}
        for kind, response in found.items()
    }


_IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": direct_path.KEY_HEADER,
    "in": "header",
    "required": False,
    "description": (
        "Names the request. An event without an id of its own gets this and its index as its id, so that a request "
        "that is sent again makes no second row."
    ),
    "schema": {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY_PATTERN}$"},
}

_REQUEST_VALIDATORS = {"body": {"validateRequestBody": True, "validateRequestParameters": False}}

_GATEWAY_RESPONSES: dict[str, Any] = {
    "DEFAULT_4XX": _gateway_response("$context.error.messageString"),
    "DEFAULT_5XX": _gateway_response("$context.error.messageString"),
    # Of an address that sends too much. AWS WAF comes first, whatever the path wants:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-aws-waf.html; a gateway
    # response may have another status than the type's own, which is 403:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
    "WAF_FILTERED": {
        "statusCode": "429",
        "responseParameters": {"gatewayresponse.header.Retry-After": f"'{FILTERED_RETRY_AFTER_SECONDS}'"},
        **_gateway_response('"Too many requests from your address; try again later"'),
    },
    "MISSING_AUTHENTICATION_TOKEN": {
        "statusCode": "404",
        **_gateway_response('"There is no $context.httpMethod $context.path"'),
    },
    "BAD_REQUEST_BODY": {
        "statusCode": "400",
        "responseParameters": {
            f"gatewayresponse.header.{VALIDATION_ERROR_HEADER}": "context.error.validationErrorString"
        },
        **_gateway_response(f'"Nothing was accepted; the header {VALIDATION_ERROR_HEADER} says why"'),
    },
}

# API Gateway has one response for an unsigned request of a method that wants a signature, and for a method that there
# is not; https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
_UNSIGNED_OR_ABSENT: dict[str, Any] = {
    "statusCode": "403",
    **_gateway_response(
        '"$context.error.message: there is no $context.httpMethod $context.path, or it wants a signature '
        '(AWS Signature Version 4)"'
    ),
}

_KEYLESS = {"statusCode": "403", **_gateway_response('"The API key is missing or wrong; send it as x-api-key"')}

_DIRECTORY_UNAVAILABLE: dict[str, Any] = {
    "statusCode": "503",
    "responseParameters": {"gatewayresponse.header.Retry-After": f"'{RETRY_AFTER_SECONDS}'"},
    **_gateway_response('"Nothing was accepted, because user name and password could not be checked; try again later"'),
}

_LDAP_RESPONSES: dict[str, Any] = {
    "UNAUTHORIZED": {
        # https://www.rfc-editor.org/rfc/rfc7617#section-2
        "responseParameters": {"gatewayresponse.header.WWW-Authenticate": '\'Basic realm="events", charset="UTF-8"\''},
        **_gateway_response('"The user name or the password is missing or wrong; send both by HTTP Basic"'),
    },
    "ACCESS_DENIED": _gateway_response('"You may not send to $context.path"'),
    "AUTHORIZER_FAILURE": _DIRECTORY_UNAVAILABLE,
    "AUTHORIZER_CONFIGURATION_ERROR": _DIRECTORY_UNAVAILABLE,
}

_ERRORS: dict[str, Any] = {
    "type": "array",
    "description": "What is wrong: the event's index in the request from 0, its field, and the reason.",
    "items": {
        "type": "object",
        "required": ["index", "field", "reason"],
        "properties": {"index": {"type": "integer"}, "field": {"type": "string"}, "reason": {"type": "string"}},
    },
}

_REQUEST_ID = {
    "type": "string",
    "description": "Names the request: in the logs, and with the event's index in the column ingest_id of its rows.",
}

_ACCEPTED: dict[str, Any] = {
    "type": "object",
    "required": ["accepted", "errors", "requestId"],
    "properties": {
        "accepted": {"type": "integer", "description": "How many events are stored."},
        "errors": _ERRORS,
        "requestId": _REQUEST_ID,
    },
}

_REFUSED: dict[str, Any] = {
    "type": "object",
    "required": ["message", "errors", "requestId"],
    "properties": {
        "message": {"type": "string", "description": "Why nothing was accepted."},
        "errors": _ERRORS,
        "requestId": _REQUEST_ID,
    },
}
