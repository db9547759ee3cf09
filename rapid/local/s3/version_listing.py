"""Versions of objects, of which moto copies those of the whole bucket, with their bytes, for each page of a listing,
and fails if another writes one meanwhile.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

from __future__ import annotations

import copy
import heapq
import io
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from moto.s3.models import FakeDeleteMarker, FakeKey, S3Backend

_plain_listing = S3Backend.list_object_versions


def mend() -> None:
    """Have moto look at no more than the page that is asked for."""
    S3Backend.list_object_versions = _listing  # type: ignore[method-assign,assignment]


def _listing(
    backend: S3Backend,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = 1000,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> Any:
    keys = backend.get_bucket(bucket_name).keys
    # A copy, since others store objects meanwhile.
    wanted = (key for key in [*keys] if key.startswith(prefix or "") and key >= (key_marker or ""))
    # Beside the last key of the page before, one more than there are places says that there is another page; with a
    # delimiter many keys may be one place.
    page = sorted(wanted) if delimiter or max_keys is None else heapq.nsmallest(max_keys + 2, wanted)
    lists = [(key, _Versions(versions)) for key in page if (versions := keys.getlist(key))]
    view = SimpleNamespace(keys=SimpleNamespace(iterlists=lambda: iter(lists)))
    asked = cast(S3Backend, SimpleNamespace(get_bucket=lambda _name: view))
    return _plain_listing(asked, bucket_name, delimiter, key_marker, max_keys, prefix, version_id_marker)


class _Versions(list[Any]):
    """Versions of a key, which moto copies to mark the latest: without the bytes, which may be going meanwhile."""

    def __deepcopy__(self, _memo: Mapping[int, Any]) -> list[Any]:
        return [_without_bytes(version) for version in self]


def _without_bytes(version: FakeKey | FakeDeleteMarker) -> FakeKey | FakeDeleteMarker:
    if not isinstance(version, FakeKey):
        return copy.copy(version)
    # Not by the class, which keeps each of its instances in a list.
    found: FakeKey = object.__new__(FakeKey)
    vars(found).update({**vars(version), "_value_buffer": io.BytesIO(), "multipart": None, "disposed": True})
    return found
