"""Objects of the streaming lake that the old one does not have: what is its own, and copies whose source is gone.

A source is gone because it has expired, because a person was erased, or because somebody deleted it. What has expired
or was erased must not live on as a copy. What somebody deleted is kept and told.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError

from contracts import folders
from etl import objects

from . import copying
from .inventory import BAD_ROWS, RAW, REPORTS, Listed, Part
from .state import Migration, Side

_DAY = re.compile(r"/(\d{4})/(\d\d)/(\d\d)/")


class Fate(Enum):
    """What becomes of such an object."""

    OWN = "own"
    """The streaming lake's own pipeline wrote it."""
    EXPIRED = "expired"
    """The contract keeps it no longer: deleted, as the lifecycle rule would in time."""
    ERASED = "erased"
    """An erasure deleted its source for good: deleted for good as well."""
    KEPT = "kept"
    """Nobody knows why its source is gone."""


class Vanished:
    """Knows what has expired and who was erased, as of now."""

    def __init__(self, s3: Any, migration: Migration) -> None:
        self._s3, self._migration = s3, migration
        self._today = datetime.datetime.now(datetime.UTC).date()
        self._days = {
            bucket: _days(s3, bucket)
            for bucket in (migration.streaming.raw_bucket, migration.streaming.quarantine_bucket)
        }
        self._erased: dict[str, datetime.datetime] = {}
        for item in objects.listed(s3, migration.platform.curated_bucket, f"{folders.ERASURES}/"):
            source = item["Key"].split("/")[1]
            self._erased[source] = max(item["LastModified"], self._erased.get(source, item["LastModified"]))

    def settle(self, part: Part, item: Listed) -> Fate:
        """Find out what becomes of a copy, and delete it if it must not stay."""
        fate = self.fate(part, item)
        if fate is Fate.EXPIRED:
            self._s3.delete_object(Bucket=part.target_bucket, Key=item.key)
        elif fate is Fate.ERASED:
            copying.remove(self._s3, part.target_bucket, item.key)
        return fate

    def erased_since(self, source: str, moment: datetime.datetime) -> bool:
        """Whether anybody was erased from a source after that, as far as whole seconds tell, which is what S3 lists."""
        return source in self._erased and self._erased[source] >= moment

    def fate(self, part: Part, item: Listed) -> Fate:
        """What becomes of a copy."""
        if part.zone == REPORTS or (part.zone == RAW and self._migration.is_own(item.key)):
            # Of reports both lakes have their own, and a copy of one says what was done, whatever became of its source.
            return Fate.OWN
        if self._has_expired(part, item):
            return Fate.EXPIRED
        folder, source = [*item.key.split("/"), ""][:2]
        if folder == folders.FILTERED:
            # Ids of events by batch, and the two lakes' batches are not the same.
            return Fate.OWN
        source = source if item.key.startswith(BAD_ROWS) else folder
        if self.erased_since(source, item.modified) and not self._left_a_trace(part, item):
            return Fate.ERASED
        return Fate.KEPT

    def _has_expired(self, part: Part, item: Listed) -> bool:
        """By the day in its key, on which it came: a copy's own age begins anew."""
        found = _DAY.search(item.key)
        if not found:
            return False
        try:
            day = datetime.date(*map(int, found.groups()))
        except ValueError:
            return False
        age = self._today - day
        rules = self._days[part.target_bucket]
        # S3 rounds up to the next midnight: a day more has passed when an object is a number of days old.
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
        return any(item.key.startswith(prefix) and age.days > days for prefix, days in rules.items())

    def _left_a_trace(self, part: Part, item: Listed) -> bool:
        """Whether the old bucket still has an old version or a delete marker of it: an erasure leaves none."""
        return any(key == item.key for key in _keys(self._s3, part.bucket, item.key))


def open_requests(s3: Any, sides: Iterable[Side]) -> list[str]:
    """The sources of which an erasure is not done, in any of the lakes."""
    found = set()
    for side in sides:
        for item in objects.listed(s3, side.curated_bucket, f"{folders.ERASURE_REQUESTS}/"):
            parts = item["Key"].split("/")
            if len(parts) == 3 and parts[2].count(".") == 1:
                found.add(parts[1])
    return sorted(found)


def _days(s3: Any, bucket: str) -> Mapping[str, int]:
    """After how many days what begins with a prefix is deleted."""
    try:
        rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchLifecycleConfiguration":
            return {}
        raise
    return {
        rule.get("Filter", {}).get("Prefix", ""): rule["Expiration"]["Days"]
        for rule in rules
        if rule["Status"] == "Enabled" and "Days" in rule.get("Expiration", {})
    }


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """Keys of versions and delete markers."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        yield from (item["Key"] for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])))
