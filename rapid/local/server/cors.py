"""What the endpoints of services answer to the scripts of web pages.

The SDK for JavaScript says which services browsers may call (`cors` in apis/metadata.json of aws-sdk-js); these are
those that take in events, and the one that gives guests credentials. https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/cors.html
"""

from collections.abc import Mapping
from typing import Any

from werkzeug import Response
from werkzeug.datastructures import Headers

SERVICES = frozenset({"cognito-identity", "firehose", "kinesis"})
_MAX_AGE_SECONDS = 172_800
_EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"


def is_preflight(environ: Mapping[str, Any]) -> bool:
    """Whether a request asks on behalf of a page if it may call a service in the JSON protocol.

    It does not say which service, since the local cloud has one address for all; the answer of any but SERVICES stays
    unreadable to the page.
    """
    asked = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "").lower()
    return environ["REQUEST_METHOD"] == "OPTIONS" and environ["PATH_INFO"] == "/" and "x-amz-target" in asked


def preflight(environ: Mapping[str, Any]) -> Response:
    """The answer to such a question: yes, with the headers that were asked for."""
    return Response(
        status=200,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
            "Access-Control-Allow-Headers": environ["HTTP_ACCESS_CONTROL_REQUEST_HEADERS"],
            "Access-Control-Expose-Headers": _EXPOSED,
            "Access-Control-Max-Age": str(_MAX_AGE_SECONDS),
        },
    )


def allow(headers: Headers, environ: Mapping[str, Any], service: str | None) -> None:
    """Let a page read an answer of a service."""
    if service in SERVICES and environ.get("HTTP_ORIGIN"):
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = _EXPOSED
