"""Two lakes on a local cloud: buckets with objects, as they are in the middle of a migration."""

import datetime
import itertools
from typing import Any

from rapid.cli.migrate import state
from rapid.cli.target import LocalStack
from rapid.local.cloud import LocalCloud

from .stacks import ZONES, outputs

_NUMBERS = itertools.count()


class Lakes:
    """An old and a new lake, with buckets of their own."""

    def __init__(self, cloud: LocalCloud) -> None:
        number = next(_NUMBERS)
        self.old = {zone: f"old{number}-{zone}" for zone in ZONES}
        self.new = {zone: f"new{number}-{zone}" for zone in ZONES}
        found = outputs()
        for side, buckets in (("platform", self.old), ("streaming", self.new)):
            found["migration"][side] |= {f"{zone}_bucket": bucket for zone, bucket in buckets.items()}
            found["migration"][side]["database"] = buckets["curated"].replace("-", "_")
        self.stack = LocalStack(cloud.url, viewed=found)
        # The same clients for all tests: to make one takes a quarter of a second.
        vars(self.stack)["_clients"] = cloud.clients
        self.s3: Any = self.stack.client("s3")
        for bucket in (*self.old.values(), *self.new.values()):
            self.s3.create_bucket(Bucket=bucket)
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    @property
    def migration(self) -> state.Migration:
        """As the commands see it."""
        return state.of(self.stack)

    def put(self, key: str, body: bytes = b"event", zone: str = "raw", **more: Any) -> str:
        """Store an object in the old lake; its ETag."""
        return str(self.s3.put_object(Bucket=self.old[zone], Key=key, Body=body, **more)["ETag"])

    def bodies(self, buckets: dict[str, str], zone: str = "raw") -> dict[str, bytes]:
        """All objects of a lake's zone."""
        found = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=buckets[zone]):
            for item in page.get("Contents", []):
                found[item["Key"]] = self.s3.get_object(Bucket=buckets[zone], Key=item["Key"])["Body"].read()
        return found

    def versions(self, buckets: dict[str, str], zone: str = "raw") -> list[str]:
        """The keys of all versions and delete markers, one each."""
        answer = self.s3.list_object_versions(Bucket=buckets[zone])
        return sorted(item["Key"] for item in (*answer.get("Versions", []), *answer.get("DeleteMarkers", [])))

    def erase(self, key: str, rest: bytes | None, zone: str = "raw", source: str = "orders") -> None:
        """What an erasure does with an object, and the report that it leaves."""
        etag = self.s3.list_object_versions(Bucket=self.old[zone], Prefix=key)
        for item in etag.get("Versions", []):
            self.s3.delete_object(Bucket=self.old[zone], Key=key, VersionId=item["VersionId"])
        if rest is not None:
            self.put(key, rest, zone)
        self.s3.put_object(Bucket=self.old["curated"], Key=f"erasures/{source}/{next(_NUMBERS)}.json", Body=b"{}")


def day(days_ago: int) -> str:
    """The part of a key that says when something came."""
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days_ago)
    return f"{moment:%Y/%m/%d/%H}"
