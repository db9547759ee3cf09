"""Keys of a bucket, which are listed while others put and delete: moto looks each up again, and fails if it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.s3.models import FakeKey
from moto.s3.utils import _VersionedKeyStore

_plain_key = FakeKey.__init__


def mend() -> None:
    """Have moto list what a bucket has when the listing begins."""
    for name, listed in {"items": _items, "values": _values, "lists": _lists}.items():
        for alias in (name, f"iter{name}", f"_iter{name}"):
            setattr(_VersionedKeyStore, alias, listed)
    FakeKey.__init__ = _new_key  # type: ignore[method-assign,assignment]


def _lists(keys: _VersionedKeyStore) -> Iterator[tuple[str, list[Any]]]:
    return iter([(key, [*versions]) for key, versions in dict(keys).items()])


def _items(keys: _VersionedKeyStore) -> Iterator[tuple[str, Any]]:
    return ((key, versions[-1]) for key, versions in _lists(keys) if versions)


def _values(keys: _VersionedKeyStore) -> Iterator[Any]:
    return (latest for _, latest in _items(keys))


def _new_key(key: FakeKey, *arguments: Any, **named: Any) -> None:
    _plain_key(key, *arguments, **named)
    # While it is no one else's: moto would read the bytes when the ETag is first asked for, beside other readers, or
    # when they are gone.
    _ = key.etag
