"""The curated table: the person's rows go in one commit, then every snapshot and file that still has them."""

import datetime
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.expressions import AlwaysTrue, In
from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from etl import objects
from etl.contract import CompiledContract
from etl.curation import inputs, repeats
from etl.curation.ledger import PROPERTY, Input, Ledger
from etl.forget import manifests, versions
from etl.forget.person import Person
from etl.forget.places import Found, name_of
from etl.forget.versions import Version
from etl.iceberg import data_files
from etl.iceberg.commits import Conflicts, add_snapshot
from etl.lake import Lake

PLACE, FILES = "curated table", "files of the curated table"


@dataclass
class Rows:
    """What the current snapshot has of the person."""

    found: Found
    tasks: list[FileScanTask] = field(default_factory=list)
    """The data files with rows of the person."""
    keys: set[Any] = field(default_factory=set)
    """Primary keys of those rows."""


class CuratedTable:
    """The curated table of one source."""

    def __init__(self, catalog: Catalog, s3: Any, lake: Lake, contract: CompiledContract, person: Person) -> None:
        self._catalog, self._s3, self._lake = catalog, s3, lake
        self._contract, self._person = contract, person

    def load(self) -> Table | None:
        """The table as it is now; None if there is none yet."""
        try:
            return self._catalog.load_table((self._lake.database, self._contract.table))
        except NoSuchTableError:
            return None

    def ledger(self) -> Ledger:
        """What the table says it holds."""
        table = self.load()
        return self._ledger(table.properties if table else {})

    def rows(self) -> Rows:
        """Look at every row of the current snapshot."""
        table = self.load()
        found = Rows(Found(PLACE))
        if table is None or table.current_snapshot() is None:
            return found
        wanted = {*self._person.columns(_names(table)), self._contract.primary_key, "ingest_id"}
        for task in table.scan().plan_files():
            rows = self._read(table, task, wanted)
            mask = self._person.rows(rows)
            found.found.objects += 1
            found.found.bytes += task.file.file_size_in_bytes
            if pc.any(mask).as_py():
                found.tasks.append(task)
                found.found.others.append(task.file.file_path)
                of_person = rows.filter(mask)
                found.found.ids |= set(of_person["ingest_id"].to_pylist())
                found.keys |= set(of_person[self._contract.primary_key].to_pylist())
        return found

    def know(self, rewritten: list[Input]) -> None:
        """Commit that the table holds the rows of processed objects that are yet to be written, by their new ETags."""

        def commit(table: Table) -> None:
            transaction = table.transaction()
            add_snapshot(transaction)
            transaction.set_properties({PROPERTY: self._ledger(table.properties).add(rewritten).uri})
            transaction.commit_transaction()

        if rewritten:
            self._committed(commit)

    def erase(self, repeated_in: Callable[[], list[Input]]) -> None:
        """Remove the rows. `repeated_in` gives processed objects with rows that repeat one of them by their key.

        Such a row is another's, and was left out for the person's: it takes the place of that.
        """

        def commit(table: Table) -> None:
            found = self.rows()
            if not found.tasks:
                return
            added: list[DataFile] = []
            for task in found.tasks:
                rows = self._read(table, task, set(_names(table)))
                added += self._written(table, rows.filter(pc.invert(self._person.rows(rows))))
            added += self._written(table, self._successors(table, repeated_in(), found.keys))
            transaction = table.transaction()
            add_snapshot(transaction, [task.file for task in found.tasks], added)
            transaction.commit_transaction()

        self._committed(commit)
        self._committed(_forget_deletions)

    def expire(self) -> None:
        """Expire all snapshots but those that the table's branches and tags name."""

        def commit(table: Table) -> None:
            kept = {reference.snapshot_id for reference in table.metadata.refs.values()}
            old = [item.snapshot_id for item in table.snapshots() if item.snapshot_id not in kept]
            if old:
                table.maintenance.expire_snapshots().by_ids(old).commit()

        self._committed(commit)

    def files(self) -> Found:
        """Look at every file below the table's location, in all versions, but those that the table is made of.

        Of these the manifests are looked at as well: they hold the least and the greatest value of each column.
        """
        found = Found(FILES)
        table = self.load()
        if table is None:
            return found
        root = f"s3://{self._lake.curated_bucket}/"
        live, live_manifests = set[str](), set[str]()
        for snapshot in table.snapshots():
            for manifest in snapshot.manifests(table.io):
                live_manifests.add(manifest.manifest_path.removeprefix(root))
                live |= {
                    entry.data_file.file_path.removeprefix(root) for entry in manifest.fetch_manifest_entry(table.io)
                }
        current = table.location().removeprefix(root) + "/"
        everything = list(versions.listed(self._s3, self._lake.curated_bucket, current))
        dead = self._dead_data(found, [it for it in everything if it.key.endswith(".parquet")], live)
        known = {it.key for it in everything if it.is_latest} - dead
        wanted = [it for it in everything if it.key.endswith(".avro") and "/snap-" not in it.key]
        for version, body in versions.contents(self._s3, wanted):
            is_live = version.is_latest and version.key in live_manifests
            found.objects += 1
            found.bytes += len(body)
            if self._tells(version, body, found, known if not is_live else None):
                if is_live:
                    found.others.append(name_of(version))
                else:
                    found.hits.append(version)
        return found

    def sweep(self, found: Found) -> None:
        """Delete the files that hold the person and no snapshot needs: manifests first, since they name the others."""
        for version in sorted(found.hits, key=lambda item: item.key.endswith(".parquet")):
            versions.delete(self._s3, [version])
            versions.remove_markers(self._s3, version.bucket, version.key)

    def _dead_data(self, found: Found, data: list[Version], live: set[str]) -> set[str]:
        """Data files that no snapshot has and that hold the person. One of a run at work is none: it would hold rows
        of objects that the ledger says the table has, and its commit be refused."""
        dead = set()
        for version, body in versions.contents(
            self._s3, (item for item in data if not (item.is_latest and item.key in live))
        ):
            found.objects += 1
            found.bytes += len(body)
            try:
                rows = pq.read_table(io.BytesIO(body))
            except (pa.ArrowException, ValueError):
                found.unreadable.append(name_of(version))
                continue
            if pc.any(self._person.rows(rows)).as_py():
                found.hits.append(version)
                dead.add(version.key)
        return dead

    def _tells(self, version: Version, body: bytes, found: Found, known: set[str] | None) -> bool:
        """Whether a manifest has the value as a bound, or is of a data file that is gone, whose bounds it holds.

        `known` are files that are there; None for a manifest that is in use, none of whose files can be gone.
        """
        bounds = self._person.bounds()
        try:
            for file in manifests.data_files(body):
                if bounds & {*(file.lower_bounds or {}).values(), *(file.upper_bounds or {}).values()}:
                    return True
                key = file.file_path.removeprefix(f"s3://{self._lake.curated_bucket}/")
                if known is None or key in known:
                    continue
                if not objects.exists(self._s3, self._lake.curated_bucket, key):
                    return True
        except ValueError:
            found.unreadable.append(name_of(version))
        return False

    def _written(self, table: Table, rows: pa.Table) -> Iterator[DataFile]:
        return data_files.write(table, rows, self._contract.event_time) if rows.num_rows else iter(())

    def _successors(self, table: Table, repeated: list[Input], keys: set[Any]) -> pa.Table:
        """Of others' rows with one of these keys, the first of each key that no other row of the table has."""
        schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
        key = self._contract.primary_key
        parts = [schema.empty_table()]
        for item in repeated:
            rows = inputs.read(self._s3, self._lake.processed_bucket, item, self._contract, schema)
            others = rows.filter(pc.invert(self._person.rows(rows)))
            parts.append(others.filter(pc.is_in(others[key].cast(pa.string()), pa.array(sorted(keys), pa.string()))))
        rows = pa.concat_tables([part.cast(schema) for part in parts])
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        rows = repeats.first_of_each(rows, self._contract, now)
        if not rows.num_rows:
            return rows
        kept = table.scan(row_filter=In(key, set(rows[key].to_pylist()))).to_arrow()
        kept = kept.filter(pc.invert(self._person.rows(kept)))
        return rows.filter(pc.invert(pc.is_in(rows[key], value_set=kept[key].combine_chunks())))

    def _read(self, table: Table, task: FileScanTask, columns: set[str]) -> pa.Table:
        schema = table.schema().select(*columns)
        return ArrowScan(table.metadata, table.io, schema, AlwaysTrue()).to_table([task])

    def _ledger(self, properties: Mapping[str, str]) -> Ledger:
        return Ledger.of(self._s3, self._lake.curated_bucket, self._contract.source, properties)

    def _committed(self, commit: Callable[[Table], None]) -> None:
        """Commit a change of the table as it is now, planned anew if another run's commit came first."""
        conflicts = Conflicts()
        while (table := self.load()) is not None and table.current_snapshot() is not None:
            try:
                commit(table)
                return
            except CommitFailedException:
                conflicts.wait()


def _forget_deletions(table: Table) -> None:
    """Make the current snapshot one whose manifests do not tell of files that an earlier one had."""
    snapshot = table.current_snapshot()
    if snapshot and any(item.deleted_files_count for item in snapshot.manifests(table.io)):
        transaction = table.transaction()
        add_snapshot(transaction)
        transaction.commit_transaction()


def _names(table: Table) -> list[str]:
    return [item.name for item in table.schema().fields]
