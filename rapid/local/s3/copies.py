"""Copies of objects, where moto does not do as AWS does: conditions on the source, a source that is not there.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

from moto.s3.responses import S3Response

from ..service_error import ServiceError

_CONDITION = "x-amz-copy-source-if-"
_plain_copy = S3Response.copy_object
_plain_part = S3Response.upload_part_copy


def mend() -> None:
    """Have moto hold copies to the conditions on their source."""
    S3Response.copy_object = _copy  # type: ignore[method-assign,assignment]
    S3Response.upload_part_copy = _copy_part  # type: ignore[method-assign,assignment]


def _copy(asked: S3Response) -> Any:
    _check(asked)
    return _plain_copy(asked)


def _copy_part(asked: S3Response) -> Any:
    _check(asked)
    return _plain_part(asked)


def _check(asked: S3Response) -> None:
    """Raises ServiceError for a source that is not there, or not as it is asked for."""
    source = urlparse(str(asked.headers["x-amz-copy-source"]))
    bucket, _, key = unquote(source.path).lstrip("/").partition("/")
    version_id = parse_qs(source.query).get("versionId", [None])[0]
    found = asked.backend.get_object(bucket, key, version_id=version_id)
    if found is None:
        if version_id:
            raise ServiceError("NoSuchVersion", "The specified version does not exist.", 404)
        raise ServiceError("NoSuchKey", "The specified key does not exist.", 404)
    for name, wanted in asked.headers.items():
        condition = name.lower().removeprefix(_CONDITION)
        if condition == name.lower():
            continue
        if condition not in ("match", "none-match"):
            raise ServiceError("NotImplemented", f"The local cloud does not support the header {name.lower()}", 501)
        if (wanted.strip('"') == found.etag.strip('"')) is not (condition == "match"):
            raise ServiceError(
                "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412
            )
