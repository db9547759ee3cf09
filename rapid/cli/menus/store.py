"""A store's menu on a stack: its versions in the bucket, and the one that guests see."""

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .. import site
from ..console import activity
from ..errors import CommandError
from ..target import Target
from .menu_code import module

WAIT_SECONDS = 120
"""CloudFront says that an invalidation takes up to two minutes at most, and seconds as a rule
(https://aws.amazon.com/cloudfront/faqs/)."""
_POLL_SECONDS = 0.25
_VERSION_HEADER = "x-amz-meta-menu-version"


@dataclass(frozen=True)
class Version:
    """A menu that was uploaded, or its removal."""

    key: str
    id: str
    uploaded: datetime.datetime
    size_bytes: int
    etag: str
    is_newest: bool
    """Whether it is the newest of its key."""

    @property
    def is_removal(self) -> bool:
        """Whether it says that there is no menu any more."""
        return not self.etag


class Store:
    """The menu of one store."""

    def __init__(self, stack: Target, store: str) -> None:
        """Find the storefront. Raises CommandError for a stack without one, and for what cannot be a store's id."""
        if not module("store_key").is_store(store):
            raise CommandError(f"--store {store!r}: a store with a menu is {module('store_key').RULE}")
        outputs = stack.outputs
        if not outputs.get("menus_bucket"):
            raise CommandError("the stack has no storefront; set the config key storefront to api or guest, and deploy")
        self.name, self._s3 = store, stack.client("s3")
        self._bucket: str = outputs["menus_bucket"]
        self._site: str = outputs["storefront_url"].rstrip("/")
        self.languages: Sequence[str] = outputs["menu_rules"]["languages"]
        """Languages of its pages, the default first."""
        self.currency: str = outputs["menu_rules"]["currency"]
        """Code of the currency of its prices."""

    def addresses(self) -> list[str]:
        """Where guests find the menu, in each language."""
        page_of = module("store_key").page_of
        return [f"{self._site}/{page_of(self.name, language, self.languages[0])}" for language in self.languages]

    def versions(self) -> list[Version]:
        """All versions, the newest first."""
        keys = module("store_key").keys_of(self.name)
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=f"{self.name}.")
        found = [
            Version(
                item["Key"],
                item["VersionId"],
                item["LastModified"],
                item.get("Size", 0),
                item.get("ETag", ""),
                item["IsLatest"],
            )
            for page in pages
            for kind in ("Versions", "DeleteMarkers")
            for item in page.get(kind, [])
            if item["Key"] in keys
        ]
        # S3 tells times in seconds, and the versions of a key in their order.
        newest_last = sorted(reversed(found), key=lambda each: (each.uploaded, each.is_newest, not each.is_removal))
        return newest_last[::-1]

    def read(self, version: Version) -> bytes:
        """The content of a version."""
        content: bytes = self._s3.get_object(Bucket=self._bucket, Key=version.key, VersionId=version.id)["Body"].read()
        return content

    def upload(self, content: bytes, ending: str) -> str:
        """Make this the newest menu; the id of its version."""
        key = f"{self.name}.{ending}"
        version: str = self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)["VersionId"]
        self._remove_others(key)
        return version

    def put_back(self, version: Version) -> str:
        """Make an older version the newest menu; the id that it has as such."""
        source = {"Bucket": self._bucket, "Key": version.key, "VersionId": version.id}
        answer = self._s3.copy_object(Bucket=self._bucket, Key=version.key, CopySource=source)
        self._remove_others(version.key)
        return str(answer["VersionId"])

    def shown_version(self) -> str | None:
        """The id of the version that guests see; None where they see none. Raises CommandError."""
        url = self.addresses()[0]
        answer = site.get(url)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise CommandError(f"{url} answers {answer.status}")
        return answer.headers.get(_VERSION_HEADER)

    def wait_until_shown(self, version: str) -> float:
        """Wait until guests see a version; the seconds that it took. Raises CommandError if they do not."""
        start = time.monotonic()
        try:
            with activity(f"Waiting until guests see version {version}"):
                while self.shown_version() != version:
                    if time.monotonic() - start > WAIT_SECONDS:
                        raise CommandError(self._why_not_shown(version))
                    time.sleep(_POLL_SECONDS)
        except KeyboardInterrupt:
            again = f"`rapid menu versions --store {self.name}` shows whether guests see it"
            raise CommandError(f"interrupted; the menu is uploaded, and published all the same; {again}") from None
        return time.monotonic() - start

    def _why_not_shown(self, version: str) -> str:
        newest = self.versions()[0]
        if newest.id != version:
            return f"another menu was uploaded meanwhile, as version {newest.id}; guests see that one"
        return (
            f"guests do not see it after {WAIT_SECONDS} seconds; refused? A mail to notification_email says why. "
            f"`rapid menu versions --store {self.name}` shows how it is now"
        )

    def _remove_others(self, key: str) -> None:
        """A store has one menu, so that a menu in JSON takes the place of one in CSV."""
        for version in self.versions():
            if version.key != key and version.is_newest and not version.is_removal:
                self._s3.delete_object(Bucket=self._bucket, Key=version.key)


def of_stack(store: str) -> Store:
    """A store on the stack that commands talk to."""
    from .. import target

    return Store(target.find(), store)
