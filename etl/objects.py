"""Objects of S3, as every job lists, reads and deletes them."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

MAX_DELETED = 1000
"""Objects that one request deletes (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html)."""
_ABSENT = ("404", "NoSuchKey", "NoSuchVersion")


class NotDeleted(Exception):
    """An object that S3 did not delete; the message names it and says why."""


def place(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def listed(s3: Any, bucket: str, prefix: str, after: str = "") -> Iterator[dict[str, Any]]:
    """The objects under a prefix as S3 lists them, in the order of their keys; those after some key, if given."""
    start = {"StartAfter": after} if after else {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **start):
        yield from page.get("Contents", [])


def read(s3: Any, bucket: str, key: str, **wanted: str) -> bytes | None:
    """The bytes of an object, or of a version of it; None if there is none."""
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key, **wanted)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    return body


def exists(s3: Any, bucket: str, key: str) -> bool:
    """Whether there is such an object."""
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return False
        raise
    return True


def delete(s3: Any, bucket: str, named: Iterable[dict[str, str]]) -> int:
    """Delete objects (`Key`), or versions of them (`VersionId` too); how many, those already gone among them.

    Raises NotDeleted.
    """
    deleted, rest = 0, iter(named)
    while chunk := list(itertools.islice(rest, MAX_DELETED)):
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": chunk, "Quiet": True})
        for error in answer.get("Errors", []):
            if error["Code"] not in _ABSENT:
                raise NotDeleted(f"s3://{bucket}/{error['Key']}: {error['Code']}: {error['Message']}")
        deleted += len(chunk)
    return deleted
