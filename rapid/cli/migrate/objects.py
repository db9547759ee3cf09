"""The objects of both lakes, compared: by their keys, history by what it was copied from."""

import datetime
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from contracts import Contract
from etl import ahead

from ..console import number_of
from ..target import Target
from . import in_flight, inventory
from .comparing import SOURCE_ETAG, is_later, pairs
from .differences import Group, Named
from .inventory import Listed
from .state import Migration
from .vanished import Fate, Vanished

_CHECKERS = 16
_AHEAD = ahead.Waiting["Copy"](1000)
_CHUNK_BYTES = 1024**2
_CHECKSUMS = ("ChecksumCRC64NVME", "ChecksumCRC32", "ChecksumCRC32C", "ChecksumSHA1", "ChecksumSHA256")
"""Of the whole object, unless they end in `-` and the number of parts."""


class Wrong(StrEnum):
    """What is wrong with an object of the target."""

    MISSING = "missing"
    CHANGED = "changed"
    UNEXPECTED = "unexpected"


_FIXES = {
    Wrong.MISSING: "`rapid migrate sync` copies what is missing; then verify again",
    Wrong.CHANGED: "`rapid migrate sync` copies it again; then verify again",
    Wrong.UNEXPECTED: "nothing in the old lake has this key (any more): look at it, then delete it, all versions of it",
}


class Place(NamedTuple):
    """Where an object lies."""

    bucket: str
    key: str


class Copy(NamedTuple):
    """An object of the old lake, and the one of the target that is to be the same."""

    old: Place
    target: Place


@dataclass
class Found:
    """What a comparison of objects came to."""

    compared: Counter[str] = field(default_factory=Counter)
    """Objects by zone."""
    since: Counter[str] = field(default_factory=Counter)
    """Objects of the old lake that came after the last sync, by zone."""
    wrong: dict[tuple[str, Wrong], list[Named]] = field(default_factory=dict)
    """By the target's bucket."""

    def add(self, bucket: str, wrong: Wrong, key: str, detail: str = "") -> None:
        """Name a difference."""
        self.wrong.setdefault((bucket, wrong), []).append(Named(key, detail))

    def groups(self) -> list[Group]:
        """The differences as they are shown."""
        return [
            Group(f"s3://{bucket}", f"object {wrong}", len(named), named, _FIXES[wrong])
            for (bucket, wrong), named in sorted(self.wrong.items())
        ]


@dataclass(frozen=True)
class Synced:
    """When the last sync began and ended."""

    began: datetime.datetime
    ended: datetime.datetime


class Objects:
    """The objects of a migration's two lakes."""

    def __init__(self, stack: Target, migration: Migration, contracts: Sequence[Contract], synced: Synced) -> None:
        self._stack, self._migration, self._contracts, self._synced = stack, migration, contracts, synced
        self._s3 = stack.client("s3")
        self._vanished = Vanished(self._s3, migration)

    def compare(self, told: Callable[[str], None]) -> Found:
        """Compare all; `told` is given what is being looked at."""
        found = Found()
        for copy, wrong in ahead.results(self._check, self._to_check(found, told), _CHECKERS, _AHEAD):
            if wrong:
                found.add(copy.target.bucket, *wrong)
        return found

    def _to_check(self, found: Found, told: Callable[[str], None]) -> Iterator[Copy]:
        """Go through the listings; what they do not decide is to be looked at."""
        for part in inventory.parts(self._s3, self._migration):
            told(f"{part.zone} {part.prefix}")
            for old, copy in pairs(self._s3, part):
                if old and copy and part.zone == inventory.REPORTS and old.modified >= self._synced.began:
                    found.since[part.zone] += 1
                elif old and copy:
                    found.compared[part.zone] += 1
                    if (old.size_bytes, old.etag) != (copy.size_bytes, copy.etag) and not is_later(part, old, copy):
                        yield Copy(Place(part.bucket, part.source_key(old.key)), Place(part.target_bucket, copy.key))
                elif old and old.modified >= self._synced.began:
                    found.since[part.zone] += 1
                elif old:
                    found.add(part.target_bucket, Wrong.MISSING, old.key)
                elif copy and not self._may_be_alone(part, copy):
                    found.add(part.target_bucket, Wrong.UNEXPECTED, copy.key)
        for contract in self._contracts:
            yield from self._history(contract, found, told)

    def _history(self, contract: Contract, found: Found, told: Callable[[str], None]) -> Iterator[Copy]:
        told(f"history {contract.source}")
        bucket = self._migration.streaming.processed_bucket
        there = {
            item.key
            for item in inventory.listing(self._s3, bucket, f"{contract.source}/")
            if inventory.is_history(item.key)
        }
        for file in inventory.history(self._stack, self._migration.platform, contract).files:
            if file.target_key in there:
                found.compared[inventory.HISTORY] += 1
                yield Copy(Place(file.bucket, file.key), Place(bucket, file.target_key))
            elif self._is_older_than_the_sync(file):
                found.add(bucket, Wrong.MISSING, file.target_key, f"{number_of(file.rows, 'row')} of {file.day}")
            else:
                found.since[inventory.HISTORY] += 1

    def _is_older_than_the_sync(self, file: inventory.HistoryFile) -> bool:
        head = _head(self._s3, Place(file.bucket, file.key))
        # One that is gone was made one with others since the table was read.
        return head is not None and head["LastModified"] < self._synced.began

    def _may_be_alone(self, part: inventory.Part, copy: Listed) -> bool:
        """Whether an object of the target needs none in the old lake: the target's own, or one that outlives it."""
        if self._vanished.fate(part, copy) in (Fate.OWN, Fate.EXPIRED):
            return True
        # Both lakes keep bad events by the same keys, each at its own time: the old one may not have them yet.
        own = part.zone == inventory.QUARANTINE and not part.prefix.startswith(inventory.BAD_ROWS)
        return own and copy.modified >= self._synced.ended - datetime.timedelta(seconds=in_flight.MAX_SECONDS)

    def _check(self, copy: Copy) -> tuple[Wrong, str, str] | None:
        old, target = (_head(self._s3, place) for place in copy)
        if old is None:
            return None
        if target is None:
            return Wrong.MISSING, copy.target.key, ""
        sizes = [head["ContentLength"] for head in (old, target)]
        if sizes[0] != sizes[1]:
            return Wrong.CHANGED, copy.target.key, f"{number_of(sizes[1], 'byte')} instead of {sizes[0]:,}"
        return (
            None if self._is_same(copy, old, target) else (Wrong.CHANGED, copy.target.key, "same size, other content")
        )

    def _is_same(self, copy: Copy, old: dict[str, Any], target: dict[str, Any]) -> bool:
        """By ETag, else by a checksum that both have, else by what S3 copied, else by all bytes.

        Equal ETags are of equal content; others may be, too, where one was stored in parts
        (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html). A copy in parts says
        which ETag its source had.
        """
        if old["ETag"] == target["ETag"]:
            return True
        for name in _CHECKSUMS:
            if name in old and name in target and "-" not in old[name] + target[name]:
                return bool(old[name] == target[name])
        if target["Metadata"].get(SOURCE_ETAG) == old["ETag"].strip('"'):
            return True
        return len({_digest(self._s3, place) for place in copy}) == 1


def _head(s3: Any, place: Place) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = s3.head_object(Bucket=place.bucket, Key=place.key, ChecksumMode="ENABLED")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    return found


def _digest(s3: Any, place: Place) -> str:
    digest = hashlib.sha256()
    body = s3.get_object(Bucket=place.bucket, Key=place.key)["Body"]
    for chunk in body.iter_chunks(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
