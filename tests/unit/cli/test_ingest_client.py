"""The client that posts events: what it sends again, what it does not, and how long it waits."""

import random
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from rapid.cli.backoff import ATTEMPTS, BASE_DELAY_SECONDS, LIMIT_SECONDS, MAX_DELAY_SECONDS
from rapid.cli.credentials import ApiKey
from rapid.cli.ingest_client import NOT_STORED, IngestClient
from rapid.cli.outcome import Refusal

from .conftest import Answer, Server

EVENTS = [{"n": 0}, {"n": 1}, {"n": 2}]


def accepted(count: int, *errors: dict) -> Answer:
    return Answer(202, {"accepted": count, "errors": list(errors), "requestId": "1"})


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(server: Server, waits: list[float]) -> IngestClient:
    return IngestClient(f"{server.url}/dev/events", ApiKey("sesame"), sleep=waits.append, randomness=random.Random(1))


def test_events_are_posted_as_one_array_with_the_api_key(server: Server, client: IngestClient) -> None:
    server.answer_in_turn(accepted(3))
    outcome = client.send(EVENTS)
    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/dev/events")
    assert request.headers["x-api-key"] == "sesame"
    assert request.json == EVENTS
    assert (outcome.accepted, outcome.refused, outcome.unsent, outcome.repeats) == (3, 0, [], 0)


def test_several_batches_share_one_connection(server: Server, client: IngestClient) -> None:
    server.answer_in_turn(accepted(3), accepted(3))
    client.send(EVENTS)
    client.send(EVENTS)
    assert server.connections == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_batch_that_was_not_taken_is_sent_again(server: Server, client: IngestClient, status: int) -> None:
    server.answer_in_turn(Answer(status, {"message": "later"}), accepted(3))
    outcome = client.send(EVENTS)
    assert [request.json for request in server.requests] == [EVENTS, EVENTS]
    assert (outcome.accepted, outcome.repeats, outcome.unsent) == (3, 1, [])


def test_a_connection_that_breaks_is_opened_again(server: Server, client: IngestClient) -> None:
    server.answer_in_turn(Answer(0), accepted(3))
    assert client.send(EVENTS).accepted == 3
    assert server.connections == 2


def test_the_wait_is_at_least_what_retry_after_says(server: Server, client: IngestClient, waits: list[float]) -> None:
    server.answer_in_turn(Answer(503, {}, {"Retry-After": "7"}), accepted(3))
    client.send(EVENTS)
    assert waits == [7.0]


def test_retry_after_may_be_a_date(server: Server, client: IngestClient, waits: list[float]) -> None:
    server.answer_in_turn(Answer(503, {}, {"Retry-After": formatdate(time.time() + 30, usegmt=True)}), accepted(3))
    assert client.send(EVENTS).accepted == 3
    [wait] = waits
    assert 20 < wait <= 30


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1.5", "Fri, 99 Nov 2026 25:00:00 GMT", ""])
def test_a_retry_after_that_is_none_is_as_if_it_were_not_there(
    server: Server, client: IngestClient, waits: list[float], nonsense: str
) -> None:
    server.answer_in_turn(Answer(503, {}, {"Retry-After": nonsense}), accepted(3))
    assert client.send(EVENTS).accepted == 3
    assert waits[0] <= BASE_DELAY_SECONDS


def test_a_server_that_asks_for_more_time_than_there_is_is_not_waited_for(
    server: Server, client: IngestClient, waits: list[float]
) -> None:
    server.answer_in_turn(Answer(503, {"message": "closed"}, {"Retry-After": str(int(LIMIT_SECONDS) + 1)}))
    outcome = client.send(EVENTS)
    assert (outcome.unsent, outcome.failure, waits) == ([0, 1, 2], "503 closed", [])


def test_waits_are_random_and_their_bound_doubles(server: Server, client: IngestClient, waits: list[float]) -> None:
    server.answer = lambda _request: Answer(503, {})
    client.send(EVENTS)
    bounds = [min(MAX_DELAY_SECONDS, 0.2 * 2**attempt) for attempt in range(ATTEMPTS - 1)]
    assert len(waits) == len(bounds)
    assert all(0 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    assert len(set(waits)) == len(waits)


def test_refused_events_are_named_by_index_and_not_sent_again(server: Server, client: IngestClient) -> None:
    server.answer_in_turn(accepted(2, {"index": 1, "field": "price", "reason": "is missing"}))
    outcome = client.send(EVENTS)
    assert outcome.refusals == [Refusal(1, "price", "is missing")]
    assert (outcome.accepted, outcome.refused, outcome.unsent, len(server.requests)) == (2, 1, [], 1)


def test_an_event_with_two_errors_is_one_refused_event(server: Server, client: IngestClient) -> None:
    errors = [{"index": 1, "field": name, "reason": "is missing"} for name in ("price", "quantity")]
    server.answer_in_turn(accepted(2, *errors))
    outcome = client.send(EVENTS)
    assert (outcome.accepted, outcome.refused, len(outcome.refusals)) == (2, 1, 2)


def test_only_the_events_that_could_not_be_stored_are_sent_again_under_their_own_index(
    server: Server, client: IngestClient
) -> None:
    lost = {"index": 2, "field": "event", "reason": f"{NOT_STORED}; send it again"}
    refused = {"index": 0, "field": "price", "reason": "is missing"}
    server.answer_in_turn(accepted(1, refused, lost), Answer(400, {"message": "no", "errors": [refused]}))
    outcome = client.send(EVENTS)
    assert [request.json for request in server.requests] == [EVENTS, [{"n": 2}]]
    assert [refusal.index for refusal in outcome.refusals] == [0, 2]
    assert (outcome.accepted, outcome.refused, outcome.unsent) == (1, 2, [])


def test_a_400_without_errors_refuses_every_event_with_its_message(server: Server, client: IngestClient) -> None:
    server.answer_in_turn(Answer(400, {"message": "Invalid request body"}))
    outcome = client.send(EVENTS)
    assert outcome.refusals == [Refusal(index, "body", "Invalid request body") for index in range(3)]
    assert outcome.unsent == []


@pytest.mark.parametrize("status", [403, 404, 413])
def test_an_answer_that_another_try_cannot_change_ends_it(server: Server, client: IngestClient, status: int) -> None:
    server.answer_in_turn(Answer(status, {"message": "Forbidden"}))
    outcome = client.send(EVENTS)
    assert outcome.unsent == [0, 1, 2]
    assert outcome.failure == f"{status} Forbidden"


def test_a_success_that_is_not_the_api_s_own_counts_nothing_as_accepted(server: Server, client: IngestClient) -> None:
    server.answer_in_turn(Answer(200, "<html>"))
    outcome = client.send(EVENTS)
    assert (outcome.accepted, outcome.unsent) == (0, [0, 1, 2])


def test_after_the_last_try_the_events_are_unsent_with_the_reason(server: Server, client: IngestClient) -> None:
    server.answer = lambda _request: Answer(503, {"message": "none could be stored"})
    outcome = client.send(EVENTS)
    assert len(server.requests) == ATTEMPTS
    assert (outcome.accepted, outcome.unsent, outcome.failure) == (0, [0, 1, 2], "503 none could be stored")


def test_a_server_that_is_not_there_is_a_reason_and_no_exception(server: Server, waits: list[float]) -> None:
    port = server.port
    server.close()
    outcome = IngestClient(f"http://127.0.0.1:{port}/events", ApiKey("k"), sleep=waits.append).send(EVENTS)
    assert outcome.unsent == [0, 1, 2]
    assert outcome.failure.startswith("no answer: ")
    assert len(waits) == ATTEMPTS - 1


def test_the_reason_for_sending_an_event_again_is_the_one_that_the_ingest_function_gives() -> None:
    handler = Path(__file__).parents[3] / "functions" / "ingest" / "handler.py"
    assert f'"reason": "{NOT_STORED};' in handler.read_text()
