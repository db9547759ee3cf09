"""What the security schemes of a document ask for: a signature, an API key, or what a Lambda authorizer wants.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
"""

import re
from collections.abc import Mapping
from typing import Any

from . import quotas
from .api import ApiKeyRequirement, Authorization, LambdaAuthorizer
from .lambda_uri import function_arn
from .openapi_faults import bad_document, refuse_extensions
from .openapi_ids import authorizer_id

Demand = Authorization | ApiKeyRequirement | LambdaAuthorizer
"""What a security scheme asks for."""

_AUTH_TYPE = "x-amazon-apigateway-authtype"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_SIGV4 = "awsSigv4"
_MEMBERS = {"type", "authorizerUri", "authorizerResultTtlInSeconds", "identitySource"}
_IDENTITY_SOURCE = re.compile(
    r"method\.request\.(header|querystring)\.[\w.-]+|stageVariables\.\w+|context(\.\w+)+", re.ASCII
)
_DEFAULT_TTL_SECONDS, _MAX_TTL_SECONDS = 300, 3600


def security_schemes(document: Mapping[str, Any]) -> dict[str, Demand]:
    """What the schemes ask for, by their names. Raises ServiceError that names what is wrong or not supported."""
    schemes: dict[str, Demand] = {}
    for name, scheme in document.get("components", {}).get("securitySchemes", {}).items():
        place = f"components.securitySchemes.{name}"
        refuse_extensions(scheme, {_AUTH_TYPE, _AUTHORIZER}, place)
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
            raise bad_document(f"{place}: the local cloud supports {supported} alone")
    quotas.check_authorizers([demand for demand in schemes.values() if isinstance(demand, LambdaAuthorizer)])
    return schemes


def _authorizer(name: str, scheme: Mapping[str, Any], place: str) -> LambdaAuthorizer:
    node = scheme[_AUTHORIZER]
    if scheme.get(_AUTH_TYPE, "custom") != "custom":
        raise bad_document(f"{place}: an authorizer has the {_AUTH_TYPE} custom, not {scheme[_AUTH_TYPE]!r}")
    if str(node.get("type", "")).lower() != "request":
        raise bad_document(f"{place}.type: the local cloud supports request alone, not {node.get('type')!r}")
    unknown = sorted(set(node) - _MEMBERS)
    if unknown:
        raise bad_document(f"{place}: the local cloud does not support {', '.join(unknown)}")
    ttl = node.get("authorizerResultTtlInSeconds", _DEFAULT_TTL_SECONDS)
    if not isinstance(ttl, int) or not 0 <= ttl <= _MAX_TTL_SECONDS:
        raise bad_document(f"{place}.authorizerResultTtlInSeconds: must be 0 to {_MAX_TTL_SECONDS}, not {ttl!r}")
    sources = tuple(source.strip() for source in node.get("identitySource", "").split(",") if source.strip())
    for source in sources:
        if not _IDENTITY_SOURCE.fullmatch(source):
            raise bad_document(f"{place}.identitySource: Invalid mapping expression specified: {source!r}")
    if ttl and not sources:
        raise bad_document(f"{place}.identitySource: is needed where answers are cached")
    return LambdaAuthorizer(authorizer_id(name), function_arn(node.get("authorizerUri"), place), sources, ttl)
