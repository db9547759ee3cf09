"""Emptying buckets that keep versions: each version and each delete marker is deleted by itself."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from ..errors import CommandError

_WORKERS = 8


def empty(s3: Any, buckets: Sequence[str], advanced: Callable[[int], None]) -> int:
    """Delete all versions of all objects; returns how many. `advanced` hears how many are done.

    Raises CommandError for what S3 does not delete.
    """
    done = [0] * len(buckets)

    def one(place: int) -> None:
        for count in _emptied(s3, buckets[place]):
            done[place] += count
            advanced(sum(done))

    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(one, range(len(buckets))))
    return sum(done)


def _emptied(s3: Any, bucket: str) -> Any:
    """Delete a page of versions at a time, and tell of each page."""
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [
                {"Key": item["Key"], "VersionId": item["VersionId"]}
                for item in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
            ]
            if not found:
                continue
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": found, "Quiet": True})
            for error in answer.get("Errors", []):
                raise CommandError(
                    f"s3://{bucket}/{error['Key']} could not be deleted: {error['Code']}: {error['Message']}"
                )
            yield len(found)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise CommandError(f"bucket {bucket} could not be emptied: {error}") from None
