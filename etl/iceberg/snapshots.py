"""Snapshots that take some data files out of a table and put others in."""

import uuid
from collections.abc import Iterable
from typing import Any

from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _ManifestMergeManager, _OverwriteFiles

MANIFEST_BYTES = 8 * 1024 * 1024
MANIFESTS = 100
"""Size to which small manifests are merged, and how many there must be, as Iceberg's defaults have it
(https://iceberg.apache.org/docs/latest/configuration/#write-properties, commit.manifest)."""


class OverwriteFiles(_OverwriteFiles):
    """A snapshot whose rows are others than before.

    It leaves out manifests which only tell what an earlier snapshot removed; pyiceberg 0.12 keeps them.
    """

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        return [
            manifest
            for manifest in manifests
            if manifest.has_added_files()
            or manifest.has_existing_files()
            or manifest.added_snapshot_id == self._snapshot_id
        ]


class ReplaceFiles(OverwriteFiles):
    """A snapshot of the operation `replace`, which says that no row changed; pyiceberg 0.12 makes none of its own.

    Small manifests are merged too, as Iceberg's other writers do (`commit.manifest-merge.enabled`): each run of
    curation adds one.
    """

    def _summary(self, snapshot_properties: dict[str, str] | None = None) -> Summary:
        return Summary(Operation.REPLACE, **super()._summary(snapshot_properties or {}).additional_properties)

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        merging: _ManifestMergeManager[Any] = _ManifestMergeManager(MANIFEST_BYTES, MANIFESTS, True, self)
        return merging.merge_manifests(super()._process_manifests(manifests))


def stage(
    snapshot: type[OverwriteFiles], transaction: Transaction, removed: Iterable[DataFile], added: Iterable[DataFile]
) -> None:
    """Make a snapshot of the kind part of a transaction, which its owner commits."""
    with snapshot(
        operation=Operation.OVERWRITE,
        transaction=transaction,
        io=transaction._table.io,
        snapshot_properties={"rapid.run": str(uuid.uuid4())},
    ) as files:
        for file in removed:
            files.delete_data_file(file)
        for file in added:
            files.append_data_file(file)
