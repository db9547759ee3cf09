"""The signature that a request ought to have.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html; for S3, whose paths are
encoded once, https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from botocore.utils import normalize_url_path

from .signature import ALGORITHM, Signature

_PLAIN_PATH = re.compile(r"[\w./~-]*", re.ASCII)
_WITHOUT_PREFIX = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_KEPT_KEYS = 1024


def expected_signature(environ: Mapping[str, Any], signature: Signature, payload_hash: str, secret: str) -> str:
    """The signature that the holder of a secret gives a request."""
    scope = f"{signature.date}/{signature.region}/{signature.service}/{signature.terminator}"
    request = _bytes(_canonical_request(environ, signature, payload_hash))
    text = f"{ALGORITHM}\n{signature.timestamp}\n{scope}\n{hashlib.sha256(request).hexdigest()}"
    return hmac.digest(_signing_key(secret, scope), _bytes(text), "sha256").hex()


def expected_form_signature(policy: str, signature: Signature, secret: str) -> str:
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
        f"{name}:{' '.join(environ.get(key, '').split())}\n" for name, key in _headers(signature.signed_headers)
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
def _headers(signed_headers: str) -> tuple[tuple[str, str], ...]:
    """The signed headers, each with its name in WSGI's environment."""
    names = signed_headers.split(";")
    return tuple((name, _WITHOUT_PREFIX.get(name) or f"HTTP_{name.upper().replace('-', '_')}") for name in names)


@lru_cache(maxsize=_KEPT_KEYS)
def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
