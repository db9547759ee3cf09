"""Lambda proxy integration: the event that a function gets, and what becomes of its answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug import Response
from werkzeug.datastructures import Headers

from .context import RequestContext
from .gateway_responses import bad_gateway

_ANSWER_MEMBERS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html: these the gateway sets by
# itself, and a function's own come out under another name.
_REMAPPED = {
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "server",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
}
_DROPPED = {"te", "transfer-encoding"}


def event(context: RequestContext, binary_media_types: tuple[str, ...]) -> bytes:
    """The event of a request, in format 1.0."""
    raw = context.request.get_data()
    is_binary = bool(raw) and _is_binary([context.request.mimetype], binary_media_types)
    text = base64.b64encode(raw).decode() if is_binary else raw.decode(errors="replace")
    parts = {name: part or None for name, part in without_body(context).items()}
    return json.dumps({**parts, "body": text or None, "isBase64Encoded": is_binary}, ensure_ascii=False).encode()


def without_body(context: RequestContext) -> dict[str, Any]:
    """A request as functions are told of it, apart from its body."""
    request = context.request
    headers = _request_headers(context)
    query = {name: values for name, values in request.args.lists()}
    return {
        "resource": context.resource_path,
        "path": context.address.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": context.path_parameters,
        "stageVariables": context.stage_variables,
        "requestContext": context.as_event(),
    }


def response(payload: bytes, context: RequestContext, binary_media_types: tuple[str, ...]) -> Response:
    """The response that a function's answer makes. Raises GatewayError (502) if it is not of the right form."""
    try:
        answer = json.loads(payload)
    except ValueError:
        raise bad_gateway() from None
    if not isinstance(answer, dict) or set(answer) - _ANSWER_MEMBERS:
        raise bad_gateway()
    headers = _response_headers(answer)
    if "Content-Type" not in headers:
        headers["Content-Type"] = "application/json"
    return Response(_body(answer, context, binary_media_types), _status(answer), headers)


def _request_headers(context: RequestContext) -> dict[str, list[str]]:
    """The client's headers, and those that the gateway adds."""
    request = context.request
    headers = {name: [value] for name, value in request.headers.items() if value or name != "Content-Length"}
    for name in ("Content-Length", "Connection"):
        headers.pop(name, None)
    forwarded = [request.headers.get("X-Forwarded-For"), request.remote_addr]
    headers["X-Forwarded-For"] = [", ".join(address for address in forwarded if address)]
    headers["X-Forwarded-Port"] = [request.environ["SERVER_PORT"]]
    headers["X-Forwarded-Proto"] = [request.scheme]
    headers["X-Amzn-Trace-Id"] = [context.trace_id]
    return headers


def _status(answer: Mapping[str, Any]) -> int:
    try:
        status = int(answer["statusCode"])
    except (KeyError, TypeError, ValueError):
        raise bad_gateway() from None
    if not 100 <= status <= 599:
        raise bad_gateway()
    return status


def _response_headers(answer: Mapping[str, Any]) -> Headers:
    single, multiple = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise bad_gateway()
    headers = Headers()
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise bad_gateway()
        for value in values:
            _add(headers, name, value)
    merged = {name.lower() for name in multiple}
    for name, value in single.items():
        if name.lower() not in merged:
            _add(headers, name, value)
    return headers


def _add(headers: Headers, name: str, value: Any) -> None:
    if isinstance(value, dict | list) or name.lower() in _DROPPED:
        if isinstance(value, dict | list):
            raise bad_gateway()
        return
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        headers.add(f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, text)
    except ValueError:
        raise bad_gateway() from None


def _body(answer: Mapping[str, Any], context: RequestContext, binary_media_types: tuple[str, ...]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise bad_gateway()
    accepted = [part.split(";")[0].strip() for part in (context.header("Accept") or "").split(",")]
    if answer.get("isBase64Encoded") and _is_binary(accepted, binary_media_types):
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error:
            raise bad_gateway() from None
    return body.encode()


def _is_binary(media_types: Iterable[str], binary_media_types: tuple[str, ...]) -> bool:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html."""
    return "*/*" in binary_media_types or any(media_type in binary_media_types for media_type in media_types)
