"""Counting the events of every source, or of one, and showing the counts."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from contracts import Contract

from .. import project, target
from ..athena import Column, Result
from ..chosen_sources import contracts_of
from ..console import activity, say
from ..errors import CommandError
from ..rows import print_table
from ..target import Target
from . import dead_letters, erased, landed_files, pending, side_places, streams, zones
from .dead_letters import DeadLetters
from .fates import Fates, Side, Stream, tally
from .landed_files import LandedFiles

_OUTPUTS = (
    "curated_bucket",
    "database",
    "dead_letter_queue_url",
    "files_bucket",
    "processed_bucket",
    "quarantine_bucket",
    "streams",
    "workgroup",
)
_FATES = {
    "accepted": "accepted",
    "curated": "curated",
    "duplicate": "duplicate",
    "quarantined": "quarantined",
    "filtered": "filtered",
    "dead_lettered": "dead-lettered",
    "failed": "failed",
    "in_flight": "in flight",
    "erased": "erased",
    "unaccounted": "unaccounted",
}
"""What is shown: member and title."""


@dataclass(frozen=True)
class Counted:
    """The fates of one source's events, and what a reader of the numbers should know."""

    source: str
    fates: Fates
    notes: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The counts as JSON shows them."""
        numbers = {name: getattr(self.fates, name) for name in _FATES}
        more = {"adds_up": self.fates.adds_up, "repeated_rows": self.fates.repeated_rows, "notes": list(self.notes)}
        return {"source": self.source, **numbers, **more}


def run(source: str | None, *, as_json: bool) -> int:
    """Count and print; returns the exit status, 1 where the counts of a source do not add up."""
    stack = target.find()
    counted = of(stack, (project.contract_of(source),) if source else contracts_of(stack))
    if as_json:
        say(json.dumps([found.document() for found in counted], indent=2))
    else:
        show(counted)
        if not source:
            _show_without_contract(stack)
    return 0 if all(found.fates.adds_up for found in counted) else 1


def of(stack: Target, contracts: Sequence[Contract]) -> list[Counted]:
    """Count the events of some sources. Raises CommandError for what cannot be looked at."""
    outputs = stack.masked_outputs
    missing = [name for name in _OUTPUTS if name not in outputs]
    if missing:
        raise CommandError(f"the stack has no {', '.join(missing)}; deploy it again")
    project.require_deployed(contracts, outputs)
    counted = []
    with activity("Counting") as tell, _aws_errors():
        letters = dead_letters.read(stack.client("sqs"), outputs["dead_letter_queue_url"])
        for contract in contracts:
            tell(contract.source)
            counted.append(_one(stack, contract, letters))
    return counted


def _one(stack: Target, contract: Contract, letters: DeadLetters) -> Counted:
    outputs, s3 = stack.masked_outputs, stack.client("s3")
    # The order matters while events arrive: what moves on between two looks must be found by the second one.
    stream = streams.of(stack, contract)
    ledger = pending.ledger_of(stack.client("glue"), s3, outputs["database"], contract, outputs["curated_bucket"])
    files = landed_files.read(s3, outputs["files_bucket"], outputs["quarantine_bucket"], contract)
    found = zones.read(stack, contract, curated=ledger is not None)
    failed = side_places.failures(s3, outputs["processed_bucket"], contract.source)
    bad = side_places.quarantine(s3, outputs["quarantine_bucket"], contract.source, found.raw)
    filtered = side_places.filtered(s3, outputs["quarantine_bucket"], contract.source)
    gone = erased.read(s3, outputs["curated_bucket"], contract.source)
    unreadable = (*gone.unreadable, *bad.unreadable, *filtered.unreadable, *files.unreadable)
    bad = Side(bad.ids | files.bad, bad.lines_without_id)
    dead = letters.by_source.get(contract.source, Side())
    held = zones.holding(stack, contract, (bad.ids | filtered.ids | failed.ids | dead.ids) - set(found.raw))
    beside = {event for event in (bad.ids | filtered.ids) - held if landed_files.file_of(event) in files.ids}
    in_tables = landed_files.in_tables(stack, contract, files.ids, curated=ledger is not None)
    fates = tally(
        found,
        bad,
        failed,
        dead,
        filtered=filtered.ids,
        pending=pending.ids(s3, ledger, outputs["processed_bucket"], contract) if found.processed else frozenset(),
        held=held,
        stream=stream,
        of_files=landed_files.beyond_raw(files, in_tables, beside, held) if contract.streamed else len(beside),
        lost_of_files=landed_files.lost(files, in_tables, beside),
        erased=gone.events,
    )
    return Counted(contract.source, fates, tuple(_notes(fates, stream, letters.unseen_messages, files, unreadable)))


def show(counted: list[Counted]) -> None:
    """Print a table, a column a source, and the notes."""
    columns = (Column("events", "varchar"), *(Column(found.source, "bigint") for found in counted))
    rows: list[tuple[str | None, ...]] = [
        (
            name.replace("_", "-" if name == "dead_lettered" else " "),
            *(f"{getattr(it.fates, name):,}" for it in counted),
        )
        for name in _FATES
    ]
    rows.append(("adds up", *("yes" if found.fates.adds_up else "NO" for found in counted)))
    print_table(Result(columns, rows, 0), with_count=False)
    for found in counted:
        for note in found.notes:
            say(f"{found.source}: {note}")


def _show_without_contract(stack: Target) -> None:
    bucket = stack.masked_outputs["files_bucket"]
    with _aws_errors():
        found = landed_files.without_contract(stack.client("s3"), bucket, project.sources())
    for source, files in sorted(found.items()):
        say(
            f"{source}: files kept until there is a contract: {files}; proposals lie in s3://{bucket}/detected/{source}/"
        )


def _notes(
    fates: Fates, stream: Stream, unseen_messages: int, files: LandedFiles, unreadable: Sequence[str]
) -> Iterator[str]:
    if fates.unaccounted > 0:
        yield f"accepted events without a fate: {fates.unaccounted}"
    if fates.unaccounted < 0:
        yield f"events counted under two fates: {-fates.unaccounted}"
    if fates.repeated_rows:
        yield f"rows of the curated table that repeat an event which it holds already: {fates.repeated_rows}"
    if fates.not_in_raw:
        yield f"events not in the raw zone, which lags by a minute or forgot them: {fates.not_in_raw}"
    if isinstance(stream, streams.LocalStream) and stream.buffered_records:
        yield (
            f"records, each of one event or more, still in the stream: {stream.buffered_records}; what no zone has of "
            "them is not counted (`rapid local flush` delivers them)"
        )
    if files.waiting:
        yield f"files that the next run of the files job takes in: {files.waiting}, of {files.waiting_bytes:,} bytes"
    if files.refused:
        yield f"files that were refused as a whole, as their reports say: {files.refused}"
    if unreadable:
        yield f"what cannot be read beside the tables, and is not counted: {len(unreadable)}, such as {unreadable[0]}"
    if unseen_messages:
        yield f"messages of the dead-letter queue that somebody else is reading, not counted: {unseen_messages}"


@contextmanager
def _aws_errors() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        raise CommandError(f"{error.operation_name}: {said.get('Message') or said.get('Code')}") from None
    except BotoCoreError as error:
        raise CommandError(f"AWS cannot be asked: {error}") from None
