"""Keeping a source's tables small: files are compacted, old snapshots expire, what nothing refers to is deleted."""

import contextlib
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.table import Table

from etl import objects
from etl.aggregates.refresh import refresh
from etl.contract import CompiledContract
from etl.curation.ledger import Ledger
from etl.iceberg.commits import Conflicts
from etl.lake import Lake
from etl.maintenance import optimizers
from etl.maintenance.compact import Compaction, compact


@dataclass(kw_only=True)
class Upkeep(Compaction):
    """What a maintenance run did for one source."""

    source: str
    expired_snapshots: int = 0
    deleted_objects: int = 0


def maintain(catalog: Catalog, s3: Any, lake: Lake, contract: CompiledContract, keep: datetime.timedelta) -> Upkeep:
    """Compact, bring aggregates up, expire snapshots older than `keep`, delete unreferenced objects older than that.

    The current snapshot never expires. `keep` must be longer than any run takes, for a running one's files are not
    referred to before its commit.
    Raises RowsDiffer and NotDeleted. Can be killed at any moment, and run beside another.
    """
    upkeep, now = Upkeep(source=contract.source), datetime.datetime.now(datetime.UTC)
    for table in _tables(catalog, lake, contract):
        identifier = (lake.database, table.name()[-1])
        if table.name()[-1] == contract.table:
            compact(catalog, identifier, contract.event_time, now.date(), upkeep)
            # While the snapshot that they were made from is there: without it, all of their days are made anew.
            refresh(catalog, lake, contract)
        upkeep.expired_snapshots += _expire(catalog, identifier, now - keep)
        upkeep.deleted_objects += _delete_files(s3, lake, catalog.load_table(identifier), now - keep)
    upkeep.deleted_objects += _delete_ledgers(catalog, s3, lake, contract, now - keep)
    return upkeep


def leave_to_glue(
    glue: Any,
    role_arn: str,
    catalog: Catalog,
    s3: Any,
    lake: Lake,
    contract: CompiledContract,
    keep: datetime.timedelta,
) -> Upkeep:
    """Have Glue's optimizers maintain the tables, as the given role; delete old ledgers, of which Glue knows nothing.

    Raises NotOptimized and NotDeleted.
    """
    upkeep = Upkeep(source=contract.source)
    for table in _tables(catalog, lake, contract):
        optimizers.enable(glue, table, role_arn)
    before = datetime.datetime.now(datetime.UTC) - keep
    upkeep.deleted_objects = _delete_ledgers(catalog, s3, lake, contract, before)
    return upkeep


def _tables(catalog: Catalog, lake: Lake, contract: CompiledContract) -> Iterator[Table]:
    """The tables of a source that exist."""
    for name in (contract.table, *(aggregate.table for aggregate in contract.aggregates)):
        with contextlib.suppress(NoSuchTableError):
            yield catalog.load_table((lake.database, name))


def _expire(catalog: Catalog, identifier: tuple[str, str], before: datetime.datetime) -> int:
    """Forget a table's snapshots of before that time; how many they were."""
    conflicts = Conflicts()
    while True:
        table = catalog.load_table(identifier)
        named = {ref.snapshot_id for ref in table.refs().values()}
        ids = [
            snapshot.snapshot_id
            for snapshot in table.snapshots()
            if snapshot.timestamp_ms < before.timestamp() * 1000 and snapshot.snapshot_id not in named
        ]
        if not ids:
            # Even that would be a commit, and another object of metadata.
            return 0
        try:
            table.maintenance.expire_snapshots().by_ids(ids).commit()
            return len(ids)
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


def _delete_files(s3: Any, lake: Lake, table: Table, before: datetime.datetime) -> int:
    """Delete what lies below a table's location, is of before that time, and is not referred to; how much it was."""
    root = lake.uri("")
    referenced = {uri.removeprefix(root) for uri in _files(table)}
    return _delete_orphans(s3, lake.curated_bucket, f"{table.location()}/".removeprefix(root), referenced, before)


def _delete_ledgers(
    catalog: Catalog, s3: Any, lake: Lake, contract: CompiledContract, before: datetime.datetime
) -> int:
    """Delete the ledgers of before that time that the curated table does not refer to; how many objects they were."""
    bucket = lake.curated_bucket
    try:
        properties = catalog.load_table((lake.database, contract.table)).properties
    except NoSuchTableError:
        return 0
    ledger = Ledger.of(s3, bucket, contract.source, properties)
    referenced = {*ledger.segments.values(), ledger.uri.removeprefix(f"s3://{bucket}/")}
    return _delete_orphans(s3, bucket, ledger.prefix, referenced, before)


def _delete_orphans(s3: Any, bucket: str, prefix: str, referenced: set[str], than: datetime.datetime) -> int:
    """Delete the objects of before that time whose keys are not referred to; how many they were."""
    return objects.delete(
        s3,
        bucket,
        (
            {"Key": item["Key"]}
            for item in objects.listed(s3, bucket, prefix)
            # An empty object stands for a folder. Arrow makes it when it deletes a file, such as old metadata.
            if item["LastModified"] <= than and not item["Key"].endswith("/") and item["Key"] not in referenced
        ),
    )
