"""The bucket that guests' browsers get pages from, and the cache in front of it."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from menus_bucket import Version
from store_key import PAGES, store_of_page

VERSION, KEY = "menu-version", "menu-key"
"""What a page's metadata, and so its headers x-amz-meta-…, tell of the menu that it shows."""


class SiteBucket:
    """The pages of menus."""

    def __init__(self, s3: Any, cloudfront: Any, bucket: str, distribution_id: str, cache_control: str) -> None:
        """`cache_control` says for how long pages are kept."""
        self._s3, self._cloudfront = s3, cloudfront
        self._bucket, self._distribution_id, self._cache_control = bucket, distribution_id, cache_control
        self._changed: set[str] = set()

    def stores(self) -> set[str]:
        """All stores with a page."""
        return {store_of_page(key) for key in self._keys(PAGES)}

    def shown(self, store: str) -> Version | None:
        """The version that a store's page shows; None where it has no page."""
        try:
            told = self._s3.head_object(Bucket=self._bucket, Key=PAGES + store)["Metadata"]
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            return None
        return Version(told[KEY], told[VERSION])

    def write(self, version: Version, pages: Mapping[str, bytes]) -> None:
        """Write pages, by key."""
        for key, page in pages.items():
            self._changed.add(key)
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=page,
                ContentType="text/html; charset=utf-8",
                CacheControl=self._cache_control,
                Metadata={VERSION: version.id, KEY: version.key},
            )

    def remove(self, store: str, pages: Iterable[str]) -> None:
        """Delete a store's pages; `pages` are the keys that they may have, for some may be deleted but cached still."""
        self._changed.update(pages)
        self.delete_others(store, ())

    def delete_others(self, store: str, kept: Iterable[str]) -> None:
        """Delete a store's pages except some."""
        found = self._keys(PAGES + store + "/") + [key for key in self._keys(PAGES + store) if key == PAGES + store]
        for key in {*found} - {*kept}:
            self._changed.add(key)
            self._s3.delete_object(Bucket=self._bucket, Key=key)

    def invalidate_changed(self) -> None:
        """Let CloudFront forget the pages that were changed, each by its path: of those with `*` it takes 15 at a time.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html
        """
        if self._changed:
            self._invalidate(*sorted(self._changed))
            self._changed.clear()

    def invalidate_all(self) -> None:
        """Let CloudFront forget all that it keeps, of the form too."""
        self._invalidate("*")
        self._changed.clear()

    def _invalidate(self, *keys: str) -> None:
        self._cloudfront.create_invalidation(
            DistributionId=self._distribution_id,
            # A repeat of an invocation is an invalidation of its own.
            InvalidationBatch={
                "Paths": {"Quantity": len(keys), "Items": [f"/{key}" for key in keys]},
                "CallerReference": uuid.uuid4().hex,
            },
        )

    def _keys(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]
