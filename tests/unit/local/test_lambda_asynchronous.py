import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rapid.local.cloudwatch.metrics import Metrics
from rapid.local.lambda_runtime import asynchronous, event_queue
from rapid.local.lambda_runtime.asynchronous import AsynchronousInvoker
from rapid.local.lambda_runtime.function_metrics import FunctionMetrics
from rapid.local.lambda_runtime.functions import FunctionDefinition, Logging
from rapid.local.lambda_runtime.runner import Outcome
from rapid.local.service_error import ServiceError

from . import lambda_rig
from .cloud_rig import WAIT_SECONDS, Rig
from .lambda_rig import ECHO, FAILING

ERRORS = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"
INVOKE = "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"
LIMITS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
FUNCTION = FunctionDefinition("f", "arn", "h.h", "python3.13", "role", 128, 3, (), Path(), Logging("group"))
DONE, FAILED = Outcome(b"{}", None, b""), Outcome(b"{}", "Unhandled", b"")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without the minutes between them."""
    monkeypatch.setattr(asynchronous, "FUNCTION_ERROR_WAITS_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(asynchronous, "_FIRST_THROTTLE_WAIT_SECONDS", 0.02)


class Service:
    """What becomes of each attempt in turn: an outcome, or an error of the service."""

    def __init__(self, *outcomes: Outcome | Exception) -> None:
        self.attempts: list[str] = []
        self._outcomes = list(outcomes)
        self._changed = threading.Condition()
        self.invoker = AsynchronousInvoker(self._run, lambda _name: FUNCTION, FunctionMetrics(Metrics()))

    def _run(self, function: FunctionDefinition, payload: bytes, request_id: str) -> Outcome:
        with self._changed:
            self.attempts.append(request_id)
            self._changed.notify_all()
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def attempted(self, times: int) -> bool:
        """Whether there are so many attempts, and soon after no more."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.attempts) >= times, WAIT_SECONDS)
            return enough and not self._changed.wait_for(lambda: len(self.attempts) > times, 0.2)


@pytest.fixture
def services() -> Iterator[list[Service]]:
    made: list[Service] = []
    yield made
    for service in made:
        service.invoker.stop()


def send(rig: Rig, function: str, event: Any) -> dict[str, Any]:
    """Invoke asynchronously; the whole response."""
    response = rig.aws("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    return dict(response)


@pytest.mark.aws("Lambda", "Asynchronous invocation", INVOKE)
def test_an_event_is_accepted_at_once_and_run_under_the_id_of_the_request(rig: Rig) -> None:
    function = rig.function("def handler(event, context):\n    print('got', event['name'])")
    response = send(rig, function, {"name": "x"})
    assert (response["StatusCode"], response["Payload"].read()) == (202, b"")
    lines = rig.await_log_lines(f"/aws/lambda/{function.rpartition(':')[2]}", lambda found: "got x" in found)
    assert f"START RequestId: {response['ResponseMetadata']['RequestId']} Version: $LATEST" in lines


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_a_failed_event_is_tried_twice_more_under_the_same_id(rig: Rig, quick: None) -> None:
    function = rig.function(FAILING)
    send(rig, function, {"name": "x"})
    group = f"/aws/lambda/{function.rpartition(':')[2]}"

    def starts(lines: list[str]) -> list[str]:
        return [line for line in lines if line.startswith("START")]

    lines = rig.await_log_lines(group, lambda found: len(starts(found)) >= 3)
    assert len(starts(lines)) == 3
    assert len(set(starts(lines))) == 1


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_an_event_that_failed_three_times_is_given_up(services: list[Service], quick: None) -> None:
    services.append(service := Service(FAILED, FAILED, FAILED, DONE))
    service.invoker.accept("f", b"{}", "id")
    assert service.attempted(3)


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_an_event_that_is_throttled_or_that_the_service_fails_to_run_is_tried_again_without_losing_an_attempt(
    services: list[Service], quick: None
) -> None:
    throttled = ServiceError("TooManyRequestsException", "Rate Exceeded.", 429)
    services.append(service := Service(throttled, OSError(), FAILED, throttled, FAILED, OSError(), DONE))
    service.invoker.accept("f", b"{}", "id")
    assert service.attempted(7)


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_a_retry_waits_one_minute_and_the_next_two() -> None:
    assert asynchronous.FUNCTION_ERROR_WAITS_SECONDS == (60, 120)


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_a_throttled_event_is_tried_at_growing_intervals_of_at_most_five_minutes() -> None:
    waits = [asynchronous.throttle_wait_seconds(throttles) for throttles in range(1, 12)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
@pytest.mark.parametrize(("age_seconds", "attempts"), [(6 * 3600 + 1, 0), (6 * 3600 - 30, 1)])
def test_an_event_is_given_up_when_it_is_too_old_for_an_attempt(
    services: list[Service], monkeypatch: pytest.MonkeyPatch, age_seconds: int, attempts: int
) -> None:
    monkeypatch.setattr(asynchronous.Event, "age_seconds", age_seconds)
    services.append(service := Service(FAILED, DONE))
    service.invoker.accept("f", b"{}", "id")
    assert service.attempted(attempts)


@pytest.mark.aws("Lambda", "Limits", LIMITS)
def test_an_asynchronous_event_past_one_megabyte_is_refused(rig: Rig) -> None:
    function = rig.function(ECHO)
    assert send(rig, function, "x" * (1_048_576 - 2))["StatusCode"] == 202
    with pytest.raises(ClientError) as refused:
        send(rig, function, "x" * (1_048_576 - 1))
    message = "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"
    assert refused.value.response["Error"] == {"Code": "RequestEntityTooLargeException", "Message": message}
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


@pytest.mark.aws("Lambda", "Invocation", INVOKE)
def test_a_dry_run_checks_the_permission_and_runs_nothing(rig: Rig) -> None:
    function = rig.function("def handler(e, c):\n    print('ran')")
    answer = rig.aws("lambda").invoke(FunctionName=function, InvocationType="DryRun")
    assert answer["StatusCode"] == 204
    with pytest.raises(ClientError, match="function:no-such-function"):
        rig.aws("lambda").invoke(FunctionName="no-such-function", InvocationType="DryRun")
    lines = rig.aws("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function.rpartition(':')[2]}")
    assert lines["logGroups"] == []


@pytest.mark.aws("Lambda", "Invocation", INVOKE)
def test_a_way_to_invoke_that_does_not_exist_is_refused(rig: Rig) -> None:
    with pytest.raises(ClientError, match=r"enum value set: \[Event, RequestResponse, DryRun\]"):
        rig.aws("lambda").invoke(FunctionName=rig.function(ECHO), InvocationType="Later")


def test_a_client_context_is_refused_by_name(rig: Rig) -> None:
    with pytest.raises(ClientError, match="does not support ClientContext"):
        rig.aws("lambda").invoke(FunctionName=rig.function(ECHO), ClientContext="e30=")


@pytest.mark.aws("Lambda", "Invocation", INVOKE)
@pytest.mark.parametrize("invocation_type", ["RequestResponse", "Event", "DryRun"])
def test_a_caller_without_the_permission_to_invoke_is_refused(rig: Rig, invocation_type: str) -> None:
    function, role = rig.function(ECHO), lambda_rig.role(rig)
    client = rig.cloud.clients.of_service("lambda.amazonaws.com").client("lambda", role)
    with pytest.raises(ClientError, match="is not authorized to perform: lambda:InvokeFunction on resource"):
        client.invoke(FunctionName=function, InvocationType=invocation_type)


def test_the_queue_of_events_takes_no_more_than_its_room(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_queue, "MAX_QUEUED_BYTES", 10_000)
    function = rig.function(ECHO)
    with pytest.raises(ClientError) as refused:
        send(rig, function, "x" * 10_000)
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"


def test_the_room_in_the_queue_is_given_back(services: list[Service], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_queue, "MAX_QUEUED_BYTES", 10_000)
    services.append(service := Service(DONE, DONE, DONE))
    for times in range(1, 4):
        service.invoker.accept("f", b"x" * 8_000, "id")
        assert service.attempted(times)
