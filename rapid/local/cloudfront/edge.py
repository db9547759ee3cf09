"""The edge: requests whose host is a distribution are answered from the cache, or from the bucket behind it.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HowCloudFrontWorks.html. Requests come over HTTP and
are taken as if they had come over HTTPS, which nobody needs who stays on one machine.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response
from werkzeug.datastructures import Headers

from . import checks, compression, errors, managed, origin, response_headers
from .cache import Answer, Cache, Key, ttl_seconds
from .registry import DOMAIN, HEADERS_POLICY, Registry, Resource, items

ERROR_TTL_SECONDS = 10
"""How long an error is kept where nobody says otherwise.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
"""
_ERRORS = range(400, 600)


class Edge:
    """Answers guests."""

    def __init__(self, registry: Registry, cache: Cache, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives epoch seconds."""
        self._registry, self._cache, self._clock = registry, cache, clock

    def serves(self, host: str) -> bool:
        """Whether a request with this Host header is for CloudFront: a distribution's name, or what looks like one."""
        return self._registry.of_host(host) is not None or host.partition(":")[0].lower().endswith(f".{DOMAIN}")

    def handle(self, request: Request) -> Response:
        """Answer a guest."""
        distribution = self._registry.of_host(request.environ.get("HTTP_HOST", ""))
        if distribution is None or not distribution.config["Enabled"]:
            return errors.page(403, errors.NO_DISTRIBUTION)
        path = request.environ["RAW_URI"].partition("?")[0]
        behavior = _behavior(distribution, path)
        methods = items(behavior.get("AllowedMethods")) or ["HEAD", "GET"]
        if request.method not in methods:
            return errors.page(403, errors.METHOD)
        answer, told = self._answer(distribution, behavior, path, request.headers.get("Accept-Encoding", ""))
        return self._sent(request, behavior, answer, told)

    def _answer(
        self, distribution: Resource, behavior: Mapping[str, Any], path: str, accept_encoding: str
    ) -> tuple[Answer, str]:
        """What a guest gets, and what X-Cache says of it."""
        now = self._clock()
        policy = managed.cache_policy(behavior["CachePolicyId"])
        encodings = compression.accepted(accept_encoding, policy) if behavior.get("Compress") else ""
        key = Key(distribution.id, path, encodings)
        kept = self._cache.get(key)
        if kept and now < kept.expires_at:
            return kept, "Error" if kept.status in _ERRORS else "Hit"
        answer = self._fetched(distribution, behavior, path, encodings, now)
        if answer.status in _ERRORS:
            answer = self._error(distribution, answer, accept_encoding, now)
            told = "Error"
        else:
            tag = kept.header("ETag") if kept else ""
            told = "RefreshHit" if tag and tag == answer.header("ETag") else "Miss"
        if answer.expires_at > now:
            self._cache.put(key, answer)
        else:
            self._cache.drop(key)
        return answer, told

    def _fetched(
        self, distribution: Resource, behavior: Mapping[str, Any], path: str, encodings: str, now: float
    ) -> Answer:
        """The origin's answer, compressed as the guest takes it."""
        source = next(
            each for each in items(distribution.config["Origins"]) if each["Id"] == behavior["TargetOriginId"]
        )
        wanted = distribution.config["DefaultRootObject"] if path == "/" else path.lstrip("/")
        key = f"{source.get('OriginPath', '')}/{unquote(wanted)}".lstrip("/")
        read = origin.read(str(origin.bucket_of(source["DomainName"])), key, distribution.arn)
        headers, body = Headers(read.headers), read.get_data()
        type_, encoded = headers.get("Content-Type", ""), headers.get("Content-Encoding", "")
        if behavior.get("Compress") and compression.is_compressed(read.status_code, type_, encoded, len(body)):
            headers["Vary"] = "Accept-Encoding"
            if encodings:
                headers["Content-Encoding"], body = compression.compress(body, encodings)
                headers["ETag"] = _weak(headers.get("ETag", ""))
        said = {name.lower(): value for name, value in headers.items()}
        ttl = ttl_seconds(said, managed.cache_policy(behavior["CachePolicyId"]), now)
        if read.status_code in _ERRORS:
            ttl = ERROR_TTL_SECONDS
        return Answer(read.status_code, tuple(headers.items()), body, now, now + ttl)

    def _error(self, distribution: Resource, answer: Answer, accept_encoding: str, now: float) -> Answer:
        """What is answered instead of an error of the origin.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html
        """
        for custom in items(distribution.config["CustomErrorResponses"]):
            if custom["ErrorCode"] != answer.status:
                continue
            expires_at = now + custom.get("ErrorCachingMinTTL", ERROR_TTL_SECONDS)
            page = custom.get("ResponsePagePath")
            if not page:
                return Answer(answer.status, answer.headers, answer.body, now, expires_at)
            behavior = _behavior(distribution, page)
            policy = managed.cache_policy(behavior["CachePolicyId"])
            encodings = compression.accepted(accept_encoding, policy) if behavior.get("Compress") else ""
            shown = self._fetched(distribution, behavior, page, encodings, now)
            if shown.status in _ERRORS:
                return Answer(answer.status, answer.headers, answer.body, now, expires_at)
            return Answer(int(custom["ResponseCode"]), shown.headers, shown.body, now, expires_at)
        return answer

    def _sent(self, request: Request, behavior: Mapping[str, Any], answer: Answer, told: str) -> Response:
        response = Response(answer.body, answer.status)
        response.headers.clear()
        response.headers.extend(answer.headers)
        response.headers["Content-Length"] = str(len(answer.body))
        policy = behavior.get("ResponseHeadersPolicyId")
        if policy:
            found = self._registry.find(HEADERS_POLICY, policy)
            response_headers.apply(response.headers, found.config)
        age = int(self._clock() - answer.stored_at)
        if told == "Hit":
            response.headers["Age"] = str(age)
        response.headers["X-Cache"] = f"{told} from cloudfront"
        errors.sign(response.headers)
        if answer.status == 200:
            response.make_conditional(request, accept_ranges=True, complete_length=len(answer.body))
        return response


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
