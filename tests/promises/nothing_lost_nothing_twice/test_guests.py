"""What malicious guests can do: put anything onto their stream. It harms nobody else's events, and no count."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from rapid.cli import project
from rapid.cli.counts import command as counts
from rapid.cli.counts.fates import Fates
from rapid.cli.target import LocalStack
from tests.deployed.events import CLICK
from tests.deployed.evidence import curate_here, rows
from tests.deployed.guest import guest_client

RECEIVED = "2026-03-14T18:30:00.000Z"


@pytest.fixture(scope="module")
def guest(own_stack: LocalStack) -> Any:
    """Firehose, with the credentials of a guest."""
    return guest_client(own_stack, "firehose")


def put(stack: LocalStack, guest: Any, *lines: bytes) -> None:
    answer = guest.put_record_batch(
        DeliveryStreamName=stack.outputs["streams"]["clickstream"], Records=[{"Data": line + b"\n"} for line in lines]
    )
    assert answer["FailedPutCount"] == 0


def envelope(identifier: Any, **changes: Any) -> bytes:
    event = {**CLICK, "event_id": str(uuid.uuid4()), **changes}
    return json.dumps({"id": identifier, "receivedAt": RECEIVED, "body": event}).encode()


def settled(stack: LocalStack) -> Fates:
    curate_here(stack, "clickstream")
    [counted] = counts.of(stack, (project.contract_of("clickstream"),))
    return counted.fates


def gained(before: Fates, after: Fates, names: Sequence[str] = ("accepted", "curated", "quarantined")) -> list[int]:
    return [getattr(after, name) - getattr(before, name) for name in names]


def test_two_guests_with_one_envelope_id_have_sent_two_events(own_stack: LocalStack, guest: Any) -> None:
    before = settled(own_stack)
    put(own_stack, guest, envelope("guest-same", element_clicked="one"), envelope("guest-same", element_clicked="two"))
    after = settled(own_stack)
    assert after.adds_up, after
    assert gained(before, after) == [2, 2, 0]
    put(own_stack, guest, envelope("guest-same", element_clicked="three"))
    assert gained(before, settled(own_stack)) == [3, 3, 0]
    found = rows(own_stack, "SELECT element_clicked FROM clickstream WHERE ingest_id = 'guest-same' ORDER BY 1")
    assert found == [("one",), ("three",), ("two",)]


def test_the_id_of_somebody_else_s_event_takes_nothing_from_it(own_stack: LocalStack, guest: Any) -> None:
    put(own_stack, guest, envelope("guest-honest", element_clicked="honest"))
    before = settled(own_stack)
    put(own_stack, guest, envelope("guest-honest", element_clicked=None), envelope("guest-honest", time_spent="long"))
    after = settled(own_stack)
    assert after.adds_up, after
    assert rows(own_stack, "SELECT element_clicked FROM clickstream WHERE ingest_id = 'guest-honest'") == [("honest",)]
    assert gained(before, after)[:2] == [0, 0]


def test_what_is_no_envelope_is_quarantined_and_counted(own_stack: LocalStack, guest: Any) -> None:
    before = settled(own_stack)
    lines = [
        b"not json",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b'{"id":"guest-bare"}',
        b'{"id":"guest-text","receivedAt":"2026-03-14T18:30:00Z","body":"text"}',
        b'{"id":"","receivedAt":"2026-03-14T18:30:00Z","body":{}}',
        envelope("g" * 201),
        envelope("guest-late", created_at="never"),
        json.dumps({"id": "guest-odd", "receivedAt": "yesterday", "body": CLICK}).encode(),
        b"[" * 100_000,
    ]
    put(own_stack, guest, *lines)
    after = settled(own_stack)
    assert after.adds_up, after
    assert gained(before, after) == [len(lines), 0, len(lines)]


def test_a_long_id_does_not_stop_the_counting(own_stack: LocalStack, guest: Any) -> None:
    before = settled(own_stack)
    put(own_stack, guest, envelope("x" * 400_000))
    after = settled(own_stack)
    assert after.adds_up, after
    assert gained(before, after) == [1, 0, 1]
