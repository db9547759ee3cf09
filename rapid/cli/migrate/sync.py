"""`rapid migrate sync`: what the streaming lake does not have yet is copied into it; killed anywhere, the next goes on.

What is done already is seen in the listings of both lakes, so nothing is remembered between runs.
"""

from collections.abc import Sequence
from typing import Any

from contracts import Contract

from .. import target
from ..athena import Column, Result
from ..chosen_sources import deployed_contracts
from ..console import activity, number_of, say
from ..errors import CommandError
from ..failed_events.places import aws_errors
from ..rows import print_table
from ..target import Target
from . import copying, effort, gates, history, inventory, progress, state, zones
from .alone import Turn, turn
from .copying import Copier, Copy, Outcome
from .curating import EVERYTHING, curate
from .progress import Progress
from .state import Migration, Step
from .zones import Carried

MAX_ROUNDS = 10
"""So often is the plan of the tables made anew, where maintenance or an erasure has replaced files meanwhile."""
_COLUMNS = (
    Column("zone", "varchar"),
    Column("were there", "bigint"),
    Column("copied", "bigint"),
    Column("of these again", "bigint"),
    Column("bytes copied", "bigint"),
    Column("expired", "bigint"),
    Column("erased", "bigint"),
)


def run() -> int:
    """Copy, add to the tables, and say what was done; returns the exit status.

    Raises CommandError where it may not start, and where it cannot go on.
    """
    with aws_errors():
        return _run(target.find())


def _run(stack: Target) -> int:
    migration = gates.sync(stack)
    contracts = deployed_contracts(stack)
    try:
        with turn(stack, migration) as given:
            carried = zones.carry(stack.client("s3"), migration, given)
            carried[inventory.HISTORY], rows, snapshots = _tables(stack, migration, contracts, given)
    except KeyboardInterrupt:
        raise CommandError("interrupted; `rapid migrate sync` goes on from what there is") from None
    state.record(stack, Step.SYNC, {"started": given.started.isoformat(), **_document(carried, rows, snapshots)})
    _show(carried, rows)
    return 0


def _tables(
    stack: Target, migration: Migration, contracts: Sequence[Contract], given: Turn
) -> tuple[Carried, int, dict[str, int | None]]:
    """Carry the tables' rows over; what was copied, how many rows were added, the snapshot of each source."""
    # What the old pipelines delivered and nobody has curated yet is in no data file.
    curate(stack, migration.platform, EVERYTHING)
    _prepare(stack, migration, contracts)
    carried, rows = Carried(), 0
    for number in range(MAX_ROUNDS):
        with activity("Planning the tables:") as tell:
            works = []
            for contract in contracts:
                tell(contract.source)
                works.append(history.work(stack, migration, contract))
        copies = [copy for work in works for copy in work.copies]
        if number == 0:
            carried.there = sum(work.there for work in works)
        elif not copies:
            break
        if copies:
            _copy(stack.client("s3"), copies, given, carried)
        ended = curate(stack, migration.streaming, EVERYTHING)
        rows += sum(report.get("rows_added", 0) for report in ended.reports)
    else:
        raise CommandError(
            f"data files of {', '.join(work.history.source for work in works if work.copies)} were replaced each of "
            f"{MAX_ROUNDS} times that they were planned; end what writes the tables anew, then run this again"
        )
    for work in works:
        for item in work.superseded:
            # Its rows are in the files that took its place, and may be those of somebody who was erased from these.
            copying.remove(stack.client("s3"), migration.streaming.processed_bucket, item.key)
    return carried, rows, {work.history.source: work.history.snapshot_id for work in works}


def _prepare(stack: Target, migration: Migration, contracts: Sequence[Contract]) -> None:
    """See to it that the target's tables can take every column; before a file lands, which starts their job."""
    if any(not history.has_table(stack, migration.streaming.database, contract) for contract in contracts):
        curate(stack, migration.streaming, {})
    for contract in contracts:
        if added := history.add_columns(stack, migration, contract):
            say(
                f"{contract.source}: the streaming lake's table has {', '.join(added)} now as well, which the contract "
                "has no more and older rows do"
            )


def _copy(s3: Any, copies: Sequence[Copy], given: Turn, carried: Carried) -> None:
    shown = Progress(len(copies), sum(copy.source.size_bytes for copy in copies))

    def done(copy: Copy, outcome: Outcome) -> None:
        given.check()
        if outcome is Outcome.COPIED:
            carried.copied += 1
            carried.bytes += copy.source.size_bytes
            carried.again += copy.replaces
        shown.advance(copy.source.size_bytes)

    with shown.shown("Copying the tables' files"), Copier(s3) as copier:
        copier.copy(copies, done)
    carried.seconds += shown.seconds


def _document(carried: dict[str, Carried], rows: int, snapshots: dict[str, int | None]) -> dict[str, Any]:
    names = ("there", "copied", "bytes", "again", "expired", "erased", "kept_count", "seconds")
    return {
        "complete": True,
        "zones": {zone: {name: getattr(found, name) for name in names} for zone, found in carried.items()},
        "rows_added": rows,
        "snapshots": snapshots,
    }


def _show(carried: dict[str, Carried], rows: int) -> None:
    def row(name: str, *found: Carried) -> tuple[str, ...]:
        figures = ("there", "copied", "again", "bytes", "expired", "erased")
        return (name, *(f"{sum(getattr(it, figure) for it in found):,}" for figure in figures))

    print_table(
        Result(_COLUMNS, [*(row(zone, found) for zone, found in carried.items()), row("all", *carried.values())], 0),
        with_count=False,
    )
    zones.tell_kept(carried)
    copied = sum(it.copied for it in carried.values())
    seconds = effort.copy_seconds({zone: it.seconds for zone, it in carried.items()})
    if copied:
        taken = sum(it.bytes for it in carried.values())
        say(
            f"Copied {number_of(copied, 'object')}, {progress.size(taken)}, in {progress.duration(seconds)}: "
            f"{copied / max(seconds, 1e-9):,.0f} objects/s."
        )
    say(f"The curate job added {number_of(rows, 'row')}. Everything that was there when this began is in both lakes.")
    say("`rapid migrate verify` compares them.")
