"""Lambda proxy integration: the event that a function gets, and what becomes of its answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import json
import logging
from collections.abc import Mapping
from typing import Any

from werkzeug import Response
from werkzeug.datastructures import Headers

from .context import RequestContext
from .gateway_responses import bad_gateway

_log = logging.getLogger(__name__)

_ANSWER_MEMBERS = {"statusCode", "headers", "body"}
# API Gateway's too, but none of our functions answers them.
_UNSUPPORTED_MEMBERS = {"multiValueHeaders", "isBase64Encoded"}
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
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
    is_binary = bool(raw) and context.request.mimetype in binary_media_types
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
        "pathParameters": {},
        "stageVariables": {},
        "requestContext": context.as_event(),
    }


def response(payload: bytes) -> Response:
    """The response that a function's answer makes. Raises GatewayError (502) if it is not of the right form."""
    try:
        answer = json.loads(payload)
    except ValueError:
        raise bad_gateway() from None
    if not isinstance(answer, dict):
        raise bad_gateway()
    unsupported = sorted(name for name in answer.keys() & _UNSUPPORTED_MEMBERS if answer[name])
    if unsupported:
        _log.error("The local cloud does not support %s in a function's answer", ", ".join(unsupported))
    if unsupported or answer.keys() - _ANSWER_MEMBERS - _UNSUPPORTED_MEMBERS:
        raise bad_gateway()
    body, headers = answer.get("body") or "", _response_headers(answer)
    if not isinstance(body, str):
        raise bad_gateway()
    headers.setdefault("Content-Type", "application/json")
    return Response(body.encode(), _status(answer), headers)


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
    given = answer.get("headers") or {}
    if not isinstance(given, dict):
        raise bad_gateway()
    headers = Headers()
    for name, value in given.items():
        if isinstance(value, dict | list):
            raise bad_gateway()
        if name.lower() in _DROPPED:
            continue
        text = value if isinstance(value, str) else json.dumps(value)
        try:
            headers.add(f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, text)
        except ValueError:
            raise bad_gateway() from None
    return headers
