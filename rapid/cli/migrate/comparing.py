"""What a listing of the old lake and one of the streaming lake differ in, page by page, whatever their length."""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import Any, NamedTuple

from ..errors import CommandError
from .inventory import Listed, Part, listing

SOURCE_ETAG = "rapid-source-etag"
"""Metadata of a copy whose ETag says nothing of its source's, since one of the two was stored in parts."""
_LOOKERS = 8
_PAGE = 1000
"""Pairs that are looked at together, as many as a listing's page has."""


class Kind(Enum):
    """How an object of one lake stands to the other's."""

    SAME = "same"
    """Or, where both lakes are written in turn, the target's was written later."""
    MISSING = "missing"
    """The target has none."""
    CHANGED = "changed"
    """The target has another: the source was written anew, or the copy is damaged."""
    EXTRA = "extra"
    """The source has none."""


class Compared(NamedTuple):
    """An object, and what it is in the other lake."""

    kind: Kind
    source: Listed | None
    target: Listed | None


def joined(left: Iterable[Listed], right: Iterable[Listed]) -> Iterator[tuple[Listed | None, Listed | None]]:
    """Pairs of objects with the same key, from two listings in the order of keys; None where one has none.

    One object of each is held at a time. S3 lists by the bytes of keys in UTF-8, which is the order of Python's text
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html). Raises CommandError for a
    listing in another order, as of a directory bucket, in which pairs would be missed.
    """
    lefts, rights = _ascending(left), _ascending(right)
    one, other = next(lefts, None), next(rights, None)
    while one or other:
        if one and (other is None or one.key < other.key):
            yield one, None
            one = next(lefts, None)
        elif other and (one is None or other.key < one.key):
            yield None, other
            other = next(rights, None)
        else:
            yield one, other
            one, other = next(lefts, None), next(rights, None)


def compared(s3: Any, part: Part) -> Iterator[Compared]:
    """Every object of a part of both lakes, in the order of keys, by its key in the target."""
    for item in looked_at(s3, part.target_bucket, pairs(s3, part)):
        yield item._replace(kind=Kind.SAME) if is_later(part, item.source, item.target) else item


def pairs(s3: Any, part: Part) -> Iterator[tuple[Listed | None, Listed | None]]:
    """What both lakes have of a part, by its key in the target."""
    sources = listing(s3, part.bucket, part.prefix)
    if part.target_folder:
        sources = (item._replace(key=part.target_key(item.key)) for item in sources)
    return joined(sources, listing(s3, part.target_bucket, part.target_prefix))


def is_later(part: Part, source: Listed | None, target: Listed | None) -> bool:
    """Whether the target's object has all that the source's has because it was written later."""
    return bool(part.is_written_anew and source and target and target.modified > source.modified)


def looked_at(s3: Any, target_bucket: str, pairs: Iterable[tuple[Listed | None, Listed | None]]) -> Iterator[Compared]:
    """What the pairs are. Only where the listings do not tell are copies themselves asked, several at once."""

    def is_same(pair: tuple[Listed | None, Listed | None]) -> bool:
        source, target = pair
        assert source is not None
        assert target is not None
        metadata = s3.head_object(Bucket=target_bucket, Key=target.key)["Metadata"]
        return bool(metadata.get(SOURCE_ETAG) == source.etag)

    rest = iter(pairs)
    with ThreadPoolExecutor(_LOOKERS, thread_name_prefix="look") as pool:
        try:
            while page := [*itertools.islice(rest, _PAGE)]:
                kinds = [_told(*pair) for pair in page]
                answers = pool.map(is_same, [pair for pair, kind in zip(page, kinds, strict=True) if kind is None])
                for (source, target), kind in zip(page, kinds, strict=True):
                    yield Compared(kind or (Kind.SAME if next(answers) else Kind.CHANGED), source, target)
        finally:
            pool.shutdown(cancel_futures=True)


def _told(source: Listed | None, target: Listed | None) -> Kind | None:
    """What the listings tell of a pair; None where they do not."""
    if source is None:
        return Kind.EXTRA
    if target is None:
        return Kind.MISSING
    if source.size_bytes != target.size_bytes:
        return Kind.CHANGED
    if in_parts(source) or in_parts(target):
        return None
    return Kind.SAME if source.etag == target.etag else Kind.CHANGED


def in_parts(item: Listed) -> bool:
    """Whether an object's ETag is not the MD5 of its bytes but of its parts' MD5s, so that a copy has another one.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html. The buckets are encrypted with SSE-S3, under which
    every other ETag is the MD5 of the bytes.
    """
    return "-" in item.etag


def _ascending(items: Iterable[Listed]) -> Iterator[Listed]:
    before = None
    for item in items:
        if before is not None and item.key <= before:
            raise CommandError(f"a listing is not in the order of keys: {item.key} comes after {before}")
        before = item.key
        yield item
