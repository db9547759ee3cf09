"""What a browser lets the script of a page do across origins: the CORS protocol of the Fetch standard.

https://fetch.spec.whatwg.org/#cors-preflight-fetch and https://fetch.spec.whatwg.org/#concept-cors-check, without
credentials.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import urllib3

_SAFE_METHODS = {"GET", "HEAD", "POST"}
_SAFE_HEADERS = {"accept", "accept-language", "content-language"}
_SAFE_MEDIA_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
_SAFE_RESPONSE_HEADERS = {
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
}


class NetworkError(Exception):
    """All that a script learns of a refusal; the message is what the browser's console says."""


@dataclass(frozen=True)
class Response:
    """What a script may read of an answer."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def fetch(origin: str, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
    """Send a request as the script of a page of an origin. Raises NetworkError."""
    unsafe = {name.lower() for name, value in headers.items() if not _is_safe(name, value)}
    if method not in _SAFE_METHODS or unsafe:
        _preflight(origin, method, url, unsafe)
    answer = urllib3.request(method, url, headers={**headers, "Origin": origin}, body=body, retries=False)
    _check(origin, answer)
    exposed = _SAFE_RESPONSE_HEADERS | _names(answer, "Access-Control-Expose-Headers")
    readable = {name: value for name, value in answer.headers.items() if name.lower() in exposed}
    return Response(answer.status, answer.data, urllib3.HTTPHeaderDict(readable))


def _preflight(origin: str, method: str, url: str, unsafe: set[str]) -> None:
    asked = {"Origin": origin, "Accept": "*/*", "Access-Control-Request-Method": method}
    if unsafe:
        asked["Access-Control-Request-Headers"] = ",".join(sorted(unsafe))
    answer = urllib3.request("OPTIONS", url, headers=asked, retries=False)
    _check(origin, answer)
    if not 200 <= answer.status <= 299:
        raise NetworkError(f"the preflight was answered {answer.status}")
    if method not in _SAFE_METHODS and method.lower() not in _names(answer, "Access-Control-Allow-Methods"):
        raise NetworkError(f"the method {method} is not allowed")
    forbidden = unsafe - _names(answer, "Access-Control-Allow-Headers")
    if forbidden:
        raise NetworkError(f"the headers {', '.join(sorted(forbidden))} are not allowed")


def _check(origin: str, answer: urllib3.BaseHTTPResponse) -> None:
    allowed = answer.headers.getlist("Access-Control-Allow-Origin")
    if allowed not in (["*"], [origin]):
        raise NetworkError(f"the origin {origin} is not allowed, but {allowed}")


def _is_safe(name: str, value: str) -> bool:
    if name.lower() == "content-type":
        return value.partition(";")[0].strip().lower() in _SAFE_MEDIA_TYPES
    return name.lower() in _SAFE_HEADERS


def _names(answer: urllib3.BaseHTTPResponse, header: str) -> set[str]:
    return {name.strip().lower() for name in answer.headers.get(header, "").split(",") if name.strip()}
