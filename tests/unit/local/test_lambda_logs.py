import base64
import json
import re

import pytest

from rapid.local.cloudwatch import log_shipper

from .cloud_rig import Rig

LOGS = "https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"
INVOKE = "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"
SCHEMA = "https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html"
TROUBLE = "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html"

TALKATIVE = """
    import logging
    def handler(event, context):
        print("one")
        logging.getLogger("orders").warning("two of %s", event["name"])
        if "fail" in event:
            raise ValueError("three")
"""


@pytest.mark.aws("Lambda", "Logs", LOGS)
def test_what_a_function_writes_lies_between_lambda_s_own_lines(rig: Rig) -> None:
    arn = rig.function(TALKATIVE, MemorySize=256)
    _, response = rig.invoke(arn, {"name": "x"})
    request_id = response["ResponseMetadata"]["RequestId"]
    start, one, two, end, report = rig.log_lines(f"/aws/lambda/{arn.rpartition(':')[2]}")
    assert start == f"START RequestId: {request_id} Version: $LATEST"
    assert one == "one"
    assert re.fullmatch(rf"\[WARNING\]\t\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z\t{request_id}\ttwo of x", two)
    assert end == f"END RequestId: {request_id}"
    assert re.fullmatch(
        rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\t"
        r"Max Memory Used: \d+ MB\tInit Duration: [\d.]+ ms",
        report,
    )


@pytest.mark.aws("Lambda", "Logs", LOGS)
def test_only_the_first_invocation_of_an_environment_reports_its_start(rig: Rig) -> None:
    arn = rig.function(TALKATIVE)
    for _ in range(2):
        rig.invoke(arn, {"name": "x"})
    lines = rig.log_lines(f"/aws/lambda/{arn.rpartition(':')[2]}")
    reports = [line for line in lines if line.startswith("REPORT")]
    assert ["Init Duration" in report for report in reports] == [True, False]


@pytest.mark.aws("Lambda", "Logs", LOGS)
def test_an_exception_is_one_log_event_with_its_trace(rig: Rig) -> None:
    arn = rig.function(TALKATIVE)
    rig.invoke(arn, {"name": "x", "fail": True})
    lines = rig.log_lines(f"/aws/lambda/{arn.rpartition(':')[2]}")
    (trace,) = [line for line in lines if line.startswith("[ERROR] ValueError: three\nTraceback")]
    assert "in handler" in trace


@pytest.mark.aws("Lambda", "Logs", SCHEMA)
def test_json_logs_go_to_the_group_that_the_function_names(rig: Rig) -> None:
    group = rig.name("logs")
    arn = rig.function(TALKATIVE, LoggingConfig={"LogFormat": "JSON", "LogGroup": group})
    _, response = rig.invoke(arn, {"name": "x", "fail": True})
    request_id = response["ResponseMetadata"]["RequestId"]
    start, one, two, error, report = rig.log_lines(group)
    assert json.loads(start)["type"] == "platform.start"
    assert one == "one"
    record = json.loads(two)
    assert (record["level"], record["logger"], record["message"]) == ("WARNING", "orders", "two of x")
    assert record["requestId"] == request_id
    assert json.loads(error)["errorType"] == "ValueError"
    assert json.loads(report)["record"]["status"] == "error"
    assert json.loads(report)["record"]["requestId"] == request_id


@pytest.mark.aws("Lambda", "Logs", TROUBLE)
def test_a_timeout_is_logged_with_what_was_written_before_it(rig: Rig) -> None:
    arn = rig.function("import time\ndef handler(e, c):\n    print('before')\n    time.sleep(60)", Timeout=1)
    rig.invoke(arn)
    lines = rig.log_lines(f"/aws/lambda/{arn.rpartition(':')[2]}")
    before, timed_out = lines[1:3]
    assert before == "before"
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [0-9a-f-]{36} Task timed out after 1.00 seconds\s*", timed_out
    )
    assert lines[-1].endswith("Status: timeout")


@pytest.mark.aws("Lambda", "Logs", INVOKE)
def test_the_tail_of_the_log_comes_with_the_answer_on_demand(rig: Rig) -> None:
    arn = rig.function("def handler(e, c):\n    print('x' * 5000)\n    print('last words')")
    _, response = rig.invoke(arn, LogType="Tail")
    tail = base64.b64decode(response["LogResult"])
    assert len(tail) == 4096
    assert b"last words\nEND RequestId: " in tail


def test_a_function_can_write_more_than_a_pipe_holds(rig: Rig) -> None:
    arn = rig.function("def handler(e, c):\n    for _ in range(100):\n        print('x' * 10_000)\n    return 'done'")
    assert rig.invoke(arn)[0] == "done"


def test_only_the_newest_lines_of_a_long_run_are_kept(rig: Rig) -> None:
    newest = log_shipper.NEWEST_EVENTS
    arn = rig.function(f"def handler(e, c):\n    for line in range({newest} + 100):\n        print(line)")
    rig.invoke(arn)
    group = f"/aws/lambda/{arn.rpartition(':')[2]}"
    rig.cloud.ship_logs()
    (stream,) = rig.aws("logs").describe_log_streams(logGroupName=group)["logStreams"]
    pages = rig.aws("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = [event["message"] for page in pages for event in page["events"]]
    assert stream["logStreamName"]
    assert len(lines) == newest
    assert str(newest + 99) in lines
