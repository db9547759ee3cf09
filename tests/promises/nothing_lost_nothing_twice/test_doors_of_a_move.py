"""A stack side by side with its streaming lake: by whatever stream an event comes, before or after a switch of doors,
it is in both lakes, once.
"""

import json
import uuid
from typing import Any

import pytest

from rapid.cli import athena, project
from rapid.cli.counts import command as counts
from rapid.cli.failed_events.stream import DataStream, DeliveryStream
from rapid.cli.migrate import state
from rapid.cli.smoke import sending
from rapid.cli.target import LocalStack
from tests.deployed.events import CLICK, ORDER
from tests.deployed.evidence import curate_here

CONTRACTS = {source: project.contract_of(source) for source in ("clickstream", "orders")}
RECEIVED = "2026-03-14T18:30:00.000Z"


def made(source: str) -> dict[str, Any]:
    return {**(CLICK if source == "clickstream" else ORDER), "event_id": str(uuid.uuid4())}


def line(event: dict[str, Any]) -> bytes:
    return json.dumps({"id": f"line-{event['event_id']}", "receivedAt": RECEIVED, "body": event}).encode() + b"\n"


@pytest.fixture(scope="module")
def sent(moving_stack: LocalStack) -> dict[str, dict[str, str]]:
    """By source, the id of the event that came each way; all were accepted before the lakes' jobs ran."""
    stack, moving = moving_stack, state.of(moving_stack)
    firehose, kinesis = stack.client("firehose"), stack.client("kinesis")
    ways: dict[str, dict[str, str]] = {}
    for source, contract in CONTRACTS.items():
        ways[source] = {"door": sending.by_http(stack, contract)[0].event_id}
        events = {way: made(source) for way in ("straggler", "sent twice", "door after the switch", "put there twice")}
        old = DeliveryStream(firehose, moving.platform.streams[source])
        data = DataStream(kinesis, moving.data_streams[source])
        for way, stream in (
            ("straggler", old),
            ("sent twice", old),
            ("sent twice", old),
            ("door after the switch", data),
            ("put there twice", data),
            ("put there twice", data),
        ):
            assert stream.put([line(events[way])]) == {}
        ways[source] |= {way: event["event_id"] for way, event in events.items()}
    streams = {"page": moving.platform.streams["clickstream"], "page after the switch": guest_stream(stack)}
    for way, name in streams.items():
        pool = stack.outputs["identity_pool_id"]
        guest, _ = sending.as_guest(stack, CONTRACTS["clickstream"], pool, name, door="guest")
        ways["clickstream"][way] = guest.event_id
    for source in CONTRACTS:
        for job in (moving.platform.curate_job, moving.streaming.curate_job):
            curate_here(stack, source, job)
    return ways


def guest_stream(stack: LocalStack) -> str:
    return str(stack.outputs["migration"]["guest_streams"]["clickstream"])


@pytest.mark.parametrize("lake", ["platform", "streaming"])
@pytest.mark.parametrize("source", CONTRACTS)
def test_by_whatever_stream_an_event_comes_it_is_in_both_lakes_once(
    moving_stack: LocalStack, sent: dict[str, dict[str, str]], source: str, lake: str
) -> None:
    side = state.seen_from(moving_stack, getattr(state.of(moving_stack), lake))
    names = {event_id: way for way, event_id in sent[source].items()}
    listed = ", ".join(f"'{event_id}'" for event_id in names)
    found = athena.run(side, f"SELECT event_id FROM {source} WHERE event_id IN ({listed})").rows
    assert sorted(names[str(event_id)] for (event_id,) in found) == sorted(sent[source])


def test_the_first_lake_s_counts_add_up_meanwhile(moving_stack: LocalStack, sent: dict[str, dict[str, str]]) -> None:
    assert sent
    for counted in counts.of(moving_stack, tuple(CONTRACTS.values())):
        assert counted.fates.adds_up, counted


def test_lines_of_nobody_are_counted_once_and_quarantined_under_the_same_keys_in_both_lakes(
    moving_stack: LocalStack, sent: dict[str, dict[str, str]]
) -> None:
    moving, clickstream = state.of(moving_stack), CONTRACTS["clickstream"]
    [before] = counts.of(moving_stack, (clickstream,))
    old = DeliveryStream(moving_stack.client("firehose"), moving.platform.streams["clickstream"])
    assert old.put([b"noise\n", b"more noise\n"]) == {}
    moving_stack.flush()
    [after] = counts.of(moving_stack, (clickstream,))
    assert after.fates.adds_up, after
    assert (after.fates.accepted, after.fates.quarantined) == (before.fates.accepted + 2, before.fates.quarantined + 2)
    keys = [
        {item["Key"] for item in moving_stack.client("s3").list_objects_v2(Bucket=side.quarantine_bucket)["Contents"]}
        for side in (moving.platform, moving.streaming)
    ]
    assert keys[0] == keys[1]
