import json
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rapid.local.lambda_runtime import sqs_event, sqs_poller
from rapid.local.lambda_runtime.sqs_poller import SqsPoller

from . import lambda_rig
from .cloud_rig import Rig
from .lambda_rig import Queue

SQS = "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"
CONFIGURE = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"
ERRORS = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"
SCALING = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"
API = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"

POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
# Each batch becomes one message to the queue that the function knows.
REPORTER = """
import boto3, json, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(event))
    bodies = [record["body"] for record in event["Records"]]
    if "raise" in bodies:
        raise ValueError("raised")
    failed = [record["messageId"] for record in event["Records"] if record["body"] == "fail"]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
"""


class Consumer:
    """A queue, a function that reads it, and what the function saw."""

    def __init__(self, rig: Rig, attributes: dict[str, str] | None = None, **mapping: Any) -> None:
        self.rig, self.seen = rig, lambda_rig.queue(rig)
        self.source = lambda_rig.queue(rig, **(attributes or {}))
        self.function = rig.function(REPORTER, Environment={"Variables": {"SEEN": self.seen.url}})
        self.id = connect(rig, self.source, self.function, **mapping)["UUID"]

    def batch(self) -> list[dict[str, Any]]:
        """The records of the next batch."""
        return list(json.loads(self.seen.message()["Body"])["Records"])

    def bodies(self) -> list[str]:
        """The messages of the next batch."""
        return [record["body"] for record in self.batch()]


def connect(rig: Rig, source: Queue, function: str, **more: Any) -> dict[str, Any]:
    """A new mapping; the answer."""
    created = rig.aws("lambda").create_event_source_mapping(EventSourceArn=source.arn, FunctionName=function, **more)
    return dict(created)


def emptied(source: Queue) -> bool:
    """Whether a queue is empty before long."""
    deadline = time.monotonic() + 5
    while source.size() and time.monotonic() < deadline:
        time.sleep(0.02)
    return source.size() == 0


@pytest.mark.aws("Lambda", "SQS event source", SQS)
def test_a_message_reaches_the_function_in_lambda_s_form_and_leaves_the_queue(rig: Rig) -> None:
    consumer = Consumer(rig)
    attributes = {"kind": {"DataType": "String", "StringValue": "order"}}
    sent = consumer.source.send("hello", MessageAttributes=attributes)
    (record,) = consumer.batch()
    assert record.pop("receiptHandle")
    assert record.pop("md5OfMessageAttributes")
    attributes = record.pop("attributes")
    assert attributes["ApproximateReceiveCount"] == "1"
    assert {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} <= attributes.keys()
    assert record == {
        "messageId": sent,
        "body": "hello",
        "messageAttributes": {
            "kind": {"stringValue": "order", "stringListValues": [], "binaryListValues": [], "dataType": "String"}
        },
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": consumer.source.arn,
        "awsRegion": "us-east-1",
    }
    assert emptied(consumer.source)


def test_a_mapping_goes_on_after_whatever_went_wrong(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqs_poller, "_FIRST_WAIT_SECONDS", 0.01)
    failures, receive = [OSError()], SqsPoller._receive

    def receive_later(poller: SqsPoller, room: int) -> list[sqs_event.Message]:
        if failures:
            raise failures.pop()
        return receive(poller, room)

    monkeypatch.setattr(SqsPoller, "_receive", receive_later)
    consumer = Consumer(rig)
    consumer.source.send("hello")
    assert consumer.bodies() == ["hello"]
    assert not failures


@pytest.mark.aws("Lambda", "SQS event source", CONFIGURE)
def test_a_batch_is_at_most_as_large_as_configured(rig: Rig) -> None:
    consumer = Consumer(rig, Enabled=False, BatchSize=2)
    for number in range(3):
        consumer.source.send(str(number))
    rig.aws("lambda").update_event_source_mapping(UUID=consumer.id, Enabled=True)
    assert sorted([consumer.bodies(), consumer.bodies()], key=len) == [["2"], ["0", "1"]]


@pytest.mark.aws("Lambda", "SQS event source", CONFIGURE)
def test_a_window_gathers_messages_into_one_batch_until_it_is_full(rig: Rig) -> None:
    consumer = Consumer(rig, BatchSize=12, MaximumBatchingWindowInSeconds=30)
    for number in range(12):
        consumer.source.send(str(number))
    assert sorted(map(int, consumer.bodies())) == list(range(12))


@pytest.mark.aws("Lambda", "SQS event source", CONFIGURE)
def test_a_batch_that_is_not_full_goes_when_its_window_closes(rig: Rig) -> None:
    consumer = Consumer(rig, BatchSize=12, MaximumBatchingWindowInSeconds=1)
    consumer.source.send("alone")
    assert consumer.bodies() == ["alone"]


@pytest.mark.aws("Lambda", "Limits", SQS)
def test_a_batch_is_complete_before_it_outgrows_an_invocation_s_payload(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqs_poller, "MAX_BATCH_BYTES", 3_000)
    consumer = Consumer(rig, Enabled=False)
    for number in range(2):
        consumer.source.send(str(number) * 1_000)
    rig.aws("lambda").update_event_source_mapping(UUID=consumer.id, Enabled=True)
    assert [len(consumer.bodies()) for _ in range(2)] == [1, 1]


@pytest.mark.aws("Lambda", "SQS event source", ERRORS)
def test_only_the_messages_that_a_function_reports_as_failed_come_again_and_end_in_the_dead_letter_queue(
    rig: Rig,
) -> None:
    letters = lambda_rig.queue(rig)
    redrive = json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 2})
    attributes = {"VisibilityTimeout": "1", "RedrivePolicy": redrive}
    consumer = Consumer(rig, Enabled=False)
    rig.aws("lambda").update_function_configuration(FunctionName=consumer.function, Timeout=1)
    rig.aws("sqs").set_queue_attributes(QueueUrl=consumer.source.url, Attributes=attributes)
    for body in ("good", "fail"):
        consumer.source.send(body)
    # A function that starts slowly would find its messages visible again.
    rig.invoke(consumer.function, {"Records": []})
    assert consumer.bodies() == []
    rig.aws("lambda").update_event_source_mapping(
        UUID=consumer.id, Enabled=True, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    assert [sorted(consumer.bodies()), consumer.bodies()] == [["fail", "good"], ["fail"]]
    assert letters.message()["Body"] == "fail"
    assert emptied(consumer.source)


@pytest.mark.aws("Lambda", "SQS event source", ERRORS)
@pytest.mark.parametrize("body", ["raise", "fail"])
def test_an_error_keeps_the_whole_batch_and_an_answer_that_was_not_asked_for_keeps_nothing(rig: Rig, body: str) -> None:
    consumer = Consumer(rig, Enabled=False)
    for text in ("good", body):
        consumer.source.send(text)
    rig.aws("lambda").update_event_source_mapping(UUID=consumer.id, Enabled=True)
    assert consumer.bodies() == ["good", body]
    if body == "fail":
        assert emptied(consumer.source)
    else:
        _until(rig, consumer.id, "PROBLEM: Function call failed")
        assert consumer.source.size() == 2


def _until(rig: Rig, mapping: str, result: str) -> None:
    """Wait until a mapping's last batch ended so."""
    client, deadline = rig.aws("lambda"), time.monotonic() + 5
    while client.get_event_source_mapping(UUID=mapping)["LastProcessingResult"] != result:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.aws("Lambda", "SQS event source", ERRORS)
@pytest.mark.parametrize("answer", ["null", "{}", '{"batchItemFailures": []}', '{"batchItemFailures": null}'])
def test_an_answer_that_reports_nothing_is_a_success(answer: str) -> None:
    assert sqs_event.failed(answer.encode(), {"a", "b"}) == set()


@pytest.mark.aws("Lambda", "SQS event source", ERRORS)
@pytest.mark.parametrize(
    "failures",
    [[{"itemIdentifier": ""}], [{"itemIdentifier": None}], [{"id": "a"}], [{"itemIdentifier": "unknown"}], ["a"]],
)
def test_an_answer_that_reports_no_message_of_the_batch_fails_all_of_it(failures: Any) -> None:
    assert sqs_event.failed(json.dumps({"batchItemFailures": failures}).encode(), {"a", "b"}) == {"a", "b"}


@pytest.mark.aws("Lambda", "SQS event source", SCALING)
def test_no_more_batches_run_at_once_than_the_maximum_concurrency(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()
    run = sqs_poller.SqsPoller._run_until_visible

    def counted(poller: sqs_poller.SqsPoller, event: bytes) -> Any:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        try:
            return run(poller, event)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(sqs_poller.SqsPoller, "_run_until_visible", counted)
    consumer = Consumer(rig, Enabled=False, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    for number in range(6):
        consumer.source.send(str(number))
    rig.aws("lambda").update_event_source_mapping(UUID=consumer.id, Enabled=True)
    assert emptied(consumer.source)
    assert most == 2


@pytest.mark.aws("Lambda", "SQS event source", ERRORS)
def test_a_throttled_batch_is_tried_again_without_counting_as_received_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqs_poller, "_FIRST_WAIT_SECONDS", 0.02)
    consumer = Consumer(rig)
    client = rig.aws("lambda")
    client.put_function_concurrency(FunctionName=consumer.function, ReservedConcurrentExecutions=0)
    consumer.source.send("patient")
    deadline = time.monotonic() + 5
    while not _in_flight(consumer.source) and time.monotonic() < deadline:
        time.sleep(0.02)
    client.delete_function_concurrency(FunctionName=consumer.function)
    (record,) = consumer.batch()
    assert record["attributes"]["ApproximateReceiveCount"] == "1"


def _in_flight(source: Queue) -> bool:
    found = source.rig.aws("sqs").get_queue_attributes(
        QueueUrl=source.url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
    )
    return found["Attributes"]["ApproximateNumberOfMessagesNotVisible"] != "0"


@pytest.mark.aws(
    "Lambda", "SQS event source", "https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html"
)
@pytest.mark.parametrize("end", ["disabled", "deleted"])
def test_a_mapping_that_is_disabled_or_deleted_takes_no_more_messages(rig: Rig, end: str) -> None:
    consumer, client = Consumer(rig), rig.aws("lambda")
    consumer.source.send("first")
    assert consumer.bodies() == ["first"]
    if end == "disabled":
        client.update_event_source_mapping(UUID=consumer.id, Enabled=False)
        assert client.get_event_source_mapping(UUID=consumer.id)["State"] == "Disabled"
    else:
        assert client.delete_event_source_mapping(UUID=consumer.id)["State"] == "Deleting"
        with pytest.raises(ClientError, match="The resource you requested does not exist"):
            client.get_event_source_mapping(UUID=consumer.id)
    consumer.source.send("second")
    assert not consumer.seen.messages(wait_seconds=1)
    assert consumer.source.message(0)["Attributes"]["ApproximateReceiveCount"] == "1"


@pytest.mark.aws("Lambda", "SQS event source", API)
def test_a_mapping_is_created_found_and_listed(rig: Rig) -> None:
    consumer, client = Consumer(rig, BatchSize=5), rig.aws("lambda")
    found = client.get_event_source_mapping(UUID=consumer.id)
    assert (found["State"], found["BatchSize"], found["FunctionArn"]) == ("Enabled", 5, consumer.function)
    by_queue = client.list_event_source_mappings(EventSourceArn=consumer.source.arn)["EventSourceMappings"]
    by_function = client.list_event_source_mappings(FunctionName=consumer.function)["EventSourceMappings"]
    assert [mapping["UUID"] for mapping in by_queue] == [mapping["UUID"] for mapping in by_function] == [consumer.id]


@pytest.mark.aws(
    "Lambda",
    "SQS event source",
    "https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html",
)
def test_a_mapping_can_be_given_another_function(rig: Rig) -> None:
    consumer, other = Consumer(rig), Consumer(rig, Enabled=False)
    changed = rig.aws("lambda").update_event_source_mapping(
        UUID=consumer.id, FunctionName=other.function, FilterCriteria={"Filters": []}
    )
    assert changed["FunctionArn"] == other.function
    consumer.source.send("moved")
    assert other.bodies() == ["moved"]


@pytest.mark.aws("Lambda", "SQS event source", API)
def test_a_second_mapping_of_a_queue_to_a_function_is_refused(rig: Rig) -> None:
    consumer = Consumer(rig, Enabled=False)
    with pytest.raises(ClientError) as refused:
        connect(rig, consumer.source, consumer.function)
    assert refused.value.response["Error"]["Code"] == "ResourceConflictException"
    assert refused.value.response["Error"]["Message"].endswith(
        f"already exists. Please update or delete the existing mapping with UUID {consumer.id}"
    )


@pytest.mark.aws("Lambda", "SQS event source", f"{CONFIGURE}#events-sqs-permissions")
@pytest.mark.parametrize("missing", POLLING)
def test_a_role_that_may_not_read_the_queue_is_refused(rig: Rig, missing: str) -> None:
    role = lambda_rig.role(rig, *(action for action in POLLING if action != missing))
    function = lambda_rig.function(rig, lambda_rig.ECHO, role)
    with pytest.raises(ClientError) as refused:
        connect(rig, lambda_rig.queue(rig), function)
    action = missing.partition(":")[2]
    message = f"The provided execution role does not have permissions to call {action} on SQS"
    assert refused.value.response["Error"] == {"Code": "InvalidParameterValueException", "Message": message}


@pytest.mark.aws("Lambda", "SQS event source", f"{CONFIGURE}#events-sqs-permissions")
def test_a_queue_is_read_with_the_function_s_role(rig: Rig) -> None:
    role, source = lambda_rig.role(rig, *POLLING), lambda_rig.queue(rig)
    function = lambda_rig.function(rig, lambda_rig.ECHO, role)
    mapping = connect(rig, source, function, Enabled=False)["UUID"]
    lambda_rig.permit(rig, role, "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    source.send("unread")
    permitted, client = "sqs:receivemessage", rig.aws("lambda")
    lambda_rig.permit(rig, role, *POLLING)
    client.update_event_source_mapping(UUID=mapping, Enabled=True)
    assert emptied(source)
    lambda_rig.permit(rig, role, "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    source.send("unread")
    deadline = time.monotonic() + 5
    while permitted not in (result := client.get_event_source_mapping(UUID=mapping)["LastProcessingResult"]):
        assert time.monotonic() < deadline, result
        time.sleep(0.02)
    assert source.size() == 1


@pytest.mark.aws("Lambda", "Limits", API)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1}, "less than or equal to 10000"),
        ({"MaximumBatchingWindowInSeconds": 301}, "less than or equal to 300"),
        ({"ScalingConfig": {"MaximumConcurrency": 1_001}}, "less than or equal to 1000"),
        ({"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater"),
    ],
)
def test_a_mapping_past_its_limits_is_refused(rig: Rig, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        connect(rig, lambda_rig.queue(rig), rig.function(lambda_rig.ECHO), **settings)


@pytest.mark.aws("Lambda", "Limits", CONFIGURE)
def test_a_queue_whose_messages_reappear_before_the_function_times_out_is_refused(rig: Rig) -> None:
    function = rig.function(lambda_rig.ECHO, Timeout=60)
    message = "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    with pytest.raises(ClientError, match=message):
        connect(rig, lambda_rig.queue(rig), function)


@pytest.mark.aws("Lambda", "SQS event source", API)
def test_a_queue_or_a_function_that_does_not_exist_is_refused(rig: Rig) -> None:
    function, gone = rig.function(lambda_rig.ECHO), Queue(rig, "gone")
    with pytest.raises(
        ClientError, match=r"Error occurred while ReceiveMessage\. SQS Error Code: AWS\.SimpleQueueService"
    ):
        connect(rig, gone, function)
    with pytest.raises(ClientError, match="Function not found"):
        connect(rig, lambda_rig.queue(rig), "no-such-function")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, "FilterCriteria"),
        ({"EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:orders.fifo"}, "orders.fifo"),
        ({"EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/orders"}, "kinesis"),
        ({"MetricsConfig": {"Metrics": ["EventCount"]}}, "MetricsConfig"),
    ],
)
def test_a_mapping_that_the_local_cloud_cannot_serve_is_refused_by_name(
    rig: Rig, settings: dict[str, Any], named: str
) -> None:
    given = {"EventSourceArn": lambda_rig.queue(rig).arn, "FunctionName": rig.function(lambda_rig.ECHO), **settings}
    with pytest.raises(ClientError, match=f"does not support .*{named}"):
        rig.aws("lambda").create_event_source_mapping(**given)
