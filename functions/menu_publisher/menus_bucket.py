"""The bucket that menus are uploaded to."""

from dataclasses import dataclass
from typing import Any

from menu_model import MAX_FILE_BYTES
from store_key import keys_of, store_of

_GONE = ("404", "NoSuchKey", "NoSuchVersion")


@dataclass(frozen=True)
class Version:
    """A menu as it was uploaded."""

    key: str
    id: str

    @property
    def ending(self) -> str:
        """The ending of the file's name."""
        return self.key.rpartition(".")[2]


class MenusBucket:
    """Menus by store. Each method sees what S3 has at the moment."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def stores(self) -> set[str]:
        """All stores with a menu."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        found = (store_of(item["Key"]) for page in pages for item in page.get("Contents", ()))
        return {store for store in found if store}

    def current(self, store: str) -> Version | None:
        """The menu of a store that was uploaded last; None where there is none."""
        listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=f"{store}.").get("Contents", ())
        keys = keys_of(store)
        newest = max(
            (item for item in listed if item["Key"] in keys), key=lambda item: item["LastModified"], default=None
        )
        if newest is None:
            return None
        try:
            return Version(newest["Key"], self._s3.head_object(Bucket=self._bucket, Key=newest["Key"])["VersionId"])
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise
            # Deleted since it was listed.
            return self.current(store)

    def read(self, version: Version) -> bytes | None:
        """The content of a version, at most a byte more than a menu may have; None where it is gone."""
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=version.key, VersionId=version.id)
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise
            return None
        content: bytes = found["Body"].read(MAX_FILE_BYTES + 1)
        return content
