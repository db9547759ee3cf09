"""`rapid migrate verify`: both lakes compared, object by object and row by row, and every difference named.

Objects are compared by their listings, tables by what Athena says of each day (`row_sql`). Events arrive meanwhile. So
only rows are compared that were received before the command began; of these, what one lake has and the other does not
have yet is waited for, as long as it can be on its way, while both curate jobs take in what has arrived. With events
coming all the time this ends too: nothing that is compared is younger than the beginning.
"""

import datetime
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from contracts import Contract
from etl.files.places import landed
from rapid.cost.minimums import athena_bytes
from rapid.cost.prices import TB, price_list

from .. import job_run, project, target
from ..athena import Column, Result
from ..chosen_sources import contracts_of
from ..console import activity, number_of, say, say_error
from ..errors import CommandError
from ..failed_events.places import aws_errors
from ..job_run import Task
from ..rows import print_table
from ..target import Target
from . import differences, gates, in_flight, inventory, state
from .differences import Group
from .objects import Found, Objects, Synced
from .row_sql import MAX_FILES, Age, Scope, Side
from .state import Migration, Step
from .tables import Asked, Compared

_COLUMNS = (
    Column("source", "varchar"),
    Column("days", "bigint"),
    Column("rows", "bigint"),
    Column("both lakes", "varchar"),
    Column("received since", "bigint"),
    Column("of files since the sync", "bigint"),
)


def run(report: Path | None) -> int:
    """Compare, print, and keep what came of it; returns the exit status, 1 with any difference. Raises CommandError."""
    stack = target.find()
    with aws_errors():
        migration = gates.verify(stack)
        if state.sync_under_way(stack):
            raise CommandError("a `rapid migrate sync` is under way; verify when it is done")
        contracts = contracts_of(stack)
        project.require_deployed(contracts, stack.masked_outputs)
        _require_all(stack, contracts)
        with differences.report(report) as written:
            return _Verification(stack, migration, contracts).run(written)


class _Verification:
    def __init__(self, stack: Target, migration: Migration, contracts: Sequence[Contract]) -> None:
        self._stack, self._migration, self._contracts = stack, migration, contracts
        self._moment = in_flight.utc_now()
        self._synced = _synced(stack)
        self._asked = Asked(stack, self._size_bytes)
        self._failed_runs: list[str] = []

    def run(self, written: differences.Report) -> int:
        with activity("Comparing objects:") as tell:
            objects = Objects(self._stack, self._migration, self._contracts, self._synced).compare(tell)
        with activity("Comparing rows:") as tell:
            tables = self._tables(tell)
            groups = objects.groups()
            for compared in tables:
                if not compared.is_equal:
                    tell(f"naming what differs of {compared.contract.source}")
                    groups += self._asked.differences(compared, written.shown)
        written.write(groups)
        self._show(tables, objects, groups, written.path)
        found = Counter[str]()
        for group in groups:
            found[group.what] += group.number
        document = {
            "passed": not groups,
            "moment": self._moment.isoformat(),
            "rows": sum(compared.rows for compared in tables),
            "objects": sum(objects.compared.values()),
            "differences": found,
            "scanned_bytes": sum(self._asked.scanned_bytes),
        }
        state.record(self._stack, Step.VERIFY, document)
        return 1 if groups else 0

    def _size_bytes(self, contract: Contract) -> Counter[datetime.date]:
        """Of both tables' data files, by day."""
        found = Counter[datetime.date]()
        for side in (self._migration.platform, self._migration.streaming):
            for file in inventory.history(self._stack, side, contract).files:
                found[file.day] += file.size_bytes
        return found

    def _tables(self, told: Callable[[str], None]) -> list[Compared]:
        """Compare the tables by day, again and again until nothing that differs can be on its way any more."""
        files = self._files_since_the_sync()
        databases = {Side.OLD: self._migration.platform.database, Side.TARGET: self._migration.streaming.database}
        by_source = {contract.source: contract for contract in self._contracts}
        looks = itertools.count()

        def compare(source: str, settled: datetime.datetime) -> Compared:
            told(source)
            scope = Scope(databases, self._moment, settled, _plain(self._synced.began), files[source])
            return self._asked.days(by_source[source], scope)

        def take_in() -> None:
            self._curate(told, all_days=next(looks) == 0)

        wait = in_flight.of(self._stack, self._moment)
        found = in_flight.until_settled(by_source, wait, take_in, compare, told)
        return [found[source] for source in by_source]

    def _curate(self, told: Callable[[str], None], *, all_days: bool) -> None:
        """Have both jobs take in what has arrived, at the same time. What they cannot read shows in the tables."""
        options = {"--lookback_days": "0"} if all_days else None
        failed = self._failed_runs = []

        def one(side: state.Side) -> None:
            seen = state.seen_from(self._stack, side)
            ended = job_run.run(seen, Task.CURATE, None, lambda what: told(f"{side.curate_job} {what}"), options)
            if not ended.succeeded:
                failed.append(f"job {side.curate_job} ended in state {ended.state}: {ended.error}; log {ended.log}")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, (self._migration.platform, self._migration.streaming)))

    def _files_since_the_sync(self) -> dict[str, list[str]]:
        """By source ids of the files that landed after the last sync began: their rows come with the next one."""
        began, found = _plain(self._synced.began), {contract.source: list[str]() for contract in self._contracts}
        for file in landed(self._stack.client("s3"), self._stack.masked_outputs["files_bucket"]):
            if file.source in found and file.received_at >= began:
                found[file.source].append(file.id)
        for source, files in found.items():
            if len(files) > MAX_FILES:
                raise CommandError(
                    f"{len(files):,} files of {source} have landed since the last sync; run `rapid migrate sync`"
                )
        return found

    def _show(self, tables: Sequence[Compared], objects: Found, groups: Sequence[Group], report: Path | None) -> None:
        say(f"Rows received before {self._moment:%Y-%m-%d %H:%M:%S} UTC, by day, key and content:")
        print_table(Result(_COLUMNS, [_row(compared) for compared in tables], 0), with_count=False)
        for zone, count in objects.compared.items():
            since = objects.since[zone]
            more = f"; {since:,} more came after the last sync" if since else ""
            say(f"{zone}: {number_of(count, 'object')} compared by size and checksum{more}")
        for failed in self._failed_runs:
            say_error(failed)
        differences.show(groups, report)
        scanned = self._asked.scanned_bytes
        dollars = price_list()["athena_scanned"].cost(sum(map(athena_bytes, scanned)) / TB)
        say(f"Athena scanned {sum(scanned):,} bytes in {len(scanned):,} queries: ${dollars:.4f}.")
        if groups:
            say_error("error: the lakes are not the same")
        else:
            say("The lakes are the same.")


def _require_all(stack: Target, contracts: Sequence[Contract]) -> None:
    """Raise CommandError for deployed sources that would not be looked at."""
    known = {contract.source for contract in contracts}
    if missing := sorted({*stack.masked_outputs.get("sources", ())} - known):
        raise CommandError(
            f"there is no contract of {', '.join(missing)} here, which the stack has; run this in the checkout that it "
            "was deployed from, with it in the config key sources, if that chooses some"
        )


def _synced(stack: Target) -> Synced:
    done = state.last(stack, Step.SYNC) or {}
    began, ended = (datetime.datetime.fromisoformat(done.get(name, done["at"])) for name in ("started", "at"))
    # S3 says of an object in which second it was stored.
    return Synced(began.replace(microsecond=0), ended)


def _plain(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(datetime.UTC).replace(tzinfo=None)


def _row(compared: Compared) -> tuple[str, ...]:
    return (
        compared.contract.source,
        f"{len(compared.days):,}",
        f"{compared.rows:,}",
        "the same" if compared.is_equal else "DIFFER",
        f"{compared.left_out(Age.LATER):,}",
        f"{compared.left_out(Age.UNSYNCED):,}",
    )
