"""Commits to a table: the snapshots that change its files, and what is done where another run's commit came first."""

import random
import threading
import time
import uuid
from collections.abc import Callable, Collection
from typing import Any

from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _FastAppendFiles, _ManifestMergeManager, _OverwriteFiles

MAX_CONFLICTS = 10
MANIFEST_BYTES = 8 * 1024 * 1024
MANIFESTS = 100
"""Size to which small manifests are merged, and how many there must be, as Iceberg's defaults have it
(https://iceberg.apache.org/docs/latest/configuration/#write-properties, commit.manifest)."""


class _Overwrite(_OverwriteFiles):
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

    def _build_manifest_evaluator(self, spec_id: int) -> Callable[[ManifestFile], bool]:
        may_match, lock = super()._build_manifest_evaluator(spec_id), threading.Lock()

        def alone(manifest: ManifestFile) -> bool:
            # It keeps the manifest that it is looking at, and pyiceberg 0.12 has several threads share it: one would
            # be told of another's manifest, pass over its own, and find a file missing that is there.
            with lock:
                return may_match(manifest)

        return alone


class _Replace(_Overwrite):
    """A snapshot of the operation `replace`, which says that no row changed; pyiceberg 0.12 makes none of its own.

    Small manifests are merged too, as Iceberg's other writers do (`commit.manifest-merge.enabled`): each run of
    curation adds one.
    """

    def _summary(self, snapshot_properties: dict[str, str] | None = None) -> Summary:
        return Summary(Operation.REPLACE, **super()._summary(snapshot_properties or {}).additional_properties)

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        merging: _ManifestMergeManager[Any] = _ManifestMergeManager(MANIFEST_BYTES, MANIFESTS, True, self)
        return merging.merge_manifests(super()._process_manifests(manifests))


class Conflicts:
    """Counts commits that were refused, and waits before the plan is made anew."""

    def __init__(self) -> None:
        self.count = 0

    def wait(self) -> None:
        """Where a refusal is handled: wait, longer each time; the refusal is raised on after MAX_CONFLICTS of them."""
        self.count += 1
        if self.count > MAX_CONFLICTS:
            raise
        time.sleep(random.uniform(0, 0.2 * 2 ** min(self.count, 6)))


def add_snapshot(
    transaction: Transaction,
    removed: Collection[DataFile] = (),
    added: Collection[DataFile] = (),
    *,
    same_rows: bool = False,
) -> None:
    """Make a snapshot part of a transaction, which its owner commits; `same_rows` where files are only written anew.

    One that changes nothing matters too: it is what lets the catalog refuse one of two commits at once.
    """
    run = {"rapid.run": str(uuid.uuid4())}
    snapshot: _Overwrite | _FastAppendFiles
    if removed or same_rows:
        kind = _Replace if same_rows else _Overwrite
        snapshot = kind(
            operation=Operation.OVERWRITE, transaction=transaction, io=transaction._table.io, snapshot_properties=run
        )
    else:
        snapshot = transaction.update_snapshot(snapshot_properties=run).fast_append()
    with snapshot:
        for file in removed:
            snapshot.delete_data_file(file)
        for file in added:
            snapshot.append_data_file(file)
