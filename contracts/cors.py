"""CORS by API Gateway alone: the preflight of a path, and the headers that let a page's script read an answer.

The protocol: https://fetch.spec.whatwg.org/#http-cors-protocol; in API Gateway:
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .model import ANY_ORIGIN, Authentication, Contract

MAX_AGE_SECONDS = 7200
"""How long a browser may remember a preflight."""
ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_STATUS = "204"


def preflight(contract: Contract) -> dict[str, Any]:
    """The OPTIONS method of a path that pages of other origins may post to."""
    origins = contract.allowed_origins
    headers = {
        **response_headers(origins),
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": _allowed_headers(contract),
        "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
    }
    return {
        "operationId": f"preflight{contract.source.replace('_', ' ').title().replace(' ', '')}",
        "summary": "Tells a browser whether a page may send events.",
        "security": [],
        "responses": {
            _STATUS: {
                "description": "The answer stands in the headers.",
                "headers": {name: {"schema": {"type": "string"}} for name in (ALLOW_ORIGIN, *headers)},
            }
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": f'{{"statusCode": {_STATUS}}}'},
            "passthroughBehavior": "never",
            "responses": {
                "default": {
                    "statusCode": _STATUS,
                    "responseParameters": parameters(headers),
                    "responseTemplates": {"application/json": origin_template(origins)},
                }
            },
        },
    }


def response_headers(origins: Sequence[str], *exposed: str) -> dict[str, str]:
    """The headers that are the same in every answer; `exposed` are those that a page's script may read."""
    headers: dict[str, str] = {}
    if len(origins) == 1:
        headers[ALLOW_ORIGIN] = origins[0]
    elif origins:
        headers["Vary"] = "Origin"
    if origins and exposed:
        headers["Access-Control-Expose-Headers"] = ",".join(exposed)
    return headers


def answers(origins: Sequence[str]) -> dict[str, Any]:
    """What the ingest function puts into answers: some headers, and the request's origin if it is one of several."""
    return {"headers": response_headers(origins, "Retry-After"), "origins": list(origins) if len(origins) > 1 else []}


def origin_template(origins: Sequence[str]) -> str:
    """The beginning of a mapping template that names the request's origin if it is one of several; else nothing.

    Names of parameters are case-sensitive, and HTTP/2 writes them small.
    """
    if len(origins) < 2:
        return ""
    is_allowed = " || ".join(f'$origin == "{origin}"' for origin in origins)
    return (
        "#set($origin = $input.params('Origin'))\n"
        "#if($origin == '')\n"
        "#set($origin = $input.params('origin'))\n"
        "#end\n"
        f"#if({is_allowed})\n"
        f"#set($context.responseOverride.header.{ALLOW_ORIGIN} = $origin)\n"
        "#end\n"
    )


def gateway_response_parameters(origins: Sequence[str], *exposed: str) -> dict[str, str]:
    """The headers of the API's own refusals, which are worded once for all paths and know no conditions.

    Any page may read them where any may post: they hold nothing but what is wrong with the page's own request.
    """
    if not origins:
        return {}
    headers = response_headers([ANY_ORIGIN], *exposed)
    return {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()}


def parameters(headers: Mapping[str, str]) -> dict[str, str]:
    """Constant headers as the mapping of an integration's response."""
    return {f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()}


def _allowed_headers(contract: Contract) -> str:
    return ",".join(("content-type", "idempotency-key", *_CREDENTIAL_HEADERS.get(contract.authentication, ())))


_CREDENTIAL_HEADERS = {
    Authentication.API_KEY: ("x-api-key",),
    Authentication.LDAP: ("authorization",),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
    Authentication.IAM: ("authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"),
}
