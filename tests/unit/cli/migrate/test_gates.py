"""Which step of a migration may start when, and what its document says."""

import datetime
import json
import subprocess
import sys

import pytest

from rapid.cli.errors import CommandError
from rapid.cli.migrate import gates, state
from rapid.cli.migrate.state import Phase, Step

from .stacks import outputs, stack

NOW = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)


class Clock(datetime.datetime):
    """What now is, hour after hour of a test."""

    hour_now = 0

    @classmethod
    def now(cls, tz=None):
        return NOW + datetime.timedelta(hours=cls.hour_now)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(datetime, "datetime", Clock)
    Clock.hour_now = 0
    return Clock


def recorded(found, *steps, clock=Clock):
    """Record steps an hour after the other."""
    for step in steps:
        clock.hour_now += 1
        state.record(found, step, document(step))
    clock.hour_now += 1
    return found


def document(step, hours=0.0):
    """What a step leaves, which took so many hours until now."""
    began = Clock.now() - datetime.timedelta(hours=hours)
    documents = {
        Step.SYNC: {"complete": True},
        Step.VERIFY: {"passed": True, "moment": began.replace(tzinfo=None).isoformat()},
    }
    return documents.get(step, {})


def refused(gate, found):
    with pytest.raises(CommandError) as caught:
        gate(found)
    return str(caught.value)


@pytest.mark.parametrize("gate", [gates.sync, gates.verify, gates.cutover, gates.rollback, gates.decommission])
def test_without_a_streaming_lake_every_step_says_what_makes_one(gate):
    text = refused(gate, stack(None))
    assert "`rapid-analytics:migration: side_by_side` in Pulumi.dev.yaml, then `rapid local deploy --stack dev`" in text


@pytest.mark.parametrize(
    ("gate", "phases"),
    [
        (gates.sync, {Phase.SIDE_BY_SIDE, Phase.CUT_OVER}),
        (gates.verify, {Phase.SIDE_BY_SIDE, Phase.CUT_OVER}),
        (gates.cutover, {Phase.SIDE_BY_SIDE}),
        (gates.rollback, {Phase.CUT_OVER}),
        (gates.decommission, {Phase.CUT_OVER}),
    ],
)
def test_a_step_starts_in_its_phases_alone(gate, phases):
    for phase in (Phase.SIDE_BY_SIDE, Phase.CUT_OVER, Phase.DECOMMISSIONED):
        found = recorded(stack(phase), Step.SYNC, Step.CUTOVER, Step.SYNC, Step.VERIFY)
        if phase in phases:
            assert gate(found).phase is phase
        else:
            assert f"the stack is in phase {phase}" in refused(gate, found)


def test_nothing_is_verified_before_a_sync_has_come_to_its_end():
    found = stack()
    assert "no sync has come to its end; run `rapid migrate sync`" in refused(gates.verify, found)
    state.record(found, Step.SYNC, {"complete": False})
    assert "no sync has come to its end" in refused(gates.verify, found)
    state.record(found, Step.SYNC, {"complete": True})
    gates.verify(found)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([], "no sync has come to its end"),
        ([Step.SYNC], "nothing is verified; run `rapid migrate verify`"),
        ([Step.SYNC, Step.VERIFY, Step.SYNC], "is newer than the last verification"),
        ([Step.SYNC, Step.VERIFY], None),
    ],
)
def test_writers_are_moved_after_a_verification_of_the_last_sync(steps, reason):
    found = recorded(stack(), *steps)
    assert (reason in refused(gates.cutover, found)) if reason else gates.cutover(found)


def test_a_verification_that_failed_or_is_of_yesterday_moves_no_writers(clock):
    found = recorded(stack(), Step.SYNC, Step.VERIFY)
    clock.hour_now += 24
    state.record(found, Step.VERIFY, document(Step.VERIFY, hours=25))
    assert "more than 24 hours ago; run `rapid migrate verify`" in refused(gates.cutover, found)
    state.record(found, Step.VERIFY, {**document(Step.VERIFY), "passed": False})
    assert "found differences" in refused(gates.cutover, found)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([Step.SYNC, Step.VERIFY], "no cutover is on record"),
        ([Step.SYNC, Step.VERIFY, Step.CUTOVER], "is newer than the last verification"),
        ([Step.SYNC, Step.VERIFY, Step.CUTOVER, Step.SYNC], "run `rapid migrate verify`"),
        ([Step.SYNC, Step.VERIFY, Step.CUTOVER, Step.SYNC, Step.VERIFY], None),
    ],
)
def test_the_old_lake_ends_after_a_verification_of_what_came_after_the_cutover(steps, reason):
    found = recorded(stack("cut_over"), *steps)
    assert (reason in refused(gates.decommission, found)) if reason else gates.decommission(found)


@pytest.mark.parametrize("step", [Step.SYNC, Step.CUTOVER])
def test_a_verification_counts_from_its_beginning(step):
    found = recorded(stack("cut_over"), Step.SYNC, Step.CUTOVER, step)
    state.record(found, Step.VERIFY, document(Step.VERIFY, hours=2))
    assert "is newer than the last verification" in refused(gates.decommission, found)
    state.record(found, Step.VERIFY, document(Step.VERIFY, hours=0.5))
    gates.decommission(found)


def test_a_cutover_that_was_gone_back_on_is_none():
    found = recorded(stack("cut_over"), Step.SYNC, Step.CUTOVER, Step.ROLLBACK, Step.VERIFY)
    assert "no cutover is on record" in refused(gates.decommission, found)


def test_the_old_lake_ends_before_rows_that_came_after_the_last_sync_can_expire(clock):
    found = recorded(stack("cut_over"), Step.SYNC, Step.CUTOVER, Step.VERIFY)
    days = min(contract.processed_retention_days for contract in gates.deployed_contracts(found)) - 2
    clock.hour_now = 24 * days
    gates.decommission(found)
    clock.hour_now += 2
    text = refused(gates.decommission, found)
    assert f"more than {days} days ago" in text
    assert "run `rapid migrate sync`, then `rapid migrate verify`" in text
    assert "set cut_over again" in refused(gates.decommissioned, stack("decommissioned", found.client("s3"))).lower()
    state.record(found, Step.DECOMMISSION, {})
    gates.decommissioned(found)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([], "no sync has come to its end"),
        ([Step.SYNC], "nothing is verified"),
        ([Step.SYNC, Step.VERIFY], "no cutover is on record"),
        ([Step.SYNC, Step.VERIFY, Step.CUTOVER], "is newer than the last verification"),
        ([Step.SYNC, Step.CUTOVER, Step.VERIFY], None),
    ],
)
def test_what_somebody_decommissioned_by_hand_must_have_been_verified(steps, reason):
    found = recorded(stack("decommissioned"), *steps)
    if reason is None:
        gates.decommissioned(found)
        return
    text = refused(gates.decommissioned, found)
    assert reason in text
    assert "`rapid-analytics:migration: cut_over` in Pulumi.dev.yaml, then `rapid local deploy --stack dev`" in text


def test_a_document_says_when_and_one_that_is_none_is_named():
    found = recorded(stack(), Step.SYNC)
    assert state.last(found, Step.SYNC) == {"complete": True, "at": "2026-06-01T13:00:00+00:00"}
    assert state.last(found, Step.VERIFY) is None
    for broken in (b"{", b"[]", b"{}", b'{"at": 5}', b'{"at": "2026-11-28"}'):
        found.client("s3").stored["new-curated", "migration/sync.json"] = broken
        with pytest.raises(CommandError, match=r"s3://new-curated/migration/sync.json is no document"):
            state.last(found, Step.SYNC)


def test_a_decommissioning_that_somebody_has_gone_back_on_has_not_ended():
    found = stack("decommissioned")
    assert not state.has_ended(found)
    assert state.has_ended(recorded(found, Step.SYNC, Step.DECOMMISSION))
    assert not state.has_ended(recorded(found, Step.SYNC))


def test_a_sync_is_under_way_until_it_says_nothing_more(clock):
    found = stack()
    assert not state.sync_under_way(found)
    state.touch(found, "killed")
    assert state.sync_under_way(found)
    clock.hour_now += 1
    assert not state.sync_under_way(found)
    assert state.touch(found, "second") == NOW + datetime.timedelta(hours=1)
    state.touch(found, "third")
    state.untouch(found, "second")
    assert state.sync_under_way(found)
    state.untouch(found, "third")
    assert not state.sync_under_way(found)
    assert not found.client("s3").stored
    assert not state.sync_under_way(stack(None))


def test_a_sync_that_was_killed_on_this_machine_is_known_to_be():
    found = stack()
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    machine, own, name = state.new_run().split("-", 2)
    state.touch(found, f"{machine}-{own}-{name}")
    assert state.sync_under_way(found)
    state.untouch(found, f"{machine}-{own}-{name}")
    state.touch(found, f"{machine}-{gone.pid}-{name}")
    assert not state.sync_under_way(found)
    # Of another machine nobody knows.
    state.touch(found, f"elsewhere-{gone.pid}-{name}")
    assert state.sync_under_way(found)


def test_a_stack_is_seen_from_either_lake():
    found = stack("cut_over")
    seen = state.seen_from(found, state.of(found).streaming)
    assert [seen.masked_outputs[name] for name in ("database", "workgroup", "curate_job")] == [
        "lake_new",
        "new",
        "new-curation",
    ]
    assert seen.masked_outputs["sources"] == ["orders"]
    assert seen.client("s3") is found.client("s3")


def test_an_output_of_another_version_is_refused_with_what_is_missing():
    output = outputs()["migration"]
    del output["streaming"]["raw_bucket"]
    text = refused(gates.sync, stack(migration=json.loads(json.dumps(output))))
    assert "KeyError: 'raw_bucket'" in text
    assert "deploy the stack again" in text
