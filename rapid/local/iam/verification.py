"""Whether a signature is what the holder of its access key gives the request, and how old it may be.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html; for S3, whose paths are
encoded once, https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from botocore.utils import normalize_url_path

from ..service_error import ServiceError, unsupported
from .callers import AccessKey, Callers
from .refusals import Fault, RefusedSignatureError
from .signature import ALGORITHM, Signature

_TERMINATOR = "aws4_request"
# https://docs.aws.amazon.com/general/latest/gr/iam-service.html, https://docs.aws.amazon.com/general/latest/gr/sts.html
_GLOBAL_SERVICES, _GLOBAL_REGION = ("cloudfront", "iam", "sts"), "us-east-1"
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_SKEW_MINUTES = 5
_S3_SKEW_MINUTES = 15
_MINUTE_SECONDS = 60
_PLAIN_PATH = re.compile(r"[\w./~-]*", re.ASCII)
_WITHOUT_PREFIX = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_KEPT_KEYS = 1024
_UNSIGNED = frozenset({"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES = 256 * 1024


class Verifier:
    """Tells whose signature a request bears."""

    def __init__(self, callers: Callers, region: str, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since the epoch."""
        self._callers = callers
        self._region = region
        self._clock = clock

    def identify(self, environ: Mapping[str, Any], signature: Signature) -> AccessKey:
        """The access key that signed a request.

        Raises RefusedSignatureError in the order in which AWS checks; ServiceError for a body that S3 does not take.
        """
        now = self._clock()
        _check_time(signature, now)
        _check_headers(environ, signature)

        def expected(secret: str) -> str:
            return _expected_signature(environ, signature, _payload_hash(environ, signature), secret)

        return self._signer(signature, expected, now)

    def identify_form(self, signature: Signature, policy: str) -> AccessKey:
        """The access key that signed the policy of a form, which says itself how long it holds.

        Raises RefusedSignatureError.
        """
        return self._signer(
            signature, lambda secret: _expected_form_signature(policy, signature, secret), self._clock()
        )

    def _signer(self, signature: Signature, expected: Callable[[str], str], now: float) -> AccessKey:
        """The access key of a signature; `expected` is what the holder of a secret signs."""
        _check_region(signature, self._region)
        _check_scope(signature)
        key = self._callers.find(signature.access_key_id)
        if key is None or (key.credentials.session_token and not signature.session_token):
            raise RefusedSignatureError(Fault.UNKNOWN_KEY)
        if not hmac.compare_digest(expected(key.credentials.secret_access_key).encode(), signature.value.encode()):
            raise RefusedSignatureError(Fault.MISMATCH)
        if signature.session_token != key.credentials.session_token:
            raise RefusedSignatureError(Fault.WRONG_TOKEN)
        if key.expires_at is not None and key.expires_at < now:
            raise RefusedSignatureError(Fault.EXPIRED_TOKEN)
        return key


def _check_time(signature: Signature, now: float) -> None:
    signed_at = _seconds(signature.timestamp)
    minutes = _S3_SKEW_MINUTES if signature.service == "s3" else _SKEW_MINUTES
    skew = minutes * _MINUTE_SECONDS
    if signed_at > now + skew:
        until = f"{_text(now + skew)} ({_text(now)} + {minutes} min.)"
        message = f"Signature not yet current: {signature.timestamp} is still later than {until}"
        raise RefusedSignatureError(Fault.SKEWED, message)
    if signed_at + (skew if signature.link_seconds is None else signature.link_seconds) < now:
        since = f"{_text(now - skew)} ({_text(now)} - {minutes} min.)"
        message = f"Signature expired: {signature.timestamp} is now earlier than {since}"
        raise RefusedSignatureError(Fault.SKEWED if signature.link_seconds is None else Fault.LINK_EXPIRED, message)


def _check_headers(environ: Mapping[str, Any], signature: Signature) -> None:
    signed = signature.signed_headers.split(";")
    if "host" not in signed:
        message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        raise RefusedSignatureError(Fault.MISMATCH, message)
    if signature.service == "s3" and any(
        key.startswith("HTTP_X_AMZ_") and key.removeprefix("HTTP_").replace("_", "-").lower() not in signed
        for key in environ
    ):
        raise RefusedSignatureError(Fault.UNSIGNED_HEADERS)


def _check_region(signature: Signature, region: str) -> None:
    if signature.region == region or (signature.service in _GLOBAL_SERVICES and signature.region == _GLOBAL_REGION):
        return
    if signature.service != "s3":
        raise RefusedSignatureError(Fault.MISMATCH, "Credential should be scoped to a valid region.")
    message = f"the region '{signature.region}' is wrong; expecting '{region}'"
    if signature.link_seconds is None:
        raise RefusedSignatureError(Fault.INCOMPLETE, message)
    raise RefusedSignatureError(Fault.INCOMPLETE_LINK, f"Error parsing the X-Amz-Credential parameter; {message}")


def _check_scope(signature: Signature) -> None:
    said = []
    if signature.terminator != _TERMINATOR:
        said.append(f"Credential should be scoped with a valid terminator: '{_TERMINATOR}'.")
    if not signature.timestamp.startswith(signature.date) or len(signature.date) != len("YYYYMMDD"):
        said.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{signature.date}' != '{signature.timestamp[:8]}', from '{signature.timestamp}'."
        )
    if said:
        raise RefusedSignatureError(Fault.MISMATCH, " ".join(said))


@lru_cache(maxsize=64)
def _seconds(timestamp: str) -> float:
    try:
        return calendar.timegm(time.strptime(timestamp, _TIMESTAMP))
    except ValueError:
        message = (
            f"Date must be in ISO-8601 'basic format'. Got '{timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601"
        )
        raise RefusedSignatureError(Fault.INCOMPLETE, message) from None


def _text(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):{_TIMESTAMP}}"


def _expected_signature(environ: Mapping[str, Any], signature: Signature, payload_hash: str, secret: str) -> str:
    """The signature that the holder of a secret gives a request."""
    scope = f"{signature.date}/{signature.region}/{signature.service}/{signature.terminator}"
    request = _bytes(_canonical_request(environ, signature, payload_hash))
    text = f"{ALGORITHM}\n{signature.timestamp}\n{scope}\n{hashlib.sha256(request).hexdigest()}"
    return hmac.digest(_signing_key(secret, scope), _bytes(text), "sha256").hex()


def _expected_form_signature(policy: str, signature: Signature, secret: str) -> str:
    """The signature that the holder of a secret gives the policy of a form, as it stands in its field.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
    """
    scope = f"{signature.date}/{signature.region}/{signature.service}/{signature.terminator}"
    return hmac.digest(_signing_key(secret, scope), policy.encode(), "sha256").hex()


def _bytes(text: str) -> bytes:
    """The bytes of the request line and the headers, which WSGI has in Latin 1; nobody signs what is not in it."""
    return text.encode("latin-1", "replace")


def _canonical_request(environ: Mapping[str, Any], signature: Signature, payload_hash: str) -> str:
    path, _, query = environ["RAW_URI"].partition("?")
    headers = "".join(
        f"{name}:{' '.join(environ.get(key, '').split())}\n" for name, key in _signed_headers(signature.signed_headers)
    )
    lines = (
        environ["REQUEST_METHOD"],
        _path(path, signature.service),
        _query(query) if query else "",
        headers,
        signature.signed_headers,
        payload_hash,
    )
    return "\n".join(lines)


def _path(path: str, service: str) -> str:
    if service == "s3":
        return path if _PLAIN_PATH.fullmatch(path) else quote(unquote_to_bytes(path.encode("latin-1")), safe="/~")
    return "/" if path == "/" else quote(normalize_url_path(path), safe="/~", encoding="latin-1")


def _query(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded if name != "X-Amz-Signature")


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe="~")


@lru_cache(maxsize=_KEPT_KEYS)
def _signed_headers(signed_headers: str) -> tuple[tuple[str, str], ...]:
    """The signed headers, each with its name in WSGI's environment."""
    names = signed_headers.split(";")
    return tuple((name, _WITHOUT_PREFIX.get(name) or f"HTTP_{name.upper().replace('-', '_')}") for name in names)


@lru_cache(maxsize=_KEPT_KEYS)
def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _payload_hash(environ: Mapping[str, Any], signature: Signature) -> str:
    """The body's line in the canonical request. Raises ServiceError for what S3 does not take."""
    if signature.service != "s3":
        return _digest(environ["wsgi.input"])
    claimed = environ.get("HTTP_X_AMZ_CONTENT_SHA256")
    if claimed is None:
        if signature.link_seconds is None:
            raise ServiceError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        return "UNSIGNED-PAYLOAD"
    if claimed in _UNSIGNED:
        return str(claimed)
    if claimed.startswith("STREAMING-"):
        raise unsupported(f"x-amz-content-sha256 {claimed}")
    if not _DIGEST.fullmatch(claimed):
        message = (
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER or a valid sha256 value."
        )
        raise ServiceError("InvalidArgument", message)
    if claimed != _digest(environ["wsgi.input"]):
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise ServiceError("XAmzContentSHA256Mismatch", message)
    return str(claimed)


def _digest(body: Any) -> str:
    """The body's digest; the body can be read again afterwards."""
    digest = hashlib.sha256()
    while chunk := body.read(_CHUNK_BYTES):
        digest.update(chunk)
    body.seek(0)
    return digest.hexdigest()
