"""Which days of a curated table differ between two of its snapshots."""

from collections.abc import Iterator

from pyiceberg.manifest import DataFile, ManifestEntryStatus
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation, Snapshot

from etl.iceberg.days import day_of


def changed_days(table: Table, since: str) -> set[int] | None:
    """The days, as days since 1970, whose rows came or went after the snapshot of that id; None: it may be any.

    What was only written anew, by compaction, is a snapshot of the operation `replace`, which changes no row
    (https://iceberg.apache.org/spec/#snapshots).
    """
    days: set[int] = set()
    snapshot = table.current_snapshot()
    while snapshot and str(snapshot.snapshot_id) != since:
        if snapshot.summary is None or snapshot.summary.operation is not Operation.REPLACE:
            days |= {day_of(table, file) for file in _touched(table, snapshot)}
        # An ancestor that has expired is not found.
        snapshot = table.snapshot_by_id(snapshot.parent_snapshot_id) if snapshot.parent_snapshot_id else None
    return days if snapshot else None


def _touched(table: Table, snapshot: Snapshot) -> Iterator[DataFile]:
    """The files that a snapshot added or removed, delete files among them."""
    for manifest in snapshot.manifests(table.io):
        if manifest.added_snapshot_id == snapshot.snapshot_id:
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False):
                if entry.status != ManifestEntryStatus.EXISTING and entry.snapshot_id == snapshot.snapshot_id:
                    yield entry.data_file
