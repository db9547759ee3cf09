"""A thousand answers of guests a minute, from many addresses, while one address sends far more than a guest would."""

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import urllib3

from rapid.cli import project
from rapid.cli.counts import command as counts
from rapid.cli.counts.fates import Fates
from rapid.cli.target import LocalStack
from tests.deployed.evidence import curate_here, rows

FEEDBACK = project.contract_of("feedback")
GUESTS_A_SECOND = 1000 / 60
"""The rate that a storefront is to take."""
SPAM_A_SECOND = 30
"""Of one address. All together they stay below the path's throttle, which is for all addresses."""
GUEST_ADDRESSES = 250
SPAMMER = "127.0.9.9"
ALLOWED = 100
"""Requests that an address may send in five minutes (components/storefront/address_limit.py)."""
ORIGIN = "https://d111111abcdef8.cloudfront.net"


@dataclass
class Told:
    """What came of what was sent."""

    before: Fates
    after: Fates
    guests: list[tuple[str, urllib3.BaseHTTPResponse]] = field(default_factory=list)
    """The id of each answer of a guest, and how the API answered."""
    spam: list[tuple[str, urllib3.BaseHTTPResponse]] = field(default_factory=list)
    """The same of the one address."""


def submit(stack: LocalStack, address: str, event_id: str) -> tuple[str, urllib3.BaseHTTPResponse]:
    """Send a form off, as the page does: text of JSON, without a preflight."""
    event = {"event_id": event_id, "score": 9, "store_id": "store1", "table_id": "table4", "comment": "Lovely soup."}
    headers = {"content-type": "text/plain;charset=UTF-8", "origin": ORIGIN, "connection": "close"}
    url = stack.outputs["ingest_url"] + stack.outputs["paths"]["feedback"]
    with urllib3.PoolManager(source_address=(address, 0)) as http:
        return event_id, http.request("POST", url, body=json.dumps(event), headers=headers, retries=False)


def paced(seconds: float, a_second: float, send: Callable[[int], Any], workers: int) -> list[Any]:
    """Send at a rate for a while: each at its moment, by clients of which none waits for another."""
    began = time.monotonic()

    def at(number: int) -> Any:
        time.sleep(max(0.0, began + number / a_second - time.monotonic()))
        return send(number)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(at, range(round(seconds * a_second))))


def guest_of(number: int) -> str:
    return f"127.0.10.{1 + number % GUEST_ADDRESSES}"


def settled(stack: LocalStack) -> Fates:
    curate_here(stack, "feedback")
    [counted] = counts.of(stack, (FEEDBACK,))
    return counted.fates


@pytest.fixture(scope="module", params=[4, pytest.param(180, marks=pytest.mark.full_size)], ids="{} seconds".format)
def told(own_stack: LocalStack, request: pytest.FixtureRequest) -> Told:
    """Guests and one address more send at once. One guest in ten sends twice: the page had heard no answer."""
    before, seconds = settled(own_stack), request.param
    ids = [str(uuid.uuid4()) for _ in range(round(seconds * GUESTS_A_SECOND) + 1)]
    spam: list[Any] = []

    def spam_all() -> None:
        send = lambda number: submit(own_stack, SPAMMER, f"spam-{seconds}-{number}")  # noqa: E731
        spam.extend(paced(seconds, SPAM_A_SECOND, send, workers=4))

    spammer = threading.Thread(target=spam_all)
    spammer.start()
    guests = paced(
        seconds,
        GUESTS_A_SECOND,
        lambda number: submit(own_stack, guest_of(number), ids[number - (number % 10 == 9)]),
        workers=8,
    )
    spammer.join()
    return Told(before, settled(own_stack), guests, spam)


def test_every_guest_s_answer_is_accepted_and_a_row_once(own_stack: LocalStack, told: Told) -> None:
    assert Counter(answer.status for _, answer in told.guests) == {200: len(told.guests)}
    sent = {event_id for event_id, _ in told.guests}
    assert len(sent) < len(told.guests)
    found = [event_id for (event_id,) in rows(own_stack, "SELECT event_id FROM feedback_curated")]
    assert Counter(event_id for event_id in found if event_id in sent) == dict.fromkeys(sent, 1)


def test_the_counts_add_up_to_what_was_answered_200(told: Told) -> None:
    accepted = [event_id for event_id, answer in (*told.guests, *told.spam) if answer.status == 200]
    assert told.after.adds_up, told.after
    assert told.after.accepted - told.before.accepted == len(accepted)
    assert told.after.curated - told.before.curated == len(set(accepted))


def test_an_address_that_sends_far_more_is_held_back_and_can_read_why_and_for_how_long(told: Told) -> None:
    assert Counter(answer.status for _, answer in told.spam) == {200: ALLOWED, 429: len(told.spam) - ALLOWED}
    held = next(answer for _, answer in told.spam if answer.status == 429)
    assert held.json()["message"] == "Too many requests from your address; try again later"
    assert set(held.json()) == {"message", "errors", "requestId"}
    assert held.headers["Retry-After"] == "60"
    assert held.headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in held.headers["Access-Control-Expose-Headers"].split(",")


def test_nothing_of_what_was_held_back_is_in_the_table(own_stack: LocalStack, told: Told) -> None:
    held = {event_id for event_id, answer in told.spam if answer.status != 200}
    found = {event_id for (event_id,) in rows(own_stack, "SELECT event_id FROM feedback_curated")}
    assert held
    assert not held & found
