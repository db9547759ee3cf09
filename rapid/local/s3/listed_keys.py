"""Keys of a bucket, which are listed while others put and delete: moto looks each up again, and fails if it is gone.

It also sorts all keys of the bucket for each page of a listing, and reads each time of storage from the text that it
has just made of it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend
from moto.s3.utils import _VersionedKeyStore

_plain_key = FakeKey.__init__
_plain_listing = S3Backend.list_objects
_plain_listing_v2 = S3Backend.list_objects_v2


def mend() -> None:
    """Have moto list what a bucket has when the listing begins, and look at no more than the page that is asked for."""
    for name, listed in {"items": _items, "values": _values, "lists": _lists}.items():
        for alias in (name, f"iter{name}", f"_iter{name}"):
            setattr(_VersionedKeyStore, alias, listed)
    FakeKey.__init__ = _new_key  # type: ignore[method-assign,assignment]
    FakeKey.last_modified_ISO8601 = property(lambda key: key.last_modified)  # type: ignore[method-assign,assignment]
    S3Backend.list_objects = _listing  # type: ignore[method-assign,assignment]
    S3Backend.list_objects_v2 = _listing_v2  # type: ignore[method-assign,assignment]


def _lists(keys: _VersionedKeyStore) -> Iterator[tuple[str, list[Any]]]:
    return iter([(key, [*versions]) for key, versions in dict(keys).items()])


def _items(keys: _VersionedKeyStore) -> Iterator[tuple[str, Any]]:
    return ((key, latest) for key, versions in dict(keys).items() for latest in versions[-1:])


def _values(keys: _VersionedKeyStore) -> Iterator[Any]:
    return (latest for _, latest in _items(keys))


def _new_key(key: FakeKey, *arguments: Any, **named: Any) -> None:
    _plain_key(key, *arguments, **named)
    # While it is no one else's: moto would read the bytes when the ETag is first asked for, beside other readers, or
    # when they are gone.
    _ = key.etag


def _listing(
    backend: S3Backend,
    bucket: FakeBucket,
    prefix: str | None,
    delimiter: str | None,
    marker: str | None,
    max_keys: int | None,
) -> Any:
    if max_keys is not None:
        after = backend._pagination_tokens.get(marker or "") or marker
        bucket = _page(bucket, prefix, delimiter, after, max_keys)
    return _plain_listing(backend, bucket, prefix, delimiter, marker, max_keys)


def _listing_v2(
    backend: S3Backend,
    bucket: FakeBucket,
    prefix: str | None,
    delimiter: str | None,
    continuation_token: str | None,
    start_after: str | None,
    max_keys: int,
) -> Any:
    after = backend._pagination_tokens.get(continuation_token) if continuation_token else start_after
    page = _page(bucket, prefix, delimiter, after, max_keys)
    return _plain_listing_v2(backend, page, prefix, delimiter, continuation_token, start_after, max_keys)


def _page(bucket: FakeBucket, prefix: str | None, delimiter: str | None, after: str | None, max_keys: int) -> Any:
    """The bucket, as far as a page needs it; all of it with a delimiter, where many keys may be one place."""
    if delimiter:
        return bucket
    begins, last = prefix or "", after or ""
    wanted = (
        (key, latest)
        for key, latest in _items(bucket.keys)
        if key.startswith(begins) and key > last and not isinstance(latest, FakeDeleteMarker)
    )
    # One more than there are places says that there is another page. Only keys are compared, for no two are the same.
    return SimpleNamespace(name=bucket.name, keys=dict(heapq.nsmallest(max_keys + 1, wanted)))
