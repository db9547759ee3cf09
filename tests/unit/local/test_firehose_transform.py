import base64
import json

import pytest
from botocore.exceptions import ClientError

from rapid.local.lambda_runtime import StillRunningError
from rapid.local.service_error import ServiceError
from tests.unit.local.firehose_rig import FUNCTION, START, Answer, answer, every, processing, rig

TRANSFORMATION = pytest.mark.aws(
    "Data Firehose", "Transformation", "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html"
)
STATUS_MODEL = pytest.mark.aws(
    "Data Firehose",
    "Transformation",
    "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html",
)
FAILURES = pytest.mark.aws(
    "Data Firehose",
    "Transformation",
    "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html",
)
RETRIES = pytest.mark.aws(
    "Data Firehose",
    "Limits",
    "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html",
)
ANSWER_SIZE = pytest.mark.aws(
    "Data Firehose", "Limits", "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html"
)
ERROR_LOGS = pytest.mark.aws(
    "Data Firehose",
    "Error logs",
    "https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html",
)

ERRORS = "errors/processing-failed/"


@pytest.fixture
def firehose():
    with rig() as made:
        yield made


@pytest.fixture
def transforming(firehose):
    """A rig with a stream that transforms, and delivers to `orders/`."""

    def create(**parameters):
        firehose.create_stream(
            Prefix="orders/!{timestamp:yyyy}/",
            ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
            ProcessingConfiguration=processing(**parameters),
        )
        return firehose

    return create


def delivered(firehose):
    return b"".join(firehose.objects("processed", "orders/"))


def failures(firehose):
    return [
        (base64.b64decode(e["rawData"]), e["errorCode"], e["errorMessage"], e["attemptsMade"])
        for e in firehose.errors(ERRORS)
    ]


@TRANSFORMATION
def test_the_function_gets_the_documented_event(transforming):
    firehose = transforming()
    firehose.put(b"one", b"two")
    firehose.plane.flush()

    (event,) = firehose.events
    assert event["deliveryStreamArn"] == "arn:aws:firehose:us-east-1:123456789012:deliverystream/orders"
    assert event["region"] == "us-east-1"
    assert event["invocationId"]
    assert [base64.b64decode(r["data"]) for r in event["records"]] == [b"one", b"two"]
    assert [r["approximateArrivalTimestamp"] for r in event["records"]] == [int(START * 1000)] * 2
    assert len({r["recordId"] for r in event["records"]}) == 2


@STATUS_MODEL
def test_what_the_function_returns_is_delivered_in_order(transforming):
    firehose = transforming()
    firehose.respond = lambda event: answer(
        [
            {"recordId": r["recordId"], "result": "Ok", "data": base64.b64encode(b"<%d>" % i).decode()}
            for i, r in enumerate(event["records"])
        ]
    )
    firehose.put(b"one", b"two")

    assert firehose.plane.flush() == 2
    assert delivered(firehose) == b"<0><1>"


@STATUS_MODEL
def test_dropped_records_are_counted_and_leave_no_trace(transforming):
    firehose = transforming()
    firehose.respond = every("Dropped")
    firehose.put(b"one", b"two")

    assert firehose.plane.flush() == 0
    assert firehose.keys("processed") == []
    assert firehose.plane.counts()["orders"]["dropped_records"] == 2


@FAILURES
def test_failed_records_are_written_as_error_records_and_the_others_delivered(transforming):
    firehose = transforming()

    def respond(event):
        good, bad = event["records"]
        return answer([{**good, "result": "Ok"}, {"recordId": bad["recordId"], "result": "ProcessingFailed"}])

    firehose.respond = respond
    firehose.put(b"good", b"bad")

    assert firehose.plane.flush() == 1
    assert delivered(firehose) == b"good"
    (error,) = firehose.errors(ERRORS)
    assert error == {
        "rawData": base64.b64encode(b"bad").decode(),
        "errorCode": "Lambda.ProcessingFailedStatus",
        "errorMessage": "ProcessingFailed status set for record",
        "attemptsMade": 1,
        "arrivalTimestamp": int(START * 1000),
        "attemptEndingTimestamp": int(START * 1000),
        "lambdaARN": FUNCTION,
    }
    assert firehose.plane.counts()["orders"]["failed_records"] == 1


@STATUS_MODEL
@pytest.mark.parametrize(
    ("results", "code"),
    [
        (lambda r: [], "Lambda.MissingRecordId"),
        (lambda r: [{"recordId": "another", "result": "Ok", "data": ""}], "Lambda.MissingRecordId"),
        (lambda r: [{**r, "result": "Ok"}, {**r, "result": "Ok"}], "Lambda.DuplicatedRecordId"),
        (lambda r: [{**r, "result": "Fine"}], "Lambda.InvalidReturnFormat"),
        (lambda r: [{"recordId": r["recordId"], "result": "Ok"}], "Lambda.InvalidReturnFormat"),
        (lambda r: [{**r, "result": "Ok", "data": "no base64!"}], "Lambda.InvalidReturnFormat"),
    ],
)
def test_an_answer_that_breaks_the_contract_fails_the_record_without_a_retry(transforming, results, code):
    firehose = transforming()
    firehose.respond = lambda event: answer(results(event["records"][0]))
    firehose.put(b"one")
    firehose.plane.flush()

    ((data, error_code, message, attempts),) = failures(firehose)
    assert (data, error_code, attempts) == (b"one", code, 1)
    assert message
    assert delivered(firehose) == b""


@STATUS_MODEL
@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"not json", b'{"records": 1}', b'{"records": [1, {}]}'])
def test_an_answer_without_records_misses_them_all(transforming, payload):
    firehose = transforming()
    firehose.respond = lambda event: Answer(payload)
    firehose.put(b"one", b"two")
    firehose.plane.flush()

    assert [code for _, code, _, _ in failures(firehose)] == ["Lambda.MissingRecordId"] * 2


@RETRIES
def test_a_function_that_fails_is_invoked_four_times_then_its_records_are_kept_as_errors(transforming):
    firehose = transforming()
    firehose.respond = lambda event: Answer(b'{"errorMessage": "boom"}', "Unhandled")
    firehose.put(b"one", b"two")
    firehose.plane.flush()

    assert len(firehose.events) == 4
    assert [(data, code, attempts) for data, code, _, attempts in failures(firehose)] == [
        (b"one", "Lambda.FunctionError", 4),
        (b"two", "Lambda.FunctionError", 4),
    ]


@FAILURES
def test_the_number_of_retries_is_that_of_the_definition(transforming):
    firehose = transforming(NumberOfRetries="1")
    firehose.respond = lambda event: Answer(b"{}", "Unhandled")
    firehose.put(b"one")
    firehose.plane.flush()

    assert len(firehose.events) == 2


@FAILURES
def test_a_record_keeps_its_id_through_retries_and_no_two_records_share_one(transforming):
    firehose = transforming()
    firehose.respond = lambda event: Answer(b"{}", "Unhandled") if len(firehose.events) < 3 else every("Ok")(event)
    firehose.put(b"one")
    firehose.plane.flush()
    firehose.put(b"two")
    firehose.plane.flush()

    ids = [event["records"][0]["recordId"] for event in firehose.events]
    assert ids[0] == ids[1] == ids[2] != ids[3]


@FAILURES
def test_a_function_that_recovers_loses_nothing_and_is_given_longer_each_time(transforming):
    firehose = transforming()
    firehose.respond = lambda event: Answer(b"{}", "Unhandled") if len(firehose.events) < 4 else every("Ok")(event)
    firehose.put(b"one")

    assert firehose.plane.flush() == 1
    assert delivered(firehose) == b"one"
    assert firehose.pauses == sorted(firehose.pauses)
    assert len(set(firehose.pauses)) == 3


@ERROR_LOGS
@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke"), "Lambda.ResourceNotFound"),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "Invoke"), "Lambda.InvokeAccessDenied"),
        (ClientError({"Error": {"Code": "TooManyRequestsException"}}, "Invoke"), "Lambda.InvokeLimitExceeded"),
        (ServiceError("RequestEntityTooLargeException", "over 6 MB", 413), "Lambda.FunctionError"),
        (StillRunningError(), "Lambda.FunctionRequestTimedOut"),
    ],
)
def test_an_invocation_that_does_not_come_about_is_retried_and_named(transforming, raised, code):
    firehose = transforming()

    def respond(event):
        raise raised

    firehose.respond = respond
    firehose.put(b"one")
    firehose.plane.flush()

    assert len(firehose.events) == 4
    assert [c for _, c, _, _ in failures(firehose)] == [code]


@ERROR_LOGS
def test_a_function_that_times_out_is_retried_and_named(transforming):
    firehose = transforming()
    timed_out = b'{"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 60.00 seconds"}'
    firehose.respond = lambda event: Answer(timed_out, "Unhandled")
    firehose.put(b"one")
    firehose.plane.flush()

    ((_, code, message, attempts),) = failures(firehose)
    assert (code, attempts) == ("Lambda.FunctionTimedOut", 4)
    assert message == "The Lambda function invocation timed out. Increase the Timeout setting in the Lambda function."


@ANSWER_SIZE
def test_an_answer_over_6_mb_is_a_failed_invocation(transforming):
    firehose = transforming()
    padding = "x" * (6 * 1024 * 1024)
    firehose.respond = lambda event: answer([{**event["records"][0], "result": "Ok", "padding": padding}])
    firehose.put(b"one")
    firehose.plane.flush()

    assert [(c, attempts) for _, c, _, attempts in failures(firehose)] == [("Lambda.FunctionError", 4)]


@TRANSFORMATION
def test_batches_hold_no_more_than_the_buffer_size(transforming):
    firehose = transforming(BufferSizeInMBs="0.2")
    pipeline = firehose.pipeline()
    pipeline.accept([b"x" * 100_000] * 5)
    pipeline.flush()

    assert [len(event["records"]) for event in firehose.events] == [2, 2, 1]


@TRANSFORMATION
def test_a_record_larger_than_the_buffer_size_goes_alone(transforming):
    firehose = transforming(BufferSizeInMBs="0.2")
    pipeline = firehose.pipeline()
    pipeline.accept([b"small", b"x" * 1_000_000, b"small"])
    pipeline.flush()

    assert [len(event["records"]) for event in firehose.events] == [1, 1, 1]


@TRANSFORMATION
def test_the_transform_waits_for_its_interval_or_its_size(transforming):
    firehose = transforming(BufferSizeInMBs="1", BufferIntervalInSeconds="60")
    pipeline = firehose.pipeline()
    pipeline.accept([b"one"])

    firehose.clock.advance(59)
    pipeline.run_due()
    assert firehose.events == []
    assert pipeline.seconds_until_due() == pytest.approx(1)

    firehose.clock.advance(1)
    pipeline.run_due()
    assert len(firehose.events) == 1

    pipeline.accept([b"x" * 1000 * 1024, b"x" * 100 * 1024])
    assert pipeline.seconds_until_due() == 0
    pipeline.run_due()
    assert len(firehose.events[1]["records"]) == 1
    assert len(firehose.events) == 2
    assert pipeline.seconds_until_due() == pytest.approx(60)


@ERROR_LOGS
def test_errors_are_logged_to_the_log_stream_of_the_definition(firehose):
    logs = firehose.clients.client("logs")
    logs.create_log_group(logGroupName="firehose")
    logs.create_log_stream(logGroupName="firehose", logStreamName="delivery")
    firehose.create_stream(
        CloudWatchLoggingOptions={"Enabled": True, "LogGroupName": "firehose", "LogStreamName": "delivery"},
        ProcessingConfiguration=processing(),
    )
    firehose.clock.now = __import__("time").time()
    firehose.respond = every("ProcessingFailed")
    firehose.put(b"one", b"two")
    firehose.plane.flush()

    (entry,) = logs.get_log_events(logGroupName="firehose", logStreamName="delivery")["events"]
    assert json.loads(entry["message"]) == {
        "deliveryStreamARN": "arn:aws:firehose:us-east-1:123456789012:deliverystream/orders",
        "destination": "arn:aws:s3:::processed",
        "deliveryStreamVersionId": "1",
        "message": "ProcessingFailed status set for record",
        "errorCode": "Lambda.ProcessingFailedStatus",
        "processor": FUNCTION,
    }


def test_a_log_stream_that_does_not_exist_stops_nothing(firehose):
    firehose.create_stream(
        CloudWatchLoggingOptions={"Enabled": True, "LogGroupName": "none", "LogStreamName": "none"},
        ProcessingConfiguration=processing(),
    )
    firehose.respond = every("ProcessingFailed")
    firehose.put(b"one")
    firehose.plane.flush()

    assert firehose.plane.counts()["orders"]["failed_records"] == 1
