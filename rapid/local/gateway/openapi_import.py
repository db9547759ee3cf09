"""Reads an OpenAPI document with API Gateway's extensions; what the local cloud does not act on is refused by name.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from .api import ANY, ApiKeyRequirement, Authorization, GatewayResponse, LambdaAuthorizer, Method, RestApi
from .gateway_responses import RESPONSE_TYPES
from .openapi_faults import bad_document, refuse_extensions
from .openapi_ids import resource_id
from .openapi_integrations import integration
from .openapi_models import body_models
from .openapi_security import Demand, security_schemes

_METHODS = {
    "get": "GET",
    "put": "PUT",
    "post": "POST",
    "delete": "DELETE",
    "options": "OPTIONS",
    "head": "HEAD",
    "patch": "PATCH",
    "x-amazon-apigateway-any-method": ANY,
}
_PATH_ITEM_NOTES = {"summary", "description", "parameters", "servers"}
_API_EXTENSIONS = {
    "x-amazon-apigateway-api-key-source",
    "x-amazon-apigateway-binary-media-types",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-request-validator",
    "x-amazon-apigateway-request-validators",
}
_METHOD_EXTENSIONS = {
    "x-amazon-apigateway-auth",
    "x-amazon-apigateway-integration",
    "x-amazon-apigateway-request-validator",
}


def parse(body: bytes) -> dict[str, Any]:
    """The document in a request body, JSON or YAML. Raises ServiceError."""
    try:
        document = json.loads(body) if body.lstrip().startswith(b"{") else yaml.safe_load(body)
    except (ValueError, yaml.YAMLError) as error:
        raise bad_document(f"Invalid OpenAPI input: {error}") from None
    if not isinstance(document, dict):
        raise bad_document("Invalid OpenAPI input: the document is not an object")
    return document


def read(document: Mapping[str, Any]) -> RestApi:
    """The API that a document defines. Raises ServiceError that names the place of what is wrong or not supported."""
    version = str(document.get("openapi", ""))
    if not version.startswith("3.0"):
        found = f"openapi {version!r}" if version else f"swagger {document.get('swagger')!r}"
        raise bad_document(f"The local cloud imports OpenAPI 3.0 documents alone, not {found}")
    refuse_extensions(document, _API_EXTENSIONS, "the document")
    source = document.get("x-amazon-apigateway-api-key-source", "HEADER")
    if source != "HEADER":
        raise bad_document(f"x-amazon-apigateway-api-key-source: the local cloud supports HEADER alone, not {source!r}")
    schemes = security_schemes(document)
    paths: dict[str, dict[str, Method]] = {}
    for path, item in document.get("paths", {}).items():
        if not path.startswith("/"):
            raise bad_document(f"paths: {path!r} does not begin with a slash")
        unknown = set(item) - set(_METHODS) - _PATH_ITEM_NOTES
        if unknown:
            raise bad_document(f"paths.{path}: the local cloud does not support {', '.join(sorted(unknown))}")
        paths[path] = {
            _METHODS[key]: _method(path, _METHODS[key], item[key], document, schemes) for key in item if key in _METHODS
        }
    return RestApi(
        paths, _gateway_responses(document), tuple(document.get("x-amazon-apigateway-binary-media-types", ()))
    )


def _method(
    path: str,
    http_method: str,
    operation: Mapping[str, Any],
    document: Mapping[str, Any],
    schemes: Mapping[str, Demand],
) -> Method:
    place = f"paths.{path}.{http_method}"
    refuse_extensions(operation, _METHOD_EXTENSIONS, place)
    if "x-amazon-apigateway-integration" not in operation:
        raise bad_document(f"{place}: no x-amazon-apigateway-integration")
    named = [name for entry in operation.get("security", document.get("security", [])) for name in entry]
    unknown = [name for name in named if name not in schemes]
    if unknown:
        raise bad_document(f"{place}.security: there is no security scheme {unknown[0]!r}")
    asked = {schemes[name] for name in named}
    authorizers = [demand for demand in asked if isinstance(demand, LambdaAuthorizer)]
    by_signature = Authorization.AWS_IAM in asked or _authorization(operation, place) is Authorization.AWS_IAM
    if len(authorizers) + by_signature > 1:
        raise bad_document(f"{place}.security: a method has one authorization, an authorizer or a signature")
    authorization = Authorization.AWS_IAM if by_signature else Authorization.NONE
    return Method(
        http_method,
        path,
        resource_id(path),
        Authorization.CUSTOM if authorizers else authorization,
        authorizers[0] if authorizers else None,
        ApiKeyRequirement.REQUIRED if ApiKeyRequirement.REQUIRED in asked else ApiKeyRequirement.NONE,
        integration(operation["x-amazon-apigateway-integration"], f"{place}.x-amazon-apigateway-integration"),
        body_models(operation, document, place),
    )


def _authorization(operation: Mapping[str, Any], place: str) -> Authorization:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-auth.html."""
    asked = str(operation.get("x-amazon-apigateway-auth", {}).get("type", "NONE")).upper()
    known = [Authorization.NONE.value, Authorization.AWS_IAM.value]
    if asked not in known:
        supported = " and ".join(known)
        raise bad_document(
            f"{place}.x-amazon-apigateway-auth: the local cloud supports {supported} alone, not {asked!r}"
        )
    return Authorization[asked]


def _gateway_responses(document: Mapping[str, Any]) -> dict[str, GatewayResponse]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html."""
    responses = {}
    for kind, node in document.get("x-amazon-apigateway-gateway-responses", {}).items():
        place = f"x-amazon-apigateway-gateway-responses.{kind}"
        if kind not in RESPONSE_TYPES:
            raise bad_document(f"{place}: there is no such gateway response")
        status = node.get("statusCode")
        if status is not None and not re.fullmatch(r"[2-5]\d\d", str(status)):
            raise bad_document(f"{place}.statusCode: {status!r} is not an HTTP status")
        parameters = node.get("responseParameters", {})
        for name in parameters:
            if not name.startswith("gatewayresponse.header."):
                raise bad_document(f"{place}.responseParameters.{name}: must be gatewayresponse.header.<name>")
        responses[kind] = GatewayResponse(
            int(status) if status is not None else None, parameters, node.get("responseTemplates", {})
        )
    return responses
