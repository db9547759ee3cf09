import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rapid.local.clients import Clients
from rapid.local.lambda_runtime import event_queue, retries
from rapid.local.lambda_runtime.retries import Condition, RetryPolicy

from . import lambda_rig
from .cloud_rig import Rig
from .lambda_rig import ECHO, FAILING, Queue

ERRORS = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"
RECORDS = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"
CONFIG = "https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html"
INVOKE = "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"
LIMITS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without the minutes between them."""
    monkeypatch.setattr(retries, "FUNCTION_ERROR_WAITS_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(retries, "_FIRST_THROTTLE_WAIT_SECONDS", 0.02)


def send(rig: Rig, function: str, event: Any) -> dict[str, Any]:
    """Invoke asynchronously; the whole response."""
    response = rig.aws("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    return dict(response)


def to(rig: Rig, function: str, outcome: str, **more: Any) -> Queue:
    """A queue that records of a function's invocations go to."""
    found = lambda_rig.queue(rig)
    destinations = {outcome: {"Destination": found.arn}}
    rig.aws("lambda").put_function_event_invoke_config(FunctionName=function, DestinationConfig=destinations, **more)
    return found


@pytest.mark.aws("Lambda", "Asynchronous invocation", RECORDS)
def test_an_event_is_accepted_at_once_and_its_success_is_recorded(rig: Rig) -> None:
    function = rig.function(ECHO)
    successes = to(rig, function, "OnSuccess")
    response = send(rig, function, {"name": "x"})
    assert (response["StatusCode"], response["Payload"].read()) == (202, b"")
    record = json.loads(successes.message()["Body"])
    assert record["version"] == "1.0"
    assert record["requestContext"] == {
        "requestId": response["ResponseMetadata"]["RequestId"],
        "functionArn": f"{function}:$LATEST",
        "condition": "Success",
        "approximateInvokeCount": 1,
    }
    assert record["requestPayload"] == record["responsePayload"] == {"name": "x"}
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_a_failed_event_is_tried_twice_more_and_then_recorded_as_exhausted(rig: Rig, quick: None) -> None:
    function = rig.function(FAILING)
    failures = to(rig, function, "OnFailure")
    send(rig, function, {"name": "x"})
    record = json.loads(failures.message()["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "no x"
    lines = rig.log_lines(f"/aws/lambda/{function.rpartition(':')[2]}")
    starts = [line for line in lines if line.startswith("START")]
    assert len(starts) == 3
    assert len(set(starts)) == 1


@pytest.mark.aws("Lambda", "Asynchronous invocation", f"{RECORDS}#invocation-dlq")
def test_a_dead_letter_queue_gets_the_event_and_the_error_as_attributes(rig: Rig, quick: None) -> None:
    letters = lambda_rig.queue(rig)
    function = rig.function(FAILING, DeadLetterConfig={"TargetArn": letters.arn})
    request_id = send(rig, function, {"name": "x"})["ResponseMetadata"]["RequestId"]
    message = letters.message()
    assert json.loads(message["Body"]) == {"name": "x"}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": "no x"}


@pytest.mark.aws("Lambda", "Asynchronous invocation", CONFIG)
def test_the_number_of_retries_is_as_configured(rig: Rig) -> None:
    function = rig.function(FAILING)
    failures = to(rig, function, "OnFailure", MaximumRetryAttempts=0)
    send(rig, function, {"name": "x"})
    assert json.loads(failures.message()["Body"])["requestContext"]["approximateInvokeCount"] == 1


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_a_retry_waits_one_minute_and_the_next_two() -> None:
    policy = RetryPolicy()
    assert [retries.after_function_error(policy, attempts, 1) for attempts in (1, 2)] == [60, 120]
    assert retries.after_function_error(policy, 3, 200) is Condition.RETRIES_EXHAUSTED


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_a_throttled_event_is_tried_for_six_hours_at_growing_intervals_of_at_most_five_minutes() -> None:
    policy = RetryPolicy()
    waits = [retries.after_throttle(policy, throttles, 1) for throttles in range(1, 12)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert retries.after_throttle(policy, 100, 6 * 3600 - 1) is Condition.EVENT_AGE_EXCEEDED


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_an_event_is_given_up_when_it_is_too_old_for_another_attempt() -> None:
    assert retries.after_function_error(RetryPolicy(max_age_seconds=60), 1, 1) is Condition.EVENT_AGE_EXCEEDED


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_an_event_that_grew_too_old_in_the_queue_is_not_run(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    function = rig.function(ECHO)
    failures = to(rig, function, "OnFailure", MaximumEventAgeInSeconds=60)
    monkeypatch.setattr(event_queue.QueuedEvent, "age_seconds", 61.0)
    send(rig, function, {})
    context = json.loads(failures.message()["Body"])["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 0)


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_a_throttled_event_waits_for_its_turn_and_does_not_count_as_an_attempt(rig: Rig, quick: None) -> None:
    function = rig.function("import time\ndef handler(event, context):\n    time.sleep(0.2)")
    successes = to(rig, function, "OnSuccess", MaximumRetryAttempts=0)
    rig.aws("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    for number in range(2):
        send(rig, function, number)
    records = [json.loads(successes.message()["Body"]) for _ in range(2)]
    assert {record["requestPayload"] for record in records} == {0, 1}
    assert {record["requestContext"]["approximateInvokeCount"] for record in records} == {1}


@pytest.mark.aws("Lambda", "Asynchronous invocation", ERRORS)
def test_an_event_that_the_service_itself_fails_to_run_is_tried_again(
    rig: Rig, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = rig.function(ECHO)
    successes = to(rig, function, "OnSuccess", MaximumRetryAttempts=0)
    failures, assume = [OSError(), OSError()], Clients.assume

    def assume_later(*arguments: Any) -> dict[str, Any]:
        if failures:
            raise failures.pop()
        return assume(*arguments)

    monkeypatch.setattr(Clients, "assume", assume_later)
    send(rig, function, {"name": "x"})
    record = json.loads(successes.message()["Body"])
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert not failures


@pytest.mark.aws("Lambda", "Asynchronous invocation", RECORDS)
def test_with_a_reserved_concurrency_of_zero_events_go_to_the_destination_without_an_attempt(rig: Rig) -> None:
    function = rig.function(ECHO)
    failures = to(rig, function, "OnFailure")
    rig.aws("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    send(rig, function, {})
    record = json.loads(failures.message()["Body"])
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responsePayload" not in record


@pytest.mark.aws("Lambda", "Asynchronous invocation", RECORDS)
def test_records_also_go_to_functions(rig: Rig) -> None:
    second, first = rig.function(ECHO), rig.function(ECHO)
    seen = to(rig, second, "OnSuccess")
    rig.aws("lambda").put_function_event_invoke_config(
        FunctionName=first, DestinationConfig={"OnSuccess": {"Destination": second}}
    )
    send(rig, first, {"name": "x"})
    record = json.loads(seen.message()["Body"])
    assert record["requestContext"]["functionArn"] == f"{second}:$LATEST"
    assert record["requestPayload"]["responsePayload"] == {"name": "x"}


@pytest.mark.aws("Lambda", "Asynchronous invocation", RECORDS)
@pytest.mark.parametrize(
    ("destination", "action"),
    [
        ("arn:aws:sqs:us-east-1:123456789012:records", "SendMessage"),
        ("arn:aws:lambda:us-east-1:123456789012:function:records", "InvokeFunction"),
    ],
)
def test_a_destination_that_the_role_may_not_send_to_is_refused(rig: Rig, destination: str, action: str) -> None:
    function = lambda_rig.function(rig, ECHO, lambda_rig.role(rig))
    with pytest.raises(ClientError) as refused:
        rig.aws("lambda").put_function_event_invoke_config(
            FunctionName=function, DestinationConfig={"OnFailure": {"Destination": destination}}
        )
    assert refused.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": f"The function's execution role does not have permissions to call {action} on {destination}",
    }


@pytest.mark.aws("Lambda", "Asynchronous invocation", f"{RECORDS}#invocation-dlq")
def test_a_dead_letter_queue_that_the_role_may_not_send_to_is_refused(rig: Rig) -> None:
    letters = lambda_rig.queue(rig)
    with pytest.raises(ClientError) as refused:
        lambda_rig.function(rig, ECHO, lambda_rig.role(rig), DeadLetterConfig={"TargetArn": letters.arn})
    message = "The provided execution role does not have permissions to call SendMessage on SQS"
    assert refused.value.response["Error"] == {"Code": "InvalidParameterValueException", "Message": message}


@pytest.mark.aws("Lambda", "Asynchronous invocation", RECORDS)
def test_records_are_sent_with_the_function_s_role(rig: Rig, quick: None, caplog: pytest.LogCaptureFixture) -> None:
    role = lambda_rig.role(rig, "sqs:SendMessage")
    function = lambda_rig.function(rig, ECHO, role)
    successes = to(rig, function, "OnSuccess")
    send(rig, function, {})
    assert successes.message()
    lambda_rig.permit(rig, role, "logs:*")
    with caplog.at_level(logging.WARNING, "rapid.local.lambda_runtime.destinations"):
        send(rig, function, {})
        assert not successes.messages(wait_seconds=1)
    (warning,) = caplog.messages
    assert "is not authorized to perform: sqs:sendmessage" in warning


@pytest.mark.parametrize(
    "destination",
    [
        "arn:aws:events:us-east-1:123456789012:event-bus/default",
        "arn:aws:s3:::records",
        "arn:aws:sns:us-east-1:123456789012:records",
        "arn:aws:sqs:us-east-1:123456789012:records.fifo",
    ],
)
def test_a_destination_that_the_local_cloud_does_not_send_to_is_refused_by_name(rig: Rig, destination: str) -> None:
    with pytest.raises(ClientError, match=f"does not support '{destination}' as a destination"):
        rig.aws("lambda").put_function_event_invoke_config(
            FunctionName=rig.function(ECHO), DestinationConfig={"OnFailure": {"Destination": destination}}
        )


@pytest.mark.aws("Lambda", "Asynchronous invocation", CONFIG)
def test_a_configuration_is_put_changed_listed_and_deleted(rig: Rig) -> None:
    client, function = rig.aws("lambda"), rig.function(ECHO)
    put = client.put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=1)
    assert put["FunctionArn"] == f"{function}:$LATEST"
    assert put["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    client.update_function_event_invoke_config(FunctionName=function, MaximumEventAgeInSeconds=60)
    (found,) = client.list_function_event_invoke_configs(FunctionName=function)["FunctionEventInvokeConfigs"]
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (1, 60)
    client.put_function_event_invoke_config(FunctionName=function, MaximumEventAgeInSeconds=120)
    assert "MaximumRetryAttempts" not in client.get_function_event_invoke_config(FunctionName=function)
    client.delete_function_event_invoke_config(FunctionName=function)
    with pytest.raises(ClientError, match=r"function-\d+:\$LATEST doesn't have an EventInvokeConfig"):
        client.get_function_event_invoke_config(FunctionName=function)


@pytest.mark.aws("Lambda", "Limits", CONFIG)
@pytest.mark.parametrize(
    ("setting", "value", "member", "limit"),
    [
        ("MaximumRetryAttempts", 3, "maximumRetryAttempts", 2),
        ("MaximumEventAgeInSeconds", 21_601, "maximumEventAgeInSeconds", 21_600),
    ],
)
def test_more_than_two_retries_and_more_than_six_hours_are_refused(
    rig: Rig, setting: str, value: int, member: str, limit: int
) -> None:
    with pytest.raises(ClientError) as refused:
        rig.aws("lambda").put_function_event_invoke_config(FunctionName=rig.function(ECHO), **{setting: value})
    assert refused.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must have value less than or equal to {limit}",
    }


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


def test_the_room_in_the_queue_is_given_back(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_queue, "MAX_QUEUED_BYTES", 10_000)
    function = rig.function(ECHO)
    successes = to(rig, function, "OnSuccess")
    for _ in range(3):
        send(rig, function, "x" * 8_000)
        assert successes.message()
