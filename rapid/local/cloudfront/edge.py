"""The edge: requests whose host is a distribution are answered from the cache, or from the bucket behind it.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HowCloudFrontWorks.html. Requests come over HTTP and
are taken as if they had come over HTTPS, which nobody needs who stays on one machine.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from werkzeug import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from . import checks, compression, errors, managed, origin, response_headers
from .cache import Answer, Cache, Key, ttl_seconds
from .registry import DOMAIN, HEADERS_POLICY, Registry, Resource, items
from .usage import EdgeUsage

ERROR_TTL_SECONDS = 10
"""How long an error is kept where nobody says otherwise.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
"""
_READING = ("GET", "HEAD")
_ONE_RANGE = re.compile(r"bytes=(?:\d+-\d*|-\d+)")


class Edge:
    """Answers guests."""

    def __init__(
        self, registry: Registry, cache: Cache, usage: EdgeUsage, clock: Callable[[], float] = time.time
    ) -> None:
        """`clock` gives epoch seconds."""
        self._registry, self._cache, self._usage, self._clock = registry, cache, usage, clock

    def serves(self, host: str) -> bool:
        """Whether a request with this Host header is for CloudFront: a distribution's name, or what looks like one."""
        return self._registry.of_host(host) is not None or host.partition(":")[0].lower().endswith(f".{DOMAIN}")

    def handle(self, request: Request) -> Response:
        """Answer a guest."""
        distribution = self._registry.of_host(request.environ.get("HTTP_HOST", ""))
        if distribution is None or not distribution.config["Enabled"]:
            return errors.page(403, errors.NO_DISTRIBUTION)
        path = request.environ["RAW_URI"].partition("?")[0]
        if path == "/":
            # It is kept, and invalidated, by its own path.
            path += quote(distribution.config["DefaultRootObject"])
        behavior = _behavior(distribution, path)
        if request.method in (items(behavior.get("AllowedMethods")) or _READING):
            answer, told = self._answer(distribution, path, request.headers.get("Accept-Encoding", ""))
            response = self._sent(request, behavior, answer, told)
        else:
            response = errors.page(403, errors.METHOD)
        self._usage.answered(distribution.id, request, response)
        return response

    def _answer(self, distribution: Resource, path: str, accept_encoding: str) -> tuple[Answer, str]:
        """What a guest gets, and what X-Cache says of it."""
        now = self._clock()
        key = Key(distribution.id, path, _encodings(_behavior(distribution, path), accept_encoding))
        kept = self._cache.get(key)
        if kept and now < kept.expires_at:
            return kept, "Error" if kept.is_error else "Hit"
        invalidations_before = self._cache.invalidations
        answer, told = _fetched(distribution, path, accept_encoding, now), "Miss"
        if answer.is_error:
            answer, told = _error(distribution, answer, accept_encoding), "Error"
        elif kept and kept.header("ETag") == answer.header("ETag"):
            told = "RefreshHit"
        if answer.expires_at > now:
            self._cache.put(key, answer, invalidations_before)
        return answer, told

    def _sent(self, request: Request, behavior: Mapping[str, Any], answer: Answer, told: str) -> Response:
        response = Response(answer.body, answer.status)
        response.headers.clear()
        response.headers.extend(answer.headers)
        response.headers["Content-Length"] = str(len(answer.body))
        policy = behavior.get("ResponseHeadersPolicyId")
        if policy:
            response_headers.apply(response.headers, self._registry.find(HEADERS_POLICY, policy).config)
        if told == "Hit":
            response.headers["Age"] = str(int(self._clock() - answer.stored_at))
        response.headers["X-Cache"] = f"{told} from cloudfront"
        errors.sign(response.headers)
        if answer.status == HTTPStatus.OK:
            _narrow(response, request, len(answer.body))
        return response


def _narrow(response: Response, request: Request, size_bytes: int) -> None:
    """Answer nothing to who has the object already, and a part to who asks for one; other ranges are ignored."""
    takes_part = _ONE_RANGE.fullmatch(request.headers.get("Range", "")) is not None
    try:
        response.make_conditional(request, accept_ranges=takes_part, complete_length=size_bytes)
    except RequestedRangeNotSatisfiable:
        response.status_code = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        response.headers["Content-Range"] = f"bytes */{size_bytes}"
        response.set_data(b"")


def _fetched(distribution: Resource, path: str, accept_encoding: str, now: float) -> Answer:
    """The origin's answer, compressed as the guest takes it."""
    behavior = _behavior(distribution, path)
    source = next(each for each in items(distribution.config["Origins"]) if each["Id"] == behavior["TargetOriginId"])
    key = f"{source.get('OriginPath', '')}{unquote(path)}"[1:]
    read = origin.read(str(origin.bucket_of(source["DomainName"])), key, distribution.arn)
    headers, body = Headers(read.headers), read.get_data()
    type_, encoded = headers.get("Content-Type", ""), headers.get("Content-Encoding", "")
    if behavior.get("Compress") and compression.is_compressed(read.status_code, type_, encoded, len(body)):
        headers["Vary"] = "Accept-Encoding"
        encodings = _encodings(behavior, accept_encoding)
        if encodings:
            headers["Content-Encoding"], body = compression.compress(body, encodings)
            headers["ETag"] = _weak(headers.get("ETag", ""))
    answer = Answer(read.status_code, tuple(headers.items()), body, now, now + ERROR_TTL_SECONDS)
    if answer.is_error:
        return answer
    return replace(answer, expires_at=_expires_at(answer, managed.cache_policy(behavior["CachePolicyId"])))


def _error(distribution: Resource, answer: Answer, accept_encoding: str) -> Answer:
    """What is answered instead of an error of the origin: a page that may not be read leaves the error as it was.

    It is kept for as long as the page says, if that is longer than what the distribution says:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
    """
    for custom in items(distribution.config["CustomErrorResponses"]):
        if custom["ErrorCode"] == answer.status:
            least = custom.get("ErrorCachingMinTTL", ERROR_TTL_SECONDS)
            page = custom.get("ResponsePagePath")
            shown = _fetched(distribution, page, accept_encoding, answer.stored_at) if page else answer
            if shown.is_error:
                return replace(answer, expires_at=answer.stored_at + least)
            policy = managed.cache_policy(_behavior(distribution, page)["CachePolicyId"])
            expires_at = _expires_at(shown, replace(policy, min_ttl=least, default_ttl=0))
            return replace(shown, status=int(custom["ResponseCode"]), expires_at=expires_at)
    return answer


def _expires_at(answer: Answer, policy: managed.CachePolicy) -> float:
    said = {name.lower(): value for name, value in answer.headers}
    return answer.stored_at + ttl_seconds(said, policy, answer.stored_at)


def _encodings(behavior: Mapping[str, Any], accept_encoding: str) -> str:
    policy = managed.cache_policy(behavior["CachePolicyId"])
    return compression.accepted(accept_encoding, policy) if behavior.get("Compress") else ""


def _behavior(distribution: Resource, path: str) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern."""
    for behavior in checks.behaviors(distribution.config):
        pattern = behavior.get("PathPattern")
        if pattern is None or _pattern(pattern).fullmatch(path):
            return behavior
    raise AssertionError("a distribution has a default behavior")


def _pattern(text: str) -> re.Pattern[str]:
    """`*` stands for any number of characters, `?` for one; a leading slash may be left out."""
    inner = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in text.lstrip("/"))
    return re.compile(f"/{inner}", re.DOTALL)


def _weak(etag: str) -> str:
    """The tag of what was compressed: it means the same content, not the same bytes.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html#compressed-content-cloudfront-etag-header
    """
    return f"W/{etag}" if etag.startswith('"') else etag
