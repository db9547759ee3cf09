"""`rapid migrate plan`: what there is to move, what each step does, takes and costs, and what stands in its way."""

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from contracts import Contract

from .. import target
from ..athena import Column, Result
from ..chosen_sources import deployed_contracts
from ..console import activity, number_of, say
from ..errors import CommandError
from ..failed_events.places import aws_errors
from ..rows import print_table
from ..stack_settings import settings_of
from ..target import LocalStack, Target
from . import comparing, effort, gates, history, inventory, others, state, vanished
from .alone import Turn
from .comparing import Kind
from .effort import Amount
from .inventory import HISTORY, Listed, Part
from .progress import duration, size
from .state import Migration, Phase

_WORKERS = 4
_RECENT_DAYS = 7
"""Days before today by which a month's traffic is reckoned."""
_DAY = re.compile(r"/(\d{4}/\d\d/\d\d)/")
_ARCHIVED = "GLACIER_IR"
_ASLEEP = ("GLACIER", "DEEP_ARCHIVE")
_COLUMNS = (
    Column("zone", "varchar"),
    Column("source", "varchar"),
    Column("objects", "bigint"),
    Column("bytes", "bigint"),
    Column("rows", "bigint"),
    Column("objects to copy", "bigint"),
    Column("bytes to copy", "bigint"),
)


@dataclass
class _There:
    """What there is, and what stands in the way."""

    everything: defaultdict[tuple[str, str], Amount] = field(default_factory=lambda: defaultdict(Amount))
    """By zone and source."""
    to_copy: defaultdict[tuple[str, str], Amount] = field(default_factory=lambda: defaultdict(Amount))
    recent_raw_bytes: int = 0
    archived_bytes: int = 0
    obstacles: list[str] = field(default_factory=list)

    def add(self, zone: str, source: str, amount: Amount, *, is_to_copy: bool) -> None:
        self.everything[zone, source] += amount
        if is_to_copy:
            self.to_copy[zone, source] += amount


def run() -> int:
    """Print the plan and change nothing; returns the exit status. Raises CommandError."""
    with aws_errors():
        return _run(target.find())


def _run(stack: Target) -> int:
    migration = state.find(stack)
    contracts = deployed_contracts(stack)
    with activity("Looking at what there is to move:") as tell:
        there = _look(stack, migration, contracts, tell)
    phase = migration.phase if migration else Phase.NONE
    say(f"The stack is in phase {phase} (config key migration).")
    _show(there)
    _steps(stack, migration, there, contracts)
    say()
    for obstacle in there.obstacles:
        say(f"In the way: {obstacle}")
    if not there.obstacles:
        say("Nothing stands in the way.")
    return 0


def _look(
    stack: Target, migration: Migration | None, contracts: Sequence[Contract], tell: Callable[[str], None]
) -> _There:
    there, s3, platform = _There(), stack.client("s3"), state.platform(stack)
    parts = inventory.parts_of(s3, platform, migration.streaming if migration else None)
    given = Turn(datetime.datetime.now(datetime.UTC))
    recent = {f"{given.started - datetime.timedelta(days=days):%Y/%m/%d}" for days in range(1, _RECENT_DAYS + 1)}

    def look(part: Part) -> tuple[Part, list[tuple[Amount, bool]], int, int, int]:
        amounts, recent_bytes, archived, asleep = {True: Amount(), False: Amount()}, 0, 0, 0
        for item, is_to_copy in _objects(s3, part):
            given.check()
            amounts[is_to_copy] += Amount(1, item.size_bytes)
            day = _DAY.search(item.key)
            recent_bytes += item.size_bytes if day and day[1] in recent and part.zone == inventory.RAW else 0
            archived += item.size_bytes if is_to_copy and item.storage_class == _ARCHIVED else 0
            asleep += item.storage_class in _ASLEEP
        return part, [(amount, is_to_copy) for is_to_copy, amount in amounts.items()], recent_bytes, archived, asleep

    with given.pool(_WORKERS) as pool:
        for part, amounts, recent_bytes, archived, asleep in pool.map(look, parts):
            tell(f"{part.zone} {part.prefix}")
            for amount, is_to_copy in amounts:
                there.add(part.zone, part.prefix.rstrip("/"), amount, is_to_copy=is_to_copy)
            there.recent_raw_bytes += recent_bytes
            there.archived_bytes += archived
            if asleep:
                there.obstacles.append(
                    f"{number_of(asleep, 'object')} below s3://{part.bucket}/{part.prefix} must be restored before "
                    "anybody can copy them (storage class Glacier); the stack itself moves none there"
                )
    for contract in contracts:
        tell(f"table {contract.curated_table}")
        there.obstacles += _table(stack, migration, contract, there)
    there.obstacles += others.found(stack, platform.database, contracts)
    if requests := vanished.open_requests(s3, migration.sides if migration else (platform,)):
        there.obstacles.append(f"an erasure from {', '.join(requests)} is not done; run that `rapid forget` again")
    return there


def _objects(s3: object, part: Part) -> Iterator[tuple[Listed, bool]]:
    """The old lake's objects, and whether they are to be copied."""
    if not part.target_bucket:
        yield from ((item, True) for item in inventory.listing(s3, part.bucket, part.prefix))
        return
    for pair in comparing.compared(s3, part):
        if pair.source:
            yield pair.source, pair.kind is not Kind.SAME


def _table(stack: Target, migration: Migration | None, contract: Contract, there: _There) -> Iterator[str]:
    """Add what a table has, and give what stands in its way."""
    try:
        history.require_readable(stack, state.platform(stack), contract)
        if migration:
            work = history.work(stack, migration, contract)
            found, copies = work.history, {copy.target_key for copy in work.copies}
        else:
            found = inventory.history(stack, state.platform(stack), contract)
            copies = {file.target_key for file in found.files}
    except CommandError as error:
        yield str(error)
        return
    for file in found.files:
        amount = Amount(1, file.size_bytes, file.rows)
        there.add(HISTORY, contract.source, amount, is_to_copy=file.target_key in copies)


def _show(there: _There) -> None:
    def row(zone: str, source: str, everything: Amount, to_copy: Amount) -> tuple[str, ...]:
        rows = f"{everything.rows:,}" if everything.rows else ""
        figures = (everything.objects, everything.size_bytes, to_copy.objects, to_copy.size_bytes)
        first, second, third, fourth = (f"{figure:,}" for figure in figures)
        return (zone, source, first, second, rows, third, fourth)

    rows = [row(*key, amount, there.to_copy[key]) for key, amount in there.everything.items() if amount.objects]
    rows.append(row("all", "", sum(there.everything.values(), Amount()), sum(there.to_copy.values(), Amount())))
    print_table(Result(_COLUMNS, [*rows], 0), with_count=False)
    say(f"`{HISTORY}` are the data files of the curated tables.")
    if there.archived_bytes:
        say(
            f"{size(there.archived_bytes)} to copy lie in Glacier Instant Retrieval, whose reading AWS bills besides "
            "(https://aws.amazon.com/s3/pricing/)."
        )


def _steps(stack: Target, migration: Migration | None, there: _There, contracts: Sequence[Contract]) -> None:
    everything, to_copy = (sum(amounts.values(), Amount()) for amounts in (there.everything, there.to_copy))
    tables = {source: amount.size_bytes for (zone, source), amount in there.everything.items() if zone == HISTORY}
    last_sync = effort.last_sync(stack)
    rate = effort.rate(stack, last_sync)
    seconds = effort.sync_seconds(to_copy, to_copy.rows, rate)
    month = effort.month_dollars(
        sum(contract.streamed for contract in contracts),
        _shards(stack, migration),
        there.recent_raw_bytes / _RECENT_DAYS,
        everything.size_bytes,
    )
    _step(
        "side_by_side",
        "makes the streaming lake beside the old one; all that comes is mirrored to it. No writer changes.",
        f"{_dollars(sum(month.values()))} a month as long as both are there: "
        + ", ".join(f"{what} {_dollars(dollars)}" for what, dollars in month.items())
        + f"; by what came in the last {_RECENT_DAYS} days",
        "done" if migration else f"to do: {state.setting(stack, Phase.SIDE_BY_SIDE)}",
    )
    _step(
        "sync",
        f"copies {number_of(to_copy.objects, 'object')}, {size(to_copy.size_bytes)}, and adds "
        f"{number_of(to_copy.rows, 'row')} to the tables. Can be run again and again.",
        f"about {duration(seconds)}, {rate.objects_a_second:,.0f} objects/s ({rate.known_by}); "
        f"{_dollars(effort.sync_dollars(to_copy, everything.objects, to_copy.rows))}",
        _gate(stack, gates.sync),
    )
    _step(
        "verify",
        "compares every object and every row of both lakes, and names what differs.",
        f"minutes; {_dollars(effort.verify_dollars(tables, everything.objects))} each time",
        _gate(stack, gates.verify),
    )
    _step(
        "cutover",
        "has writers write to the data streams, which feed both lakes, and dashboards read the streaming one.",
        "a deployment",
        _gate(stack, gates.cutover),
    )
    _step("rollback", "moves the writers back.", "a deployment", _gate(stack, gates.rollback))
    _step(
        "decommission",
        "ends what feeds the old lake; deletes its data if two keys are turned.",
        f"a deployment; saves the old lake's part of {_dollars(sum(month.values()))} a month",
        _gate(stack, gates.decommission),
    )


def _step(name: str, does: str, takes: str, now: str) -> None:
    say()
    say(f"{name}: {does}")
    say(f"  takes  {takes}")
    say(f"  now    {now}")


def _gate(stack: Target, gate: Callable[[Target], object]) -> str:
    try:
        gate(stack)
    except CommandError as error:
        return str(error)
    return "ready"


def _shards(stack: Target, migration: Migration | None) -> int:
    """Shards of each data stream: as they are, else as the stack's file says."""
    if migration and migration.data_streams:
        [name, *_] = migration.data_streams.values()
        summary = stack.client("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        return int(summary["OpenShardCount"])
    name = stack.stack if isinstance(stack, LocalStack) else ""
    given = str(settings_of(name).get("stream_shards") or 1)
    if not given.isdecimal():
        raise CommandError(f"the config key stream_shards is {given!r}; it must be a whole number, at least 1")
    return int(given)


def _dollars(dollars: float) -> str:
    return f"${dollars:,.2f}"
