"""Curating one source: what Firehose delivered and the table does not hold yet, added once."""

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from etl.contract import CompiledContract
from etl.curation import inputs
from etl.curation.ledger import PROPERTY, Input, Ledger
from etl.engines.engine import Addition, Engine
from etl.engines.pyarrow_engine import PyArrowEngine
from etl.iceberg import table as tables
from etl.iceberg.commits import Conflicts, add_snapshot
from etl.lake import Lake


class ContractReplaced(Exception):
    """A contract that was replaced while a run worked by it; what was committed before stays."""


@dataclass
class Report:
    """What a run did for one source."""

    source: str
    inputs: int = 0
    rows_read: int = 0
    rows_added: int = 0
    """By how many rows the table grew."""
    repeats: int = 0
    replaced: int = 0
    """Rows of the table that gave way to a repeat of theirs that was received earlier."""
    commits: int = 0
    conflicts: int = 0
    lag_seconds: float = 0.0
    """How long the object waited that waited longest, from its delivery to the commit."""
    unreadable: list[str] = field(default_factory=list)


def curate(
    catalog: Catalog,
    s3: Any,
    lake: Lake,
    contract: CompiledContract,
    since: datetime.date | None,
    engine: Engine | None = None,
    is_current: Callable[[], bool] = lambda: True,
) -> Report:
    """Add everything that was delivered since a day (None: ever); returns when nothing is left.

    `is_current` says before each commit whether the contract is still the one that is deployed: by an older one, the
    values of fields that it does not know would be left out for good.
    Raises ContractReplaced if it is not, and IncompatibleContract before anything is written. A run that is killed
    leaves the table as its last commit made it; the next run goes on from there.
    """
    report = Report(contract.source)
    failed: set[Input] = set()
    conflicts = Conflicts()
    engine = engine or PyArrowEngine(s3, lake.processed_bucket, contract)
    while True:
        try:
            # What arrived meanwhile is listed then.
            if not _pass(catalog, s3, lake, contract, since, engine, is_current, failed, report):
                return report
        except CommitFailedException:
            # Another run was first. Its rows and ledger are in the table now, so the plan is made anew.
            conflicts.wait()
            report.conflicts = conflicts.count


def _pass(
    catalog: Catalog,
    s3: Any,
    lake: Lake,
    contract: CompiledContract,
    since: datetime.date | None,
    engine: Engine,
    is_current: Callable[[], bool],
    failed: set[Input],
    report: Report,
) -> bool:
    """List once, and add what is new; whether it is worth listing again."""
    again = False
    table = tables.load_or_create(catalog, lake.database, contract, lake.table_location(contract.source))
    tables.evolve(table, contract)
    ledger = Ledger.of(s3, lake.curated_bucket, contract.source, table.properties)
    delivered = inputs.listing(s3, lake.processed_bucket, contract.source, since)
    pending = (item for item in ledger.new(delivered) if item not in failed)
    for addition in engine.additions(table, pending):
        for item, reason in addition.failed.items():
            if inputs.is_as_listed(s3, lake.processed_bucket, item):
                report.unreadable.append(reason)
            else:
                again = True
            failed.add(item)
        if addition.inputs:
            if not is_current():
                raise ContractReplaced
            ledger = _commit(table, ledger, addition)
            report.inputs += len(addition.inputs)
            report.rows_read += addition.rows_read
            report.rows_added += addition.rows_added
            report.repeats += addition.rows_read - addition.rows_added
            report.replaced += addition.rows_replaced
            report.commits += 1
            oldest = min(item.stored_epoch_seconds for item in addition.inputs)
            report.lag_seconds = max(report.lag_seconds, round(time.time() - oldest, 3))
            again = True
    return again


def _commit(table: Table, ledger: Ledger, addition: Addition) -> Ledger:
    """Commit an addition to the table, which is refreshed; returns the ledger that also holds the inputs.

    Rows and the list of what they came from become visible together, or not at all. Raises CommitFailedException if
    anybody else has committed since the table was loaded.
    """
    after = ledger.add(addition.inputs)
    transaction = table.transaction()
    add_snapshot(transaction, addition.replaced, addition.files)
    transaction.set_properties({PROPERTY: after.uri})
    transaction.commit_transaction()
    return after
