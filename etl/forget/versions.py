"""Objects of a bucket in all their versions: listed, read some ahead, replaced and deleted for good."""

import datetime
import itertools
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from etl import ahead, objects

_READERS = 8
"""So many objects are in memory at most, besides the one that was given out."""


class Version(NamedTuple):
    """One version of an object. What `is_latest` is what a reader gets who names no version."""

    bucket: str
    key: str
    id: str
    etag: str
    size_bytes: int
    modified: datetime.datetime
    storage_class: str
    is_latest: bool


class Replaced(Exception):
    """An object that somebody else changed meanwhile; nothing was written."""


def listed(s3: Any, bucket: str, prefix: str) -> Iterator[Version]:
    """All versions under a prefix. Delete markers, which hold nothing but a key, are none."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Versions", []):
            yield Version(
                bucket,
                item["Key"],
                item["VersionId"],
                item["ETag"].strip('"'),
                item["Size"],
                item["LastModified"],
                item.get("StorageClass", "STANDARD"),
                item["IsLatest"],
            )


def contents(s3: Any, found: Iterable[Version]) -> Iterator[tuple[Version, bytes]]:
    """The versions with their bytes, in order; what was deleted since it was listed is left out."""
    for version, body in ahead.results(partial(read, s3), found, _READERS):
        if body is not None:
            yield version, body


def read(s3: Any, version: Version) -> bytes | None:
    """The bytes of a version; None if it is gone."""
    return objects.read(s3, version.bucket, version.key, VersionId=version.id)


def replace(s3: Any, version: Version, body: bytes) -> None:
    """Put other bytes in the place of a current version, and delete that for good. Raises Replaced.

    Killed between the two, it leaves an old version, which the next search finds.
    """
    kept = {"StorageClass": version.storage_class} if version.storage_class != "STANDARD" else {}
    try:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        answer = s3.put_object(Bucket=version.bucket, Key=version.key, Body=body, IfMatch=version.etag, **kept)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404"):
            raise Replaced(f"s3://{version.bucket}/{version.key} was changed meanwhile") from None
        raise
    # In a bucket without versions there is no old one.
    if "VersionId" in answer:
        delete(s3, [version])


def delete(s3: Any, found: Iterable[Version]) -> None:
    """Delete versions for good. Without a delete marker, for none is made where a version is named."""
    for bucket, named in itertools.groupby(found, lambda version: version.bucket):
        objects.delete(s3, bucket, ({"Key": version.key, "VersionId": version.id} for version in named))


def remove(s3: Any, version: Version) -> None:
    """Delete an object for good, and whatever it was before; the current version last, lest an old one take its place.

    Raises Replaced for one that is not current any more.
    """
    found = list(_of_key(s3, version.bucket, version.key))
    current = [item for item in found if item["IsLatest"]]
    if any(item["VersionId"] != version.id for item in current):
        raise Replaced(f"s3://{version.bucket}/{version.key} was changed meanwhile")
    for items in ([item for item in found if not item["IsLatest"]], current):
        delete(s3, [version._replace(id=item["VersionId"]) for item in items])


def remove_markers(s3: Any, bucket: str, key: str) -> None:
    """Delete what tells of an object that had versions once, and has none any more."""
    found = list(_of_key(s3, bucket, key))
    if not any("ETag" in item for item in found):
        gone = datetime.datetime.min
        delete(s3, [Version(bucket, key, item["VersionId"], "", 0, gone, "", False) for item in found])


def _of_key(s3: Any, bucket: str, key: str) -> Iterator[dict[str, Any]]:
    """Versions and delete markers of one object."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
        for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            if item["Key"] == key:
                yield item
