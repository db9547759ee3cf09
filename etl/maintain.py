"""Keeping a curated table small: old snapshots expire, and files that nothing refers to are deleted."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from etl.contract import CompiledContract
from etl.curate import Lake
from etl.ledger import PROPERTY, Ledger


@dataclass
class Upkeep:
    """What a maintenance run did for one source."""

    source: str
    expired_snapshots: int = 0
    deleted_objects: int = 0


def maintain(catalog: Catalog, s3: Any, lake: Lake, contract: CompiledContract, keep: datetime.timedelta) -> Upkeep:
    """Expire snapshots older than `keep` (never the current one), then delete unreferenced objects older than that.

    `keep` must be longer than any run takes, for a running one's files are not referred to before its commit.
    """
    upkeep = Upkeep(contract.source)
    try:
        table = catalog.load_table((lake.database, contract.table))
    except NoSuchTableError:
        return upkeep
    before = len(table.snapshots())
    now = datetime.datetime.now(datetime.UTC)
    table.maintenance.expire_snapshots().older_than((now - keep).replace(tzinfo=None)).commit()
    table = catalog.load_table((lake.database, contract.table))
    upkeep.expired_snapshots = before - len(table.snapshots())

    ledgers = f"ledgers/{contract.source}/"
    uri = table.properties.get(PROPERTY)
    ledger = Ledger.load(s3, lake.curated_bucket, ledgers, uri)
    root = f"s3://{lake.curated_bucket}/"
    referenced = {path.removeprefix(root) for path in (*_referenced(table), uri or "")} | set(ledger.segments.values())
    for prefix in (table.location().removeprefix(root) + "/", ledgers):
        orphans = [key for key in _older(s3, lake.curated_bucket, prefix, now - keep) if key not in referenced]
        for key in orphans:
            s3.delete_object(Bucket=lake.curated_bucket, Key=key)
        upkeep.deleted_objects += len(orphans)
    return upkeep


def _referenced(table: Table) -> Iterator[str]:
    yield table.metadata_location
    yield from (entry.metadata_file for entry in table.metadata.metadata_log)
    seen: set[str] = set()
    for snapshot in table.snapshots():
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path not in seen:
                seen.add(manifest.manifest_path)
                yield manifest.manifest_path
                yield from (entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io))


def _older(s3: Any, bucket: str, prefix: str, than: datetime.datetime) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (item["Key"] for item in page.get("Contents", []) if item["LastModified"] <= than)
