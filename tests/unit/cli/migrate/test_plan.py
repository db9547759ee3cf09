"""What `rapid migrate plan` says, before there is a streaming lake and after."""

import dataclasses
import datetime
import json
import threading
import time

import pytest

from rapid.cli import target
from rapid.cli.migrate import effort, plan, state
from rapid.cli.migrate.effort import Amount
from rapid.cli.migrate.inventory import Listed
from rapid.cli.migrate.state import Step
from rapid.cost.prices import price_list

from .lakes import day
from .stacks import stack


def without_migration(found):
    """The same stack before its migration began."""
    return dataclasses.replace(found, viewed={**found.viewed, **vars(state.of(found).platform), "migration": None})


def test_before_there_is_a_streaming_lake_everything_is_to_be_copied_and_the_first_step_is_named(
    tables, monkeypatch, capsys
):
    tables.old.deliver([tables.old.order(), tables.old.order()])
    tables.old.curate()
    tables.lakes.put(f"orders/{day(2)}/1.gz", b"event")
    before = without_migration(tables.stack)
    monkeypatch.setattr(target, "find", lambda: before)
    objects = {zone: tables.lakes.versions(tables.lakes.old, zone) for zone in ("raw", "curated")}
    assert plan.run() == 0
    said = capsys.readouterr().out
    assert "The stack is in phase none" in said
    rows = [line.split() for line in said.splitlines()]
    assert ["raw", "orders", "1", "5", "1", "5"] in rows
    [history] = [row for row in rows if row[:1] == ["history"]]
    assert history[1:3] + history[4:6] == ["orders", "1", "2", "1"]
    assert "to do: `rapid-analytics:migration: side_by_side` in Pulumi.dev.yaml" in said
    assert "Nothing stands in the way." in said
    # It changes nothing.
    assert {zone: tables.lakes.versions(tables.lakes.old, zone) for zone in objects} == objects
    assert not tables.lakes.versions(tables.lakes.new)


def test_with_a_streaming_lake_what_is_left_to_copy_is_told_and_which_step_may_come(tables, capsys):
    kinesis = tables.stack.client("kinesis")
    for name in tables.lakes.migration.data_streams.values():
        kinesis.create_stream(StreamName=name, ShardCount=2, StreamModeDetails={"StreamMode": "PROVISIONED"})
    tables.lakes.put("orders/2026/03/14/18/1.gz", b"event")
    tables.lakes.s3.put_object(Bucket=tables.lakes.new["raw"], Key="orders/2026/03/14/18/1.gz", Body=b"event")
    tables.lakes.put("orders/2026/03/14/18/2.gz", b"asleep", StorageClass="GLACIER")
    tables.s3.put_object(Bucket=tables.lakes.old["curated"], Key="erasure-requests/orders/1.json", Body=b"{}")
    tables.stack.client("glue").create_table(DatabaseName=tables.old.lake.database, TableInput={"Name": "gone_curated"})
    assert plan.run() == 0
    said = capsys.readouterr().out
    assert ["raw", "orders", "2", "11", "1", "6"] in [line.split() for line in said.splitlines()]
    assert "2 shards of data streams $21.90" in said
    assert "  now    ready" in said
    assert "cutover must wait: no sync has come to its end" in said
    [asleep, other, request] = [line for line in said.splitlines() if line.startswith("In the way: ")]
    assert "1 object below s3://" in asleep
    assert "must be restored" in asleep
    assert ".gone_curated is of no source of the stack" in other
    assert "an erasure from orders is not done" in request


def test_a_table_that_cannot_be_carried_over_is_an_obstacle_and_no_end_of_the_plan(tables, monkeypatch, capsys):
    from rapid.cli.errors import CommandError
    from rapid.cli.migrate import history

    def refuse(*_):
        raise CommandError("orders_curated has delete files")

    before = without_migration(tables.stack)
    monkeypatch.setattr(target, "find", lambda: before)
    monkeypatch.setattr(history, "require_readable", refuse)
    assert plan.run() == 0
    assert "In the way: orders_curated has delete files" in capsys.readouterr().out


def test_interrupted_it_does_not_list_to_the_end_first(tables, monkeypatch):
    for source in ("feedback", "orders"):
        tables.lakes.put(f"{source}/{day(2)}/1.gz")
    begun, listed = threading.Event(), []

    def long(_s3, part):
        if part.prefix == "feedback/":
            # What is told first is of this one, while the other is listed.
            begun.wait(60)
            return
        begun.set()
        for number in range(5_000):
            listed.append(number)
            time.sleep(0.001)
            yield Listed(f"orders/{number}", 1, "", datetime.datetime.now(datetime.UTC), "STANDARD"), True

    def interrupt(_what):
        raise KeyboardInterrupt

    monkeypatch.setattr(plan, "_objects", long)
    with pytest.raises(KeyboardInterrupt):
        plan._look(tables.stack, state.of(tables.stack), [], interrupt)
    assert 0 < len(listed) < 5_000


def synced(found, **seconds):
    zones = {name: {"copied": 600, "seconds": taken} for name, taken in seconds.items()}
    state.record(found, Step.SYNC, {"complete": True, "zones": zones})
    return effort.last_sync(found)


def test_the_rate_is_that_of_the_last_sync_if_that_copied_enough():
    found = stack()
    assert effort.rate(found, None).known_by == "measured on a local cloud, bench/README.md"
    rate = effort.rate(found, synced(found, raw=4.0, quarantine=4.0, history=2.0))
    # Zones go beside each other, tables after them.
    assert rate.objects_a_second == 1800 / 6
    assert rate.known_by.startswith("this stack's last sync")
    few = json.loads(json.dumps({"at": "2026-01-01", "zones": {"raw": {"copied": 99, "seconds": 1}}}))
    assert effort.rate(found, few).objects_a_second == effort.LOCAL_OBJECTS_A_SECOND
    assumed = effort.rate(target.AwsStack(), None)
    assert assumed.objects_a_second == pytest.approx(32 / 0.15)
    assert assumed.known_by.startswith("assumed: 32 copies at once, 150 ms each")


def test_costs_are_those_of_the_price_file():
    prices = price_list()
    dpu_seconds = 2 * 2 * 60
    glue = prices["glue_dpu_hours"].cost(dpu_seconds / 3600)
    # A million objects: as many COPY requests, and 1,001 LIST requests for each of six listings.
    requests = prices["s3_writes"].cost(1_000_000 + 6 * 1001)
    assert effort.sync_dollars(Amount(1_000_000, 0), 1_000_000, 0) == pytest.approx(requests + glue)
    scanned = 2 * 1024**4 * prices["athena_scanned"].tiers[0][1] / 1024**4
    verified = effort.verify_dollars({"orders": 1024**4}, 0)
    assert verified == pytest.approx(scanned + glue + prices["s3_writes"].cost(2))
    month = effort.month_dollars(3, 2, 0.0, 0)
    assert month["6 shards of data streams"] == pytest.approx(6 * 730 * 0.015)
