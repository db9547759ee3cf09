"""What stands for a request's body in its signature: mostly its digest, which must be right.

S3 alone lets a client say that the body is not signed:
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from ..service_error import ServiceError
from .signature import Signature

_UNSIGNED = frozenset({"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES = 256 * 1024


def payload_hash(environ: Mapping[str, Any], signature: Signature) -> str:
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
        raise ServiceError("NotImplemented", f"The local cloud does not support x-amz-content-sha256 {claimed}", 501)
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
