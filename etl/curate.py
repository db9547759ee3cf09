"""Curating one source: what Firehose delivered and the table does not hold yet, added once."""

import datetime
import random
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from etl import inputs
from etl import table as tables
from etl.contract import CompiledContract
from etl.engine import Addition, PyArrowEngine
from etl.ledger import PROPERTY, Input, Ledger

MAX_CONFLICTS = 10


@dataclass(frozen=True)
class Lake:
    """Where a stack keeps its data."""

    database: str
    processed_bucket: str
    curated_bucket: str

    def table_location(self, source: str) -> str:
        """The S3 URI of a curated table; nothing else lies below it."""
        return f"s3://{self.curated_bucket}/tables/{source}"


@dataclass
class Report:
    """What a run did for one source."""

    source: str
    inputs: int = 0
    rows_read: int = 0
    rows_added: int = 0
    repeats: int = 0
    commits: int = 0
    conflicts: int = 0
    unreadable: list[str] = field(default_factory=list)


def curate(catalog: Catalog, s3: Any, lake: Lake, contract: CompiledContract, since: datetime.date | None) -> Report:
    """Add everything that was delivered since a day (None: ever); returns when nothing is left.

    Raises IncompatibleContract before anything is written. A run that is killed leaves the table as its last commit
    made it; the next run goes on from there.
    """
    report = Report(contract.source)
    unreadable: set[Input] = set()
    while True:
        try:
            table = tables.load_or_create(catalog, lake.database, contract, lake.table_location(contract.source))
            tables.evolve(table, contract)
            delivered = inputs.listing(s3, lake.processed_bucket, contract.source, since)
            ledger = Ledger.load(s3, lake.curated_bucket, f"ledgers/{contract.source}/", table.properties.get(PROPERTY))
            pending = [item for item in ledger.new(list(delivered)) if item not in unreadable]
            if not pending:
                return report
            engine = PyArrowEngine(s3, lake.processed_bucket)
            batch = _batch(pending, engine.max_batch_bytes)
            addition = engine.add(contract, table, batch)
            report.unreadable += addition.failed.values()
            unreadable |= set(addition.failed)
            commit(table, addition, ledger, [item for item in batch if item not in addition.failed], report)
        except CommitFailedException:
            # Another run was first. Its rows and ledger are in the table now, so the plan is made anew.
            report.conflicts += 1
            if report.conflicts > MAX_CONFLICTS:
                raise
            time.sleep(random.uniform(0, 0.2 * 2 ** min(report.conflicts, 6)))


def _batch(pending: Iterable[Input], max_bytes: int) -> list[Input]:
    batch: list[Input] = []
    size = 0
    for item in pending:
        if batch and size + item.size_bytes > max_bytes:
            break
        batch.append(item)
        size += item.size_bytes
    return batch


def commit(table: Table, addition: Addition, ledger: Ledger, batch: list[Input], report: Report) -> None:
    """Commit the rows of a batch together with a ledger that names its objects."""
    if not batch:
        return
    # Even without new rows a snapshot is made: it is what lets the catalog refuse one of two runs at once.
    transaction = table.transaction()
    with transaction.update_snapshot(snapshot_properties={"rapid.run": str(uuid.uuid4())}).fast_append() as append:
        for file in addition.files:
            append.append_data_file(file)
    transaction.set_properties({PROPERTY: ledger.add(batch)})
    transaction.commit_transaction()
    report.inputs += len(batch)
    report.rows_read += addition.rows_read
    report.rows_added += addition.rows_added
    report.repeats += addition.rows_read - addition.rows_added
    report.commits += 1
