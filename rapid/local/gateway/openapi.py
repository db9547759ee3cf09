"""Reads an OpenAPI document with API Gateway's extensions; what the local cloud does not act on is refused by name.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import hashlib
import json
import re
from collections.abc import Mapping, Set
from typing import Any

from .api import ApiKeyRequirement, Authorization, GatewayResponse, LambdaAuthorizer, Method, RestApi
from .body_model import BodyModel
from .gateway_responses import RESPONSE_TYPES
from .limits import bad_request, check_authorizers
from .openapi_integrations import function_arn, integration

Demand = Authorization | ApiKeyRequirement | LambdaAuthorizer
"""What a security scheme asks for."""

_AUTH_TYPE = "x-amazon-apigateway-authtype"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_SIGV4 = "awsSigv4"
_MEMBERS = {"type", "authorizerUri", "authorizerResultTtlInSeconds", "identitySource"}
_IDENTITY_HEADER = re.compile(r"method\.request\.header\.(?P<name>[\w.-]+)", re.ASCII)
_DEFAULT_TTL_SECONDS, _MAX_TTL_SECONDS = 300, 3600
_VALIDATOR = "x-amazon-apigateway-request-validator"
_EXTENSION = "x-amazon-apigateway-"
_PARAMETER_VALUE = re.compile(r"'[^']*'|context(\.\w+)+")
METHODS = {
    "get": "GET",
    "put": "PUT",
    "post": "POST",
    "delete": "DELETE",
    "options": "OPTIONS",
    "head": "HEAD",
    "patch": "PATCH",
}
_PATH_ITEM_NOTES = {"summary", "description", "parameters", "servers"}
_API_EXTENSIONS = {
    "x-amazon-apigateway-api-key-source",
    "x-amazon-apigateway-binary-media-types",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-request-validators",
}
_METHOD_EXTENSIONS = {
    "x-amazon-apigateway-integration",
    "x-amazon-apigateway-request-validator",
}


def parse(body: bytes) -> dict[str, Any]:
    """The document in a request body. Raises ServiceError."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise bad_request(f"Invalid OpenAPI input: the local cloud takes JSON alone: {error}") from None
    if not isinstance(document, dict):
        raise bad_request("Invalid OpenAPI input: the document is not an object")
    return document


def read(document: Mapping[str, Any]) -> RestApi:
    """The API that a document defines. Raises ServiceError that names the place of what is wrong or not supported."""
    version = str(document.get("openapi", ""))
    if not version.startswith("3.0"):
        found = f"openapi {version!r}" if version else f"swagger {document.get('swagger')!r}"
        raise bad_request(f"The local cloud imports OpenAPI 3.0 documents alone, not {found}")
    _refuse_extensions(document, _API_EXTENSIONS, "the document")
    source = document.get("x-amazon-apigateway-api-key-source", "HEADER")
    if source != "HEADER":
        raise bad_request(f"x-amazon-apigateway-api-key-source: the local cloud supports HEADER alone, not {source!r}")
    if "security" in document:
        raise bad_request("security: the local cloud supports that of each method alone")
    schemes = _security_schemes(document)
    methods: dict[tuple[str, str], Method] = {}
    for path, item in document.get("paths", {}).items():
        if not path.startswith("/"):
            raise bad_request(f"paths: {path!r} does not begin with a slash")
        if "{" in path:
            raise bad_request(f"paths.{path}: the local cloud does not support parameters in paths")
        unknown = set(item) - set(METHODS) - _PATH_ITEM_NOTES
        if unknown:
            raise bad_request(f"paths.{path}: the local cloud does not support {', '.join(sorted(unknown))}")
        for key in item.keys() & METHODS:
            methods[path, METHODS[key]] = _method(path, METHODS[key], item[key], document, schemes)
    binary = tuple(document.get("x-amazon-apigateway-binary-media-types", ()))
    if any("*" in media_type for media_type in binary):
        raise bad_request("x-amazon-apigateway-binary-media-types: the local cloud does not support wildcards")
    return RestApi(methods, _gateway_responses(document), binary)


def _method(
    path: str,
    http_method: str,
    operation: Mapping[str, Any],
    document: Mapping[str, Any],
    schemes: Mapping[str, Demand],
) -> Method:
    place = f"paths.{path}.{http_method}"
    _refuse_extensions(operation, _METHOD_EXTENSIONS, place)
    if "x-amazon-apigateway-integration" not in operation:
        raise bad_request(f"{place}: no x-amazon-apigateway-integration")
    named = [name for entry in operation.get("security", []) for name in entry]
    unknown = [name for name in named if name not in schemes]
    if unknown:
        raise bad_request(f"{place}.security: there is no security scheme {unknown[0]!r}")
    asked = {schemes[name] for name in named}
    authorizers = [demand for demand in asked if isinstance(demand, LambdaAuthorizer)]
    by_signature = Authorization.AWS_IAM in asked
    if len(authorizers) + by_signature > 1:
        raise bad_request(f"{place}.security: a method has one authorization, an authorizer or a signature")
    authorization = Authorization.AWS_IAM if by_signature else Authorization.NONE
    return Method(
        http_method,
        path,
        _resource_id(path),
        Authorization.CUSTOM if authorizers else authorization,
        authorizers[0] if authorizers else None,
        ApiKeyRequirement.REQUIRED if ApiKeyRequirement.REQUIRED in asked else ApiKeyRequirement.NONE,
        integration(operation["x-amazon-apigateway-integration"], f"{place}.x-amazon-apigateway-integration"),
        _body_models(operation, document, place),
    )


def _gateway_responses(document: Mapping[str, Any]) -> dict[str, GatewayResponse]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html."""
    responses = {}
    for kind, node in document.get("x-amazon-apigateway-gateway-responses", {}).items():
        place = f"x-amazon-apigateway-gateway-responses.{kind}"
        if kind not in RESPONSE_TYPES:
            raise bad_request(f"{place}: there is no such gateway response")
        status = node.get("statusCode")
        if status is not None and not re.fullmatch(r"[2-5]\d\d", str(status)):
            raise bad_request(f"{place}.statusCode: {status!r} is not an HTTP status")
        parameters = node.get("responseParameters", {})
        for name in parameters:
            if not name.startswith("gatewayresponse.header."):
                raise bad_request(f"{place}.responseParameters.{name}: must be gatewayresponse.header.<name>")
            if not _PARAMETER_VALUE.fullmatch(parameters[name]):
                raise bad_request(f"{place}.responseParameters.{name}: not supported here: {parameters[name]!r}")
        templates = node.get("responseTemplates", {})
        if templates.keys() - {"application/json"}:
            raise bad_request(f"{place}.responseTemplates: the local cloud supports application/json alone")
        status_given = int(status) if status is not None else None
        responses[kind] = GatewayResponse(status_given, parameters, templates.get("application/json"))
    return responses


def _security_schemes(document: Mapping[str, Any]) -> dict[str, Demand]:
    """What a signature, an API key or a Lambda authorizer is asked for by, by the names of the schemes.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html and
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
    """
    schemes: dict[str, Demand] = {}
    for name, scheme in document.get("components", {}).get("securitySchemes", {}).items():
        place = f"components.securitySchemes.{name}"
        _refuse_extensions(scheme, {_AUTH_TYPE, _AUTHORIZER}, place)
        header = (scheme.get("type"), scheme.get("in"), str(scheme.get("name")).lower(), scheme.get(_AUTH_TYPE))
        if _AUTHORIZER in scheme:
            schemes[name] = _authorizer(name, scheme, f"{place}.{_AUTHORIZER}")
        elif header == ("apiKey", "header", "x-api-key", None):
            schemes[name] = ApiKeyRequirement.REQUIRED
        elif header == ("apiKey", "header", "authorization", _SIGV4):
            schemes[name] = Authorization.AWS_IAM
        else:
            supported = (
                f"type apiKey in header x-api-key, in header Authorization with {_AUTH_TYPE} {_SIGV4}, "
                f"or with {_AUTHORIZER},"
            )
            raise bad_request(f"{place}: the local cloud supports {supported} alone")
    check_authorizers([demand for demand in schemes.values() if isinstance(demand, LambdaAuthorizer)])
    return schemes


def _authorizer(name: str, scheme: Mapping[str, Any], place: str) -> LambdaAuthorizer:
    node = scheme[_AUTHORIZER]
    if scheme.get(_AUTH_TYPE, "custom") != "custom":
        raise bad_request(f"{place}: an authorizer has the {_AUTH_TYPE} custom, not {scheme[_AUTH_TYPE]!r}")
    if str(node.get("type", "")).lower() != "request":
        raise bad_request(f"{place}.type: the local cloud supports request alone, not {node.get('type')!r}")
    unknown = sorted(set(node) - _MEMBERS)
    if unknown:
        raise bad_request(f"{place}: the local cloud does not support {', '.join(unknown)}")
    ttl = node.get("authorizerResultTtlInSeconds", _DEFAULT_TTL_SECONDS)
    if not isinstance(ttl, int) or not 0 <= ttl <= _MAX_TTL_SECONDS:
        raise bad_request(f"{place}.authorizerResultTtlInSeconds: must be 0 to {_MAX_TTL_SECONDS}, not {ttl!r}")
    headers = []
    for source in filter(None, map(str.strip, node.get("identitySource", "").split(","))):
        header = _IDENTITY_HEADER.fullmatch(source)
        if not header:
            raise bad_request(f"{place}.identitySource: the local cloud supports headers alone, not {source!r}")
        headers.append(header["name"])
    if ttl and not headers:
        raise bad_request(f"{place}.identitySource: is needed where answers are cached")
    return LambdaAuthorizer(_authorizer_id(name), function_arn(node.get("authorizerUri"), place), tuple(headers), ttl)


def _body_models(operation: Mapping[str, Any], document: Mapping[str, Any], place: str) -> dict[str, BodyModel]:
    """The models of an operation by media type; empty unless its validator validates bodies.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-request-validators.requestValidator.html
    """
    name = operation.get(_VALIDATOR)
    if name is None:
        return {}
    validators = document.get(f"{_VALIDATOR}s", {})
    if name not in validators:
        raise bad_request(f"{place}.{_VALIDATOR}: there is no request validator {name!r}")
    if validators[name].get("validateRequestParameters"):
        raise bad_request(f"{_VALIDATOR}s.{name}: the local cloud does not support validateRequestParameters")
    if not validators[name].get("validateRequestBody"):
        return {}
    content = operation.get("requestBody", {}).get("content", {})
    return {media_type: BodyModel(media["schema"], document) for media_type, media in content.items()}


def _refuse_extensions(node: Mapping[str, Any], known: Set[str], place: str) -> None:
    """Raises ServiceError that names the extensions of API Gateway which are not known."""
    unknown = sorted(key for key in node if key.startswith(_EXTENSION) and key not in known)
    if unknown:
        raise bad_request(f"{place}: the local cloud does not support {', '.join(unknown)}")


def _resource_id(path: str) -> str:
    """An id of a resource, the same for the same path."""
    return hashlib.sha256(path.encode()).hexdigest()[:10]


def _authorizer_id(name: str) -> str:
    """An id of an authorizer, the same for the same security scheme."""
    return hashlib.sha256(name.encode()).hexdigest()[:6]
