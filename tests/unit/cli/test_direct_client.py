"""The client of direct paths: what goes together, what alone, several at once, and what is sent again."""

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from rapid.cli.backoff import ATTEMPTS
from rapid.cli.credentials import ApiKey
from rapid.cli.direct_client import WORKERS, DirectClient
from rapid.cli.outcome import Refusal

from .conftest import Answer, Request, Server

EVENTS = [{"n": number} for number in range(40)]
ACCEPTED = Answer(200, {"accepted": 1, "errors": [], "requestId": "1"})


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(server: Server, waits: list[float]) -> Iterator[DirectClient]:
    made = DirectClient(f"{server.url}/v1/poc", None, lambda _event: False, sleep=waits.append)
    yield made
    made.close()


@pytest.fixture
def joining(server: Server, waits: list[float]) -> Iterator[DirectClient]:
    """A client of a contract that wants n to be no multiple of 10."""
    made = DirectClient(f"{server.url}/v1/poc", None, lambda event: bool(event["n"] % 10), sleep=waits.append)
    yield made
    made.close()


def answer_first(server: Server, answers: dict[int, Answer]) -> None:
    """Answer the first request with event n as told, every other one with 200."""
    remaining, lock = dict(answers), threading.Lock()

    def answer(request: Request) -> Answer:
        with lock:
            return remaining.pop(request.json["n"], ACCEPTED)

    server.answer = answer


def sent(server: Server) -> Counter[int]:
    return Counter(request.json["n"] for request in server.requests)


def test_an_event_that_breaks_its_contract_is_a_request_of_its_own_without_a_key(
    server: Server, client: DirectClient
) -> None:
    server.answer = lambda _request: ACCEPTED
    outcome = client.send(EVENTS)
    assert sent(server) == {event["n"]: 1 for event in EVENTS}
    assert not any("x-api-key" in request.headers for request in server.requests)
    assert (outcome.accepted, outcome.refused, outcome.unsent, outcome.repeats) == (40, 0, [], 0)


def test_connections_are_kept_and_are_as_many_as_workers_at_most(server: Server, client: DirectClient) -> None:
    server.answer = lambda _request: ACCEPTED
    client.send(EVENTS)
    client.send(EVENTS)
    assert server.connections <= WORKERS


def test_several_requests_are_under_way_at_once(server: Server, client: DirectClient) -> None:
    together = threading.Barrier(WORKERS, timeout=30)

    def answer(_request: Request) -> Answer:
        together.wait()
        return ACCEPTED

    server.answer = answer
    assert client.send(EVENTS[:WORKERS]).accepted == WORKERS


def test_a_key_is_sent_where_there_is_one(server: Server) -> None:
    server.answer = lambda _request: ACCEPTED
    client = DirectClient(server.url, ApiKey("sesame"), lambda _event: False)
    client.send(EVENTS[:1])
    client.close()
    assert server.requests[0].headers["x-api-key"] == "sesame"


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_an_event_that_was_not_taken_is_sent_again_and_no_other(
    server: Server, client: DirectClient, status: int
) -> None:
    answer_first(server, {7: Answer(status, {"message": "later"})})
    outcome = client.send(EVENTS)
    assert sent(server)[7] == 2
    assert sent(server).total() == len(EVENTS) + 1
    assert (outcome.accepted, outcome.repeats, outcome.unsent) == (40, 1, [])


def test_the_wait_is_at_least_what_retry_after_says(server: Server, client: DirectClient, waits: list[float]) -> None:
    answer_first(server, {3: Answer(503, {}, {"Retry-After": "5"})})
    client.send(EVENTS[:5])
    assert waits == [5.0]


def test_a_refused_event_has_the_gateway_s_reason_and_the_others_go_on(server: Server, client: DirectClient) -> None:
    reason = '[object has missing required properties (["time_spent"])]'
    answer_first(server, {2: Answer(400, {"message": "see the header"}, {"X-Validation-Error": reason})})
    outcome = client.send(EVENTS)
    assert outcome.refusals == [Refusal(2, "event", reason)]
    assert (outcome.accepted, outcome.unsent) == (39, [])


def test_an_event_that_is_too_long_is_refused_with_the_message(server: Server, client: DirectClient) -> None:
    answer_first(server, {0: Answer(413, {"message": "too long"})})
    assert client.send(EVENTS[:2]).refusals == [Refusal(0, "event", "413 too long")]


@pytest.mark.parametrize("status", [403, 404, 415])
def test_an_answer_that_another_try_cannot_change_ends_it(server: Server, client: DirectClient, status: int) -> None:
    server.answer = lambda _request: Answer(status, {"message": "Forbidden"})
    outcome = client.send([*EVENTS, *EVENTS, *EVENTS])
    assert len(server.requests) <= WORKERS
    assert outcome.unsent == list(range(120))
    assert outcome.failure == f"{status} Forbidden"


def test_after_the_last_try_the_event_is_unsent_with_the_reason(server: Server, client: DirectClient) -> None:
    server.answer = lambda _request: Answer(503, {"message": "could not be stored"})
    outcome = client.send(EVENTS[:1])
    assert len(server.requests) == ATTEMPTS
    assert (outcome.accepted, outcome.unsent, outcome.failure) == (0, [0], "503 could not be stored")


def test_a_success_that_is_not_the_api_s_own_counts_nothing_as_accepted(server: Server, client: DirectClient) -> None:
    content: Any = "<html>"
    server.answer = lambda _request: Answer(200, content)
    outcome = client.send(EVENTS[:3])
    assert (outcome.accepted, outcome.unsent) == (0, [0, 1, 2])


def test_events_that_keep_their_contract_go_together_and_the_others_alone(
    server: Server, joining: DirectClient
) -> None:
    server.answer = lambda request: Answer(200, {"accepted": 36 if isinstance(request.json, list) else 1})
    assert joining.send(EVENTS).accepted == 40
    bodies = [request.json for request in server.requests]
    assert [event["n"] for event in next(body for body in bodies if isinstance(body, list))] == [
        number for number in range(40) if number % 10
    ]
    assert sorted(body["n"] for body in bodies if isinstance(body, dict)) == [0, 10, 20, 30]


def test_an_array_has_no_more_events_and_bytes_than_the_door_takes(server: Server, joining: DirectClient) -> None:
    server.answer = lambda _request: ACCEPTED
    long = [{"n": 1, "text": "x" * 300_000}] * 4
    assert joining.send([{"n": 1}] * 1001 + long).accepted == 1005
    lengths = sorted(len(request.json) if isinstance(request.json, list) else 1 for request in server.requests)
    assert lengths == [2, 3, 500, 500]
    assert all(len(request.body) < 1_000_000 for request in server.requests)


def test_a_refused_array_is_sent_again_event_by_event_so_that_the_door_says_which(
    server: Server, joining: DirectClient
) -> None:
    def answer(request: Request) -> Answer:
        if isinstance(request.json, list) or request.json["n"] == 3:
            return Answer(413, {"message": "too long"})
        return ACCEPTED

    server.answer = answer
    outcome = joining.send(EVENTS[1:5])
    assert outcome.refusals == [Refusal(2, "event", "413 too long")]
    assert (outcome.accepted, outcome.unsent) == (3, [])


def test_an_array_that_cannot_be_stored_is_unsent_as_a_whole(server: Server, joining: DirectClient) -> None:
    server.answer = lambda _request: Answer(503, {"message": "could not be stored"})
    outcome = joining.send(EVENTS[1:4])
    assert len(server.requests) == ATTEMPTS
    assert (outcome.unsent, outcome.failure) == ([0, 1, 2], "503 could not be stored")
