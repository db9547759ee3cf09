"""The metrics that AWS's services publish by themselves, by AWS's names, dimensions and units."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rapid.local.lambda_runtime.pool import Pool
from rapid.local.service_error import ServiceError

from . import lambda_rig
from .cloud_rig import WAIT_SECONDS, Rig, document, proxy
from .events_rig import tick

LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html"
SQS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"
EVENTS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html"
MEASURED = ("SampleCount", "Sum", "Maximum")


def read(rig: Rig, metric: str, **dimensions: str) -> dict[str, Any]:
    """Statistics and unit of a metric up to now, such as `AWS/Lambda Errors`; empty where there is none."""
    namespace, name = metric.split()
    now = datetime.now(UTC)
    found = rig.aws("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now,
        Period=86_400,
        Statistics=MEASURED,
    )["Datapoints"]
    if not found:
        return {}
    totals = {name: sum(point[name] for point in found) for name in ("SampleCount", "Sum")}
    return {**totals, "Maximum": max(point["Maximum"] for point in found), "Unit": found[0]["Unit"]}


def counted(rig: Rig, metric: str, **dimensions: str) -> tuple[float, float, str]:
    """Sum, number of samples and unit."""
    found = read(rig, metric, **dimensions)
    return found["Sum"], found["SampleCount"], found["Unit"]


def eventually(check: Callable[[], bool]) -> None:
    """Wait for what is done in the background."""
    end = time.monotonic() + WAIT_SECONDS
    while not check():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.mark.aws("Lambda", "CloudWatch metrics", LAMBDA)
def test_invocations_of_a_function_are_counted_with_errors_and_duration(rig: Rig) -> None:
    function = rig.function("def handler(event, context):\n    return 1 / event").rpartition(":")[2]
    for divisor in (1, 0, 2):
        rig.invoke(function, divisor)
    place = {"FunctionName": function}
    assert counted(rig, "AWS/Lambda Invocations", **place) == (3, 3, "Count")
    assert counted(rig, "AWS/Lambda Errors", **place) == (1, 3, "Count")
    assert counted(rig, "AWS/Lambda Throttles", **place) == (0, 3, "Count")
    duration = read(rig, "AWS/Lambda Duration", **place)
    assert (duration["SampleCount"], duration["Unit"]) == (3, "Milliseconds")
    assert 0 < duration["Maximum"] < 60_000
    assert read(rig, "AWS/Lambda ConcurrentExecutions", **place)["Maximum"] == 1


@pytest.mark.aws("Lambda", "CloudWatch metrics", LAMBDA)
def test_what_runs_longer_than_its_time_is_an_error(rig: Rig) -> None:
    function = rig.function("import time\n\ndef handler(event, context):\n    time.sleep(9)", Timeout=1).rpartition(
        ":"
    )[2]
    rig.invoke(function)
    assert counted(rig, "AWS/Lambda Errors", FunctionName=function) == (1, 1, "Count")


@pytest.mark.aws("Lambda", "CloudWatch metrics", LAMBDA)
def test_an_invocation_that_is_turned_away_is_a_throttle_and_nothing_else(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_pool: Pool, _wait_seconds: float) -> None:
        raise ServiceError("TooManyRequestsException", "Rate Exceeded.", 429)

    arn = rig.function(lambda_rig.ECHO)
    function = arn.rpartition(":")[2]
    monkeypatch.setattr(Pool, "take", full)
    with pytest.raises(ServiceError, match="Rate Exceeded"):
        rig.cloud._lambda.invoke(arn, b"{}")
    assert counted(rig, "AWS/Lambda Throttles", FunctionName=function) == (1, 1, "Count")
    assert read(rig, "AWS/Lambda Invocations", FunctionName=function) == {}
    assert read(rig, "AWS/Lambda Errors", FunctionName=function) == {}


@pytest.mark.aws("Lambda", "CloudWatch metrics", LAMBDA)
def test_metrics_without_dimension_are_of_all_functions(rig: Rig) -> None:
    before = read(rig, "AWS/Lambda Invocations").get("Sum", 0)
    for _ in range(2):
        rig.invoke(rig.function(lambda_rig.ECHO))
    assert read(rig, "AWS/Lambda Invocations")["Sum"] == before + 2


@pytest.mark.aws("Lambda", "CloudWatch metrics", LAMBDA)
def test_events_that_a_function_gets_asynchronously_are_counted(rig: Rig) -> None:
    function = rig.function(lambda_rig.ECHO).rpartition(":")[2]
    rig.aws("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
    eventually(lambda: read(rig, "AWS/Lambda Invocations", FunctionName=function) != {})
    assert counted(rig, "AWS/Lambda AsyncEventsReceived", FunctionName=function) == (1, 1, "Count")
    assert read(rig, "AWS/Lambda AsyncEventAge", FunctionName=function)["Unit"] == "Milliseconds"
    assert read(rig, "AWS/Lambda AsyncEventsDropped", FunctionName=function) == {}


@pytest.mark.aws("API Gateway", "CloudWatch metrics", GATEWAY)
def test_requests_to_an_api_are_counted_by_what_was_answered_and_how_long_it_took(rig: Rig) -> None:
    api = rig.function_api(
        "def handler(event, context):\n    return {'statusCode': int(event['queryStringParameters']['code'])}"
    )
    name = rig.aws("apigateway").get_rest_api(restApiId=api.id)["name"]
    answered = [api.request("POST", f"/events?code={code}").status for code in (202, 202, 400, 503)]
    assert [*answered, api.request("POST", "/nowhere").status] == [202, 202, 400, 503, 403]
    for place in ({"ApiName": name}, {"ApiName": name, "Stage": "v1"}):
        assert counted(rig, "AWS/ApiGateway Count", **place) == (5, 5, "Count")
        assert counted(rig, "AWS/ApiGateway 4XXError", **place) == (2, 5, "Count")
        assert counted(rig, "AWS/ApiGateway 5XXError", **place) == (1, 5, "Count")
        latency = read(rig, "AWS/ApiGateway Latency", **place)
        behind = read(rig, "AWS/ApiGateway IntegrationLatency", **place)
        assert (latency["SampleCount"], latency["Unit"]) == (5, "Milliseconds")
        # What never came to the function took no time there.
        assert (behind["SampleCount"], behind["Unit"]) == (4, "Milliseconds")
        assert 0 < behind["Maximum"] <= latency["Maximum"]


@pytest.mark.aws("API Gateway", "CloudWatch metrics", GATEWAY)
def test_methods_have_metrics_of_their_own_where_the_stage_says_so(rig: Rig) -> None:
    paths = {"/one": {"post": proxy("FUNCTION")}, "/two": {"post": proxy("FUNCTION")}}
    api = rig.function_api("def handler(event, context):\n    return {'statusCode': 200}", document(paths))
    patch = [{"op": "replace", "path": "/~1one/POST/metrics/enabled", "value": "true"}]
    rig.aws("apigateway").update_stage(restApiId=api.id, stageName="v1", patchOperations=patch)
    for path in ("/one", "/two"):
        assert api.request("POST", path).status == 200
    name = rig.aws("apigateway").get_rest_api(restApiId=api.id)["name"]
    place = {"ApiName": name, "Stage": "v1", "Method": "POST"}
    assert counted(rig, "AWS/ApiGateway Count", **place, Resource="/one") == (1, 1, "Count")
    assert read(rig, "AWS/ApiGateway Count", **place, Resource="/two") == {}


@pytest.mark.aws("SQS", "CloudWatch metrics", SQS)
def test_what_lies_in_a_queue_is_told_each_minute_with_the_age_of_the_oldest_message(rig: Rig) -> None:
    rig.cloud.hold_schedules()
    # Queues are looked at as long as there is an alarm.
    rig.aws("cloudwatch").put_metric_alarm(
        AlarmName="any",
        Namespace="AWS/SQS",
        MetricName="Any",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    queue = lambda_rig.queue(rig)
    tick(rig, "+1h")
    queue.send("one")
    queue.send("two")
    queue.send("later", DelaySeconds=900)
    rig.aws("sqs").receive_message(QueueUrl=queue.url, MaxNumberOfMessages=1)
    tick(rig, "+10m")
    read_max = {
        name: read(rig, f"AWS/SQS {name}", QueueName=queue.name)
        for name in (
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
            "ApproximateAgeOfOldestMessage",
        )
    }
    assert [(found["Maximum"], found["Unit"]) for found in [*read_max.values()][:3]] == [(1, "Count")] * 3
    age = read_max["ApproximateAgeOfOldestMessage"]
    assert age["Unit"] == "Seconds"
    assert 500 < age["Maximum"] <= 660
    rig.aws("cloudwatch").delete_alarms(AlarmNames=["any"])


@pytest.mark.aws("EventBridge", "CloudWatch metrics", EVENTS)
def test_events_that_a_rule_matches_are_counted_and_targets_that_could_not_be_told(rig: Rig) -> None:
    bucket, rule, s3 = rig.name("bucket"), rig.name("rule"), rig.aws("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    wanted = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": [bucket]}}}
    rig.aws("events").put_rule(Name=rule, EventPattern=json.dumps(wanted))
    # Nothing permits the rule to invoke it.
    rig.aws("events").put_targets(Rule=rule, Targets=[{"Id": "f", "Arn": rig.function(lambda_rig.ECHO)}])
    for key in ("one", "two"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    for name in ("MatchedEvents", "TriggeredRules", "Invocations", "FailedInvocations"):
        assert counted(rig, f"AWS/Events {name}", RuleName=rule) == (2, 2, "Count")
