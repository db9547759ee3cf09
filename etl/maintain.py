"""Keeping a source's tables small: files are compacted, old snapshots expire, what nothing refers to is deleted."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.table import Table

from etl.compact import Compaction, compact
from etl.conflicts import Conflicts
from etl.contract import CompiledContract
from etl.curate import Lake
from etl.ledger import PROPERTY, Ledger

MAX_DELETED = 1000
"""Objects that one request deletes (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html)."""


class NotDeleted(Exception):
    """An object that S3 did not delete; the message names it and says why."""


@dataclass(kw_only=True)
class Upkeep(Compaction):
    """What a maintenance run did for one source."""

    source: str
    expired_snapshots: int = 0
    deleted_objects: int = 0


def maintain(catalog: Catalog, s3: Any, lake: Lake, contract: CompiledContract, keep: datetime.timedelta) -> Upkeep:
    """Compact, expire snapshots older than `keep` (never the current one), delete unreferenced objects older than that.

    `keep` must be longer than any run takes, for a running one's files are not referred to before its commit.
    Raises RowsDiffer and NotDeleted. Can be killed at any moment, and run beside another.
    """
    upkeep, now = Upkeep(source=contract.source), datetime.datetime.now(datetime.UTC)
    identifier = (lake.database, contract.table)
    try:
        catalog.load_table(identifier)
    except NoSuchTableError:
        return upkeep
    compact(catalog, identifier, contract.event_time, now.date(), upkeep)
    upkeep.expired_snapshots = _expire(catalog, identifier, now - keep)
    table = catalog.load_table(identifier)
    bucket = lake.curated_bucket
    files, ledgers = f"{table.location()}/".removeprefix(f"s3://{bucket}/"), f"ledgers/{contract.source}/"
    upkeep.deleted_objects = sum(
        _delete_orphans(s3, bucket, prefix, {uri.removeprefix(f"s3://{bucket}/") for uri in referenced}, now - keep)
        for prefix, referenced in ((files, _files(table)), (ledgers, _ledger(s3, bucket, ledgers, table)))
    )
    return upkeep


def _expire(catalog: Catalog, identifier: tuple[str, str], before: datetime.datetime) -> int:
    """Forget a table's snapshots of before that time; how many they were."""
    conflicts = Conflicts()
    while True:
        table = catalog.load_table(identifier)
        held = {snapshot.snapshot_id for snapshot in table.snapshots()}
        try:
            table.maintenance.expire_snapshots().older_than(before.replace(tzinfo=None)).commit()
            return len(held - {snapshot.snapshot_id for snapshot in table.snapshots()})
        except (CommitFailedException, ValueError):
            # Another run was first. A ValueError says that it has expired one of the same snapshots.
            conflicts.wait()


def _files(table: Table) -> Iterator[str]:
    """Everything below a table's location that its metadata refers to."""
    metadata = table.metadata
    yield table.metadata_location
    yield from (entry.metadata_file for entry in metadata.metadata_log)
    yield from (file.statistics_path for file in (*metadata.statistics, *metadata.partition_statistics))
    seen: set[str] = set()
    for snapshot in table.snapshots():
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path not in seen:
                seen.add(manifest.manifest_path)
                yield manifest.manifest_path
                yield from (entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io))


def _ledger(s3: Any, bucket: str, prefix: str, table: Table) -> Iterator[str]:
    """Keys and URI of the objects of the ledger that a table refers to."""
    if uri := table.properties.get(PROPERTY):
        yield uri
        yield from Ledger.load(s3, bucket, prefix, uri).segments.values()


def _delete_orphans(s3: Any, bucket: str, prefix: str, referenced: set[str], than: datetime.datetime) -> int:
    """Delete the objects of before that time whose keys are not referred to; how many they were."""
    deleted, orphans = 0, []
    for key in _older(s3, bucket, prefix, than):
        if key not in referenced:
            orphans.append(key)
        if len(orphans) == MAX_DELETED:
            deleted += _delete(s3, bucket, orphans)
            orphans = []
    return deleted + _delete(s3, bucket, orphans)


def _delete(s3: Any, bucket: str, keys: list[str]) -> int:
    if keys:
        objects: Iterable[dict[str, str]] = [{"Key": key} for key in keys]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", []):
            raise NotDeleted(f"s3://{bucket}/{error['Key']}: {error['Code']}: {error['Message']}")
    return len(keys)


def _older(s3: Any, bucket: str, prefix: str, than: datetime.datetime) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (item["Key"] for item in page.get("Contents", []) if item["LastModified"] <= than)
