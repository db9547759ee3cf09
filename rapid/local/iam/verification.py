"""Whether a signature is what the holder of its access key gives the request, and how old it may be.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

import calendar
import hmac
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from .callers import AccessKey, Callers
from .canonical_request import expected_form_signature, expected_signature
from .payload import payload_hash
from .refused_signature import Fault, RefusedSignatureError
from .signature import Signature

_TERMINATOR = "aws4_request"
# https://docs.aws.amazon.com/general/latest/gr/iam-service.html, https://docs.aws.amazon.com/general/latest/gr/sts.html
_GLOBAL_SERVICES, _GLOBAL_REGION = ("iam", "sts"), "us-east-1"
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_SKEW_MINUTES = 5
_S3_SKEW_MINUTES = 15
_MINUTE_SECONDS = 60


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
            return expected_signature(environ, signature, payload_hash(environ, signature), secret)

        return self._signer(signature, expected, now)

    def identify_form(self, signature: Signature, policy: str) -> AccessKey:
        """The access key that signed the policy of a form, which says itself how long it holds.

        Raises RefusedSignatureError.
        """
        return self._signer(signature, lambda secret: expected_form_signature(policy, signature, secret), self._clock())

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
