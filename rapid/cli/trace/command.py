"""Finding the events that an id means, and following each from its request to where it is now."""

import datetime
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from contracts import Contract, file_door
from etl.curation.ledger import Input

from .. import project, target
from ..chosen_sources import contracts_of
from ..console import activity, number_of, say, say_error
from ..counts import pending, streams
from ..errors import CommandError
from ..failed_events.places import aws_errors
from ..s3_objects import StoredObject
from ..target import Target
from . import aside, identify, requests, zones
from .identify import MOST_EVENTS, Seen
from .requests import Line
from .timeline import Traced, moment

DEFAULT_DAYS = 7
_OUTPUTS = (
    "access_log_group",
    "curate_job",
    "curated_bucket",
    "database",
    "dead_letter_queue_url",
    "paths",
    "processed_bucket",
    "quarantine_bucket",
    "raw_bucket",
    "streams",
    "workgroup",
)


@dataclass(frozen=True)
class Options:
    """The options of the command."""

    wanted: str
    source: str | None
    since: str
    show_event: bool
    as_json: bool


@dataclass
class _Search:
    """One search, and where it has looked."""

    stack: Target
    contracts: tuple[Contract, ...]
    wanted: str
    since: datetime.datetime
    tell: Callable[[str], None]
    looked: list[str]

    @cached_property
    def tables(self) -> set[str]:
        """The names of the tables that there are."""
        database, glue = self.stack.masked_outputs["database"], self.stack.client("glue")
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
        return {table["Name"] for page in pages for table in page["TableList"]}

    def contract(self, source: str) -> Contract:
        return next(contract for contract in self.contracts if contract.source == source)


def run(options: Options) -> int:
    """Trace and print; returns the exit status, 1 if nothing was found."""
    stack = target.find()
    contracts = (project.contract_of(options.source),) if options.source else contracts_of(stack)
    missing = [name for name in _OUTPUTS if name not in stack.masked_outputs]
    if missing:
        raise CommandError(f"the stack has no {', '.join(missing)}; deploy it again")
    project.require_deployed(contracts, stack.masked_outputs)
    with activity(f"Tracing {options.wanted}:") as tell, aws_errors():
        search = _Search(stack, contracts, options.wanted, _since(options.since), tell, [])
        found, refused = _found(search)
        traced = [_follow(search, rows, show_event=options.show_event) for rows in found[:MOST_EVENTS]]
    traced += refused
    if options.as_json:
        documents = [event.document() for event in traced]
        say(
            json.dumps(
                {"id": options.wanted, "events": documents, "looked_in": search.looked}, indent=2, ensure_ascii=False
            )
        )
    else:
        _show(options.wanted, traced, len(found), search.looked)
    return 0 if traced else 1


def _since(day: str) -> datetime.datetime:
    """The start of a day in UTC. Raises CommandError for what is none."""
    if not day:
        return datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=DEFAULT_DAYS)
    try:
        return datetime.datetime.fromisoformat(f"{day}T00:00:00+00:00")
    except ValueError:
        raise CommandError(f"--since {day!r} is no day; write one such as 2026-03-14") from None


def _found(search: _Search) -> tuple[list[list[Seen]], list[Traced]]:
    """The rows that the id means, by envelope, the first received first; and a request of which there is no event."""
    sources, since = ", ".join(one.source for one in search.contracts), f"{search.since:%Y-%m-%d %H:%M}"
    search.tell("asking the processed and curated tables")
    rows = identify.in_tables(search.stack, search.contracts, search.tables, search.wanted, search.since)
    search.looked.append(f"the processed and curated tables of {sources}, received since {since}")
    if rows:
        return _by_envelope([*rows, *_others_of_the_request(search, rows)]), []
    lines = _request(search, since)
    contracts, start = search.contracts, search.since
    if lines:
        start = lines[0].time - zones.CLOCKS_APART
        contracts = tuple(one for one in contracts if one.path == lines[0].content.get("path"))
    rows = _aside(search, contracts)
    if identify.is_request(search.wanted) or not rows:
        search.tell("asking the raw zone")
        rows += identify.in_raw(search.stack, contracts, search.wanted, start)
        search.looked.append(f"the raw zone of {sources}, arrived since {start:%Y-%m-%d %H:%M}")
    return _by_envelope(rows), [] if rows or not lines else [_without_events(search, contracts, lines[0])]


def _others_of_the_request(search: _Search, rows: list[Seen]) -> list[Seen]:
    """The events of a request that are in no table, while others of it are: in quarantine, or failed."""
    if not identify.is_request(search.wanted):
        return []
    search.tell("asking the raw zone for the other events of the request")
    start, known = min(row.received_at for row in rows) - zones.CLOCKS_APART, {row.envelope_id for row in rows}
    contracts = [one for one in search.contracts if one.source in {row.source for row in rows}]
    search.looked.append(
        f"the raw zone of {', '.join(one.source for one in contracts)}, arrived since {start:%Y-%m-%d %H:%M}"
    )
    found = identify.in_raw(search.stack, contracts, search.wanted, start)
    return [row for row in found if row.envelope_id not in known]


def _request(search: _Search, since: str) -> list[Line]:
    if not identify.is_request(search.wanted):
        return []
    search.tell("reading the access log")
    search.looked.append(f"the access log since {since}")
    return requests.accesses(search.stack, search.wanted, search.since)


def _aside(search: _Search, contracts: Sequence[Contract]) -> list[Seen]:
    """Events that never were in the raw zone: rows of files in quarantine, and dead letters."""
    search.tell("looking at the dead-letter queue")
    found = [event for one in contracts for event in aside.of_files(search.stack, one, search.wanted)]
    found += [event for event in aside.on_the_queue(search.stack, search.wanted) if event.envelope_id]
    search.looked += ["the dead-letter queue", "the rows of files in quarantine"]
    names = {one.source for one in contracts}
    return [
        Seen(event.source, "aside", event.envelope_id, "", moment(event.received_at), "")
        for event in found
        if event.source in names
    ]


def _by_envelope(rows: list[Seen]) -> list[list[Seen]]:
    found: dict[tuple[str, str], list[Seen]] = {}
    for row in sorted(rows, key=lambda row: (row.received_at, row.envelope_id)):
        found.setdefault((row.source, row.envelope_id), []).append(row)
    return list(found.values())


def _without_events(search: _Search, contracts: Sequence[Contract], line: Line) -> Traced:
    """A request of which no event is anywhere."""
    source = contracts[0].source if contracts else ""
    traced = Traced(source, "", search.wanted)
    requests.describe(search.stack, traced, line.time)
    if not str(line.content.get("status", "")).startswith("2"):
        traced.fate, traced.where = "refused", "Nothing of the request was accepted; the sender was told why."
    elif not contracts:
        path = line.content.get("path")
        traced.fate, traced.where = (
            "not looked for",
            f"The request went to {path}, and not to the source that was named.",
        )
        if path == file_door.PATH:
            traced.fate, traced.where = "a file", "`rapid files` shows what became of it, and the ids of its rows."
    elif erased := sum(aside.erasures(search.stack, one, line.time) for one in contracts):
        traced.fate = "nowhere any more"
        traced.where = f"It was accepted. {number_of(erased, 'erasure')} of the source ended since, or it has expired."
    elif streams.of(search.stack, contracts[0]).may_hold(line.time.timestamp()):
        traced.fate, traced.where = "in flight", "It is in the delivery stream, which writes it within minutes."
    else:
        traced.fate = "nowhere any more"
        traced.where = "It was accepted, and no place has it; past its retention that is right, before it is not."
    return traced


def _follow(search: _Search, rows: list[Seen], *, show_event: bool) -> Traced:
    """All that is known of one event."""
    row, stack = rows[0], search.stack
    contract = search.contract(row.source)
    traced = Traced(row.source, row.envelope_id, identify.request_of(row.envelope_id))
    traced.event_id = next((one.event_id for one in rows if one.event_id), "")
    search.tell(f"following {row.envelope_id}")
    _arrival(stack, traced, row)
    in_raw = zones.raw(
        stack.client("s3"), stack.masked_outputs["raw_bucket"], row.source, row.envelope_id, row.received_at
    )
    if in_raw:
        where = f"{in_raw.address}, line {in_raw.number + 1}, at byte {in_raw.offset_bytes:,} uncompressed"
        traced.add(in_raw.modified, "raw zone", where)
        traced.event = in_raw.event if show_event else None
        if not traced.event_id:
            traced.event_id = _own_id(contract, in_raw.event)
    if any(one.zone in ("processed", "curated") for one in rows):
        _tables(search, contract, traced, rows)
    else:
        _elsewhere(search, contract, traced, row, in_raw is not None, show_event=show_event)
    return traced


def _arrival(stack: Target, traced: Traced, row: Seen) -> None:
    if traced.request_id:
        requests.describe(stack, traced, row.received_at)
        if not any(step.name == "request" for step in traced.steps):
            traced.add(row.received_at, "received", "the access log does not have the request any more")
    elif row.envelope_id.startswith("guest-"):
        traced.add(row.received_at, "received", "put onto the stream by a guest's browser")
    else:
        file_id, _, number = row.envelope_id.rpartition("-")
        traced.add(row.received_at, "received", f"row {number} of file {file_id}: `rapid files {file_id}`")


def _own_id(contract: Contract, event: object) -> str:
    """The id that an event brought itself."""
    names = (contract.primary_key.name, *contract.primary_key.aliases)
    if not isinstance(event, dict):
        return ""
    return next((str(event[name]) for name in names if event.get(name)), "")


def _tables(search: _Search, contract: Contract, traced: Traced, rows: list[Seen]) -> None:
    """The steps of an event that a table holds."""
    from . import curated

    stack, zone = search.stack, {one.zone: one for one in rows}
    stored = None
    if "processed" in zone:
        traced.add(None, "transform", "keeps its contract; made a row")
        bucket, hour = stack.masked_outputs["processed_bucket"], zone["processed"].datehour
        stored = zones.processed(stack.client("s3"), bucket, contract, hour, traced.envelope_id)
        if stored:
            traced.add(stored.modified, "processed", f"s3://{bucket}/{stored.key}")
    has_table = contract.curated_table in search.tables
    same_key = identify.with_key(stack, contract, traced.event_id) if has_table and "curated" not in zone else []
    row = zone.get("curated") or next((one for one in same_key if one.envelope_id == traced.envelope_id), None)
    if row:
        curated.describe(stack, contract, traced, row)
        traced.fate, traced.where = "curated", f"It is a row of {contract.curated_table}."
    elif same_key:
        first = same_key[0]
        traced.fate = "duplicate"
        traced.where = (
            f"{contract.curated_table} has its {contract.primary_key.name} once: by {first.envelope_id}, received "
            f"{first.received_at:%Y-%m-%d %H:%M:%S} UTC."
        )
    elif stored and _is_pending(stack, contract, stored):
        traced.fate = "processed"
        traced.where = f"It is a row of {contract.source}_now; the next run of the curate job adds it."
    else:
        traced.fate = "unaccounted"
        traced.where = (
            f"Its processed object was curated, and it has no row; `rapid counts {contract.source}` counts it."
        )


def _is_pending(stack: Target, contract: Contract, stored: StoredObject) -> bool:
    """Whether the curated table does not hold the rows of a processed object yet."""
    outputs, s3 = stack.masked_outputs, stack.client("s3")
    ledger = pending.ledger_of(stack.client("glue"), s3, outputs["database"], contract, outputs["curated_bucket"])
    if ledger is None:
        return True
    etag = s3.head_object(Bucket=outputs["processed_bucket"], Key=stored.key)["ETag"].strip('"')
    day = stored.key.removeprefix(f"{contract.source}/")[:10]
    return any(ledger.new([Input(day, stored.key, etag, stored.size_bytes)]))


def _elsewhere(
    search: _Search, contract: Contract, traced: Traced, row: Seen, is_in_raw: bool, *, show_event: bool
) -> None:
    """The steps of an event that no table holds."""
    stack = search.stack
    event = aside.in_quarantine(stack, contract, row.envelope_id, row.received_at)
    event = event or aside.failed(stack, contract, row.envelope_id, row.received_at)
    if event is None and not is_in_raw:
        event = next(aside.on_the_queue(stack, row.envelope_id), None)
    if event:
        aside.describe(traced, event)
        traced.event_id = traced.event_id or _own_id(contract, event.event)
        traced.event = event.event if show_event else None
    elif listed := aside.filtered(stack, contract, row.envelope_id, row.received_at):
        traced.add(listed.modified, "transform", f"filtered: noted in {listed.address}")
        traced.fate = "filtered"
        traced.where = "It keeps its contract, whose filter leaves it out of the tables."
    elif contract.streamed and streams.of(stack, contract).may_hold(row.received_at.timestamp()):
        traced.fate, traced.where = "in flight", "It is in the delivery stream, which writes it within minutes."
    else:
        traced.fate = "unaccounted"
        traced.where = f"It is in the raw zone and nowhere else; `rapid counts {contract.source}` counts it."


def _show(wanted: str, traced: list[Traced], count: int, looked: list[str]) -> None:
    for number, event in enumerate(traced):
        if number:
            say()
        event.show()
        if event.event is not None:
            say(json.dumps(event.event, indent=2, ensure_ascii=False))
    if count > MOST_EVENTS:
        say(f"\nThe first {MOST_EVENTS} of {count} events.")
    if traced:
        return
    say_error(f"error: nothing is known of {wanted}. Looked in:")
    for place in looked:
        say_error(f"  {place}")
    say_error(
        "An event that was accepted a moment ago is in no zone yet: trace it by the requestId of its answer, which "
        "comes into the access log within seconds. For an older one, give --since YYYY-MM-DD; what was erased, or is "
        "past its retention, cannot be found."
    )
