"""The data file that holds a curated row, the snapshot that added the file, and the run that committed it."""

import datetime
from collections.abc import Iterator
from typing import Any

from pyiceberg.expressions import And, BooleanExpression, EqualTo
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from contracts import Contract
from etl.iceberg import data_files

from .. import catalog
from ..target import Target
from .identify import Seen
from .timeline import Traced, from_epoch


def describe(stack: Target, contract: Contract, traced: Traced, row: Seen) -> None:
    """Add the step of a curated row."""
    table = catalog.of(stack).load_table((stack.masked_outputs["database"], contract.curated_table))
    condition: BooleanExpression = EqualTo("ingest_id", row.envelope_id)
    if row.event_time:
        time = row.event_time.replace(tzinfo=None).isoformat()
        # Only the data files of that day are looked into.
        condition = And(condition, EqualTo(contract.event_time.column, time))
    for task in table.scan(condition).plan_files():
        if any(row.envelope_id in group["ingest_id"].to_pylist() for group in _ids(table, task.file)):
            _add(stack, table, traced, task.file)
            return


def _ids(table: Table, file: DataFile) -> Iterator[Any]:
    yield from (group for _, group in data_files.read(table, file, ["ingest_id"]))


def _add(stack: Target, table: Table, traced: Traced, file: DataFile) -> None:
    snapshot_id = _added_by(table, file.file_path)
    snapshot = table.snapshot_by_id(snapshot_id) if snapshot_id else None
    where = f"{file.file_path}, snapshot {snapshot_id}"
    if snapshot is None:
        traced.add(None, "curated", f"{where}, which has expired")
        return
    committed = from_epoch(snapshot.timestamp_ms)
    operation = snapshot.summary.operation.value if snapshot.summary else ""
    # A file that was written anew, as by compaction, does not tell which run first added the row.
    what = "curated" if operation == "append" else "written anew"
    traced.add(committed, what, f"{where}{_run(stack, committed)}")


def _added_by(table: Table, path: str) -> int | None:
    """The snapshot that added a data file."""
    current = table.current_snapshot()
    for manifest in current.manifests(table.io) if current else ():
        for entry in manifest.fetch_manifest_entry(table.io):
            if entry.data_file.file_path == path:
                return entry.snapshot_id
    return None


def _run(stack: Target, committed: datetime.datetime) -> str:
    """The run of the job that was under way then."""
    pages = stack.client("glue").get_paginator("get_job_runs").paginate(JobName=stack.masked_outputs["curate_job"])
    for page in pages:
        for run in page["JobRuns"]:
            if run["StartedOn"] <= committed <= run.get("CompletedOn", committed):
                return f", run {run['Id']}"
            if run["StartedOn"] < committed:
                # The newest come first.
                return ""
    return ""
