"""One export of one source, from the database to where files land, each version of a row once."""

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from etl.exports import described, mysql, parts, postgresql, selection, state, versions
from etl.exports.errors import ExportError
from etl.exports.plan import Plan
from etl.exports.secret import Connection
from etl.exports.selection import UNFIT, Selection, Session
from etl.exports.state import Pending, State

_CONNECT: Mapping[str, Callable[[Connection], AbstractContextManager[Session]]] = {
    "postgresql": postgresql.connect,
    "mysql": mysql.connect,
}


@dataclass
class Report:
    """What a run did for one source."""

    source: str
    export: str = ""
    """Id of the export, under which its files land; empty if there was nothing to export."""
    rows: int = 0
    unfit: int = 0
    """How many of the rows a column cannot hold, which go into quarantine."""
    waiting: int = 0
    """Rows that changed so lately that the next export takes them."""
    files: int = 0
    bytes: int = 0
    after: str | None = None
    until: str | None = None
    finished: str = ""
    """Id of an earlier export that this run put where files land."""
    notes: list[str] = field(default_factory=list)


def export(s3: Any, bucket: str, plan: Plan, connection: Connection, *, full: bool) -> Report:
    """Export what changed since the last time, or everything. Raises ExportError; then nothing has changed.

    Killed anywhere, it leaves nothing half: until the new state is stored there is no export, and afterwards the next
    run puts its files where they land before it does anything else.
    """
    report = Report(plan.source)
    known = state.load(s3, bucket, plan.source)
    if known.pending:
        report.finished = known.pending.id
        known = _finish(s3, bucket, plan.source, known, known.pending)
    parts.clear(s3, bucket, plan.source)
    with _CONNECT[plan.engine](connection) as session:
        chosen = selection.look_at(session, plan)
        report.notes += described.notes(plan, chosen.columns, chosen.table)
        mark = None if full else _mark(plan, known)
        report.after, report.until = chosen.start(mark), chosen.mark()
        chosen.require_sound(report.after, report.until)
        written = _write(s3, bucket, chosen, report)
        report.waiting = chosen.waiting(report.until)
    reached = State(
        high_water=plan.high_water.name if plan.high_water else None,
        mark=_further(plan, known.mark if mark is not None else None, report.until),
        pending=Pending(report.export, tuple(written)) if written else None,
    )
    committed = state.replace(s3, bucket, plan.source, known, reached)
    if committed.pending:
        _finish(s3, bucket, plan.source, committed, committed.pending)
    return report


def _finish(s3: Any, bucket: str, source: str, known: State, pending: Pending) -> State:
    parts.publish(s3, bucket, source, pending)
    return state.replace(s3, bucket, source, known, dataclasses.replace(known, pending=None))


def _mark(plan: Plan, known: State) -> str | None:
    """The mark to go on from. Raises ExportError where the contract's highWater is not what it was."""
    name = plan.high_water.name if plan.high_water else None
    if known.mark is not None and known.high_water != name:
        raise ExportError(
            f"{plan.source}: was exported by highWater {known.high_water!r}, and the contract now says {name!r}; "
            f"export the whole table once: rapid etl export {plan.source} --full"
        )
    return known.mark


def _write(s3: Any, bucket: str, chosen: Selection, report: Report) -> list[str]:
    """Stage the rows; the names of the parts."""
    moment = chosen.session.moment
    export_id = f"{moment:%Y%m%dT%H%M%S%fZ}"
    row_schema = pa.schema([column for column in chosen.schema if column.name != UNFIT])
    written = parts.Parts(s3, bucket, report.source, export_id, versions.schema(row_schema))
    for batch in chosen.rows(report.after, report.until):
        report.rows += batch.num_rows
        rows = versions.complete(batch.select(row_schema.names), chosen.plan, export_id, moment)
        unfit = batch.column(batch.num_columns - 1)
        if unfit.null_count < len(unfit):
            report.unfit += len(unfit) - unfit.null_count
            for line in versions.completed_lines(unfit, rows):
                written.add_line(line)
            rows = rows.filter(pc.is_null(unfit))
        written.add(rows)
    written.close()
    report.files, report.bytes = len(written.names), written.bytes
    report.export = export_id if written.names else ""
    return written.names


def _further(plan: Plan, before: str | None, now: str | None) -> str | None:
    """The later of two marks: a clock that was set back takes nothing away."""
    if before is None or now is None:
        return now or before
    if plan.high_water and plan.high_water.type.value == "integer":
        return max(before, now, key=int)
    return max(before, now, key=datetime.datetime.fromisoformat)
