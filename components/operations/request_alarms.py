"""Alarms about requests: the API, the functions, and what they could not hand on."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import names
from components.ingest.ingest_api import IngestApi
from components.ingest.ingest_function import DEAD_LETTER_DAYS
from components.operations.alarm import Alarm, Metric
from dashboards.operations import ERRORS

ERROR_RATE = ERRORS.value
"""Share of requests answered 5xx. No input causes one, so in a healthy stack there are none; one request in a hundred
lets a single answer pass that a client's retry makes good."""
LATENCY_MILLISECONDS = 1000
"""Of the slowest request in twenty. A warm function answers in tens of milliseconds, and a cold start takes about half
a second; a second means that Firehose is being asked again and again."""
THROTTLED_REQUESTS = 50
"""Answers 429 in five minutes. Clients send again by themselves, so a burst is no news; a quarter of an hour of them
is."""
DEAD_LETTERS = 0
"""Messages. Each holds events that were accepted and are in no table yet."""


def request_alarms(api: IngestApi, function_names: Sequence[pulumi.Input[str]]) -> list[Alarm]:
    """The alarms of an API and of all functions of its stack."""
    stage = {"ApiName": api.api_name, "Stage": api.stage}
    return [
        Alarm(
            "api-errors",
            meaning=f"More than {ERROR_RATE:.0%} of the API's requests are answered 5xx: events are not accepted.",
            first="look in the access log for path and error of the answers above 499.",
            metrics=[Metric("AWS/ApiGateway", "5XXError", stage, "Average")],
            threshold=ERROR_RATE,
            periods=3,
            bad_periods=2,
        ),
        Alarm(
            "api-latency",
            meaning=f"One request in twenty takes longer than {LATENCY_MILLISECONDS} ms.",
            first="compare IntegrationLatency with Latency on the dashboard: is it what is behind the API?",
            metrics=[Metric("AWS/ApiGateway", "Latency", stage, "p95")],
            threshold=LATENCY_MILLISECONDS,
            periods=3,
        ),
        Alarm(
            "api-throttled",
            meaning=f"More than {THROTTLED_REQUESTS} requests in five minutes are answered 429, for 15 minutes.",
            first="look in the access log which path it is, and whether its senders are yours.",
            metrics=[Metric(names.NAMESPACE, "Throttled", {names.STACK_DIMENSION: names.stack()})],
            threshold=THROTTLED_REQUESTS,
            periods=3,
        ),
        Alarm(
            "function-errors",
            meaning="A function ended with an error that it did not foresee.",
            first="read its log; what Firehose or a schedule sent to it is sent again.",
            metrics=[Metric("AWS/Lambda", "Errors", {"FunctionName": name}) for name in function_names],
            expression="SUM(METRICS())",
            threshold=0,
        ),
        Alarm(
            "function-throttles",
            meaning="Lambda refuses invocations: the functions of the account ask for more than may run at once.",
            first="look which function of the account runs most often at once.",
            # Without dimension, of the account: it is the account that has a limit, and one metric costs one alarm.
            metrics=[Metric("AWS/Lambda", "Throttles", {})],
            threshold=0,
            periods=3,
            bad_periods=2,
        ),
        Alarm(
            "dead-letters",
            meaning=(
                f"Accepted events wait on the dead-letter queue, where they stay {DEAD_LETTER_DAYS} days: "
                "no stream took them."
            ),
            first="rapid errors list; when the stream takes events again, rapid errors replay.",
            metrics=[
                Metric(
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    {"QueueName": api.dead_letter_queue_name},
                    "Maximum",
                )
            ],
            threshold=DEAD_LETTERS,
        ),
    ]


def throttled_requests(name: str, access_log_group: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
    """Have CloudWatch count the answers 429 in an access log: API Gateway's own metric counts all 4xx as one.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
    """
    aws.cloudwatch.LogMetricFilter(
        name,
        log_group_name=access_log_group,
        pattern='{ $.status = "429" }',
        metric_transformation={
            "name": "Throttled",
            "namespace": names.NAMESPACE,
            "value": "1",
            "unit": "Count",
            "dimensions": {names.STACK_DIMENSION: "$.stack"},
        },
        opts=opts,
    )
