"""A stack moves to its streaming lake under load, with its copying killed again and again, forth, back and forth."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bench import history
from bench.history import Event
from etl.iceberg import data_files
from etl.iceberg.commits import add_snapshot
from rapid.cli import catalog
from rapid.cli.migrate import in_flight, verify
from rapid.cli.migrate.state import Migration, Side, of
from tests.deployed.clouds import found_by_commands, own_cloud

from .migration import exact
from .migration.moving_stack import MovingStack, keys_of, sync_killed_at_any_moment, sync_killed_copying
from .migration.senders import CLICKS, ORDERS, Senders

CONTRACTS = (ORDERS, CLICKS)


@dataclass(frozen=True)
class Size:
    """How large the stack is, and what it goes through."""

    objects: int
    """Raw objects of its history."""
    events_an_object: int
    events_a_second: float
    """Sent all the while."""
    begins_in: str
    """The phase in which it is filled and senders begin."""
    kills_copying: int
    """Of `rapid migrate sync`, while it copies objects of the history."""
    kills: tuple[int, int]
    """At any other moment, before the first move of the writers and after the last."""
    longest_seconds: float
    """These moments are within so many seconds of a run."""


@dataclass(frozen=True)
class Moved:
    """A stack that has moved, and what was sent to it, ever."""

    moving: MovingStack
    senders: Senders
    sent: dict[str, dict[str, Event]]
    """By source and primary key."""
    history_events: int
    history_objects: int
    copied: list[int]
    """So many of these were there at each kill while they were copied."""

    @property
    def migration(self) -> Migration:
        return of(self.moving.stack)


SMALL = pytest.param(Size(300, 4, 20, "side_by_side", 1, (0, 1), 4), id="small")
FULL = pytest.param(Size(12_000, 10, 200, "none", 3, (3, 4), 60), id="full", marks=pytest.mark.full_size)


@pytest.fixture(scope="module", params=[SMALL, FULL])
def moved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """Senders send until after the last move; at full size from before the streaming lake is there."""
    size: Size = request.param
    with own_cloud() as url:
        moving = MovingStack(tmp_path_factory.mktemp("checkout"), url, {it.source for it in CONTRACTS})
        moving.deploy(size.begins_in)
        stack, s3 = moving.stack, moving.stack.client("s3")
        before = history.write(s3, stack.outputs, CONTRACTS, size.objects, size.events_an_object)
        old = keys_of(s3, stack.outputs["raw_bucket"])
        began = time.monotonic()
        with Senders(stack, size.events_a_second) as senders:
            if size.begins_in == "none":
                moving.deploy("side_by_side")
            new = of(moving.stack).streaming.raw_bucket
            copied = sync_killed_copying(moving, lambda: len(old & keys_of(s3, new)), size.kills_copying, len(old), 1)
            sync_killed_at_any_moment(moving, size.kills[0], size.longest_seconds, seed=3)
            moving.run("migrate", "sync")
            moving.run("migrate", "verify")
            moving.run("migrate", "cutover", "--force")
            senders.open_pages()
            moving.run("migrate", "rollback", "--force")
            senders.open_pages()
            moving.run("migrate", "cutover", "--force")
            senders.open_pages()
            sync_killed_at_any_moment(moving, size.kills[1], size.longest_seconds, seed=5)
        senders.check()
        moving.run("migrate", "sync")
        told = moving.run("migrate", "verify")
        sent = {source: events | senders.sent[source] for source, events in before.items()}
        _tell(size, senders, copied, moving, time.monotonic() - began, told)
        yield Moved(moving, senders, sent, sum(map(len, before.values())), len(old), copied)


def test_every_accepted_event_is_in_the_streaming_lake_exactly_once_as_it_was_sent(moved: Moved) -> None:
    _check(moved, moved.migration.streaming)


def test_the_old_lake_has_the_same_so_that_writers_could_go_back(moved: Moved) -> None:
    _check(moved, moved.migration.platform)


def test_no_request_was_refused_while_writers_moved(moved: Moved) -> None:
    assert moved.senders.failed_requests == 0


def test_copying_was_killed_in_its_midst(moved: Moved) -> None:
    assert any(0 < copied < moved.history_objects for copied in moved.copied), moved.copied


def test_rapid_counts_adds_up_to_what_was_sent(moved: Moved) -> None:
    counted = json.loads(moved.moving.run("counts", "--json"))
    by_source = {it["source"]: {name: number for name, number in it.items() if number} for it in counted}
    accepted = sum(it["accepted"] for it in by_source.values())
    assert accepted == moved.history_events + moved.senders.total
    for source, events in moved.sent.items():
        assert by_source[source]["adds_up"]
        assert by_source[source]["curated"] == len(events)
    assert by_source["clickstream"]["quarantined"] == len(moved.senders.bad)
    assert sum(it["duplicate"] for it in by_source.values()) == moved.senders.repeats


def test_a_damaged_copy_is_found_and_named(
    moved: Moved, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    s3, target = moved.moving.stack.client("s3"), moved.migration.streaming
    [missing, changed] = [
        item["Key"] for item in s3.list_objects_v2(Bucket=target.raw_bucket, Prefix="orders/", MaxKeys=2)["Contents"]
    ]
    s3.delete_object(Bucket=target.raw_bucket, Key=missing)
    content = bytearray(s3.get_object(Bucket=target.raw_bucket, Key=changed)["Body"].read())
    content[len(content) // 2] ^= 1
    s3.put_object(Bucket=target.raw_bucket, Key=changed, Body=bytes(content))
    day = _double_the_first_day(moved.moving.stack, target)

    # Both lakes were the same, and nobody has sent anything since: nothing is on its way that a second look would find.
    monkeypatch.setattr(in_flight, "_LOCAL_LOOKS", 1)
    monkeypatch.setattr(verify, "contracts_of", lambda _stack: CONTRACTS)
    with found_by_commands(moved.moving.stack.endpoint_url):
        assert verify.run(None) == 1

    told = capsys.readouterr().out
    place = f"s3://{target.raw_bucket}"
    assert _named(told, f"{place}: 1 object missing") == [missing]
    assert _named(told, f"{place}: 1 object changed") == [changed]
    assert _named(told, "table orders: 1 partition doubled") == [day]


@pytest.mark.parametrize("moved", [FULL], indirect=True)
def test_what_verify_advises_mends_the_copy(moved: Moved) -> None:
    target = moved.migration.streaming
    moved.moving.stack.client("glue").delete_table(DatabaseName=target.database, Name=ORDERS.curated_table)
    moved.moving.run("migrate", "sync")
    moved.moving.run("migrate", "verify")
    _check(moved, target)


@pytest.mark.parametrize("moved", [FULL], indirect=True)
def test_while_the_old_pipelines_end_every_event_goes_into_the_streaming_lake(moved: Moved) -> None:
    size, moving, target = FULL.values[0], moved.moving, moved.migration.streaming
    with Senders(moving.stack, size.events_a_second, prefix="later-", stragglers=False) as senders:
        moving.run("migrate", "decommission", "--force")
    senders.check()
    assert senders.failed_requests == 0
    moving.stack.flush()
    moving.run("etl", "run")
    for source, events in senders.sent.items():
        moved.sent[source] |= events
    moved.senders.bad.update(senders.bad)
    _check(moved, target)


def _check(moved: Moved, side: Side) -> None:
    stack = moved.moving.stack
    found = {it.source: exact.differences(stack, side.database, it, moved.sent[it.source]) for it in CONTRACTS}
    assert found == {it.source: {} for it in CONTRACTS}
    assert exact.quarantined(stack, side.quarantine_bucket) == dict.fromkeys(moved.senders.bad, 1)


def _double_the_first_day(stack: Any, side: Side) -> str:
    """Add all rows of the first day of the orders' table once more; that day."""
    table = catalog.of(stack).load_table((side.database, ORDERS.curated_table))
    rows = table.scan().to_arrow()
    days = [f"{moment:%Y-%m-%d}" for moment in rows[ORDERS.event_time.column].to_pylist()]
    first = min(days)
    again = rows.filter([day == first for day in days])
    with table.transaction() as transaction:
        add_snapshot(transaction, [], list(data_files.write(table, again, ORDERS.event_time.column)))
    return first


def _named(told: str, title: str) -> list[str]:
    """What the lines below a title name, those of a group of differences."""
    lines = told.splitlines()
    assert title in lines, told
    below = lines[lines.index(title) + 1 :]
    names = []
    for line in below:
        if not re.match(r"  \S", line):
            break
        names.append(line.split()[0])
    # The last one is what to do.
    return names[:-1]


def _tell(size: Size, senders: Senders, copied: list[int], moving: MovingStack, seconds: float, told: str) -> None:
    print(
        f"{size.objects:,} objects of {size.events_an_object} events each before; {senders.total:,} events sent in "
        f"{senders.seconds:.0f} s, {senders.total / senders.seconds:.0f} a second; the whole migration {seconds:.0f} s"
    )
    print(f"sync killed {len(copied) + sum(size.kills)} times, while it copied with so many objects there: {copied}")
    for command, taken in moving.seconds:
        print(f"{taken:7.1f} s  rapid {command}")
    print(told)
