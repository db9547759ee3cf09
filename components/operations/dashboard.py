"""What the CloudWatch dashboard of a stack shows, row by row.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.names import NAMESPACE, STACK_DIMENSION
from components.operations.alarm import RUNBOOK

COLUMNS = 24
"""Of a dashboard's grid."""
CHART_HEIGHT = 6
PERIOD_SECONDS = 300


@dataclass(frozen=True)
class Shown:
    """What a dashboard shows, by names that AWS knows."""

    stack: str
    region: str
    api_name: str
    stage: str
    dead_letter_queue: str
    workgroup: str
    job_names: Sequence[str]
    function_names: Sequence[str]
    streams: Mapping[str, str]
    """By source the name of its delivery stream."""
    arrivals: Mapping[str, Sequence[str]]
    """By source the metric that counts its records, and the delivery stream that has it."""
    alarm_arns: Sequence[str]
    data_streams: Sequence[str]
    """Of a stack that moves, as what follows: the Kinesis data streams."""
    readers: Sequence[str]
    """The delivery streams that read them."""
    further_streams: Sequence[str]
    """The delivery streams beside `streams`."""
    log_beside: str | None
    """The log group of the second lake's curation."""


def body(shown: Shown) -> dict[str, Any]:
    """The body of the dashboard."""
    rows = [
        [_text(f"# {shown.stack}\nWhat each alarm means, and what to do: {RUNBOOK}. Times are in UTC.", 2)],
        [{"type": "alarm", "height": 4, "properties": {"title": "Alarms", "alarms": list(shown.alarm_arns)}}],
        _requests(shown),
        _events(shown),
        _delivery(shown),
        *([_reading(shown)] if shown.readers else []),
        *([_further_delivery(shown)] if shown.further_streams else []),
        _jobs(shown),
        _costs(shown),
    ]
    widgets: list[dict[str, Any]] = []
    top = 0
    for row in rows:
        width = COLUMNS // len(row)
        for column, widget in enumerate(row):
            widgets.append({"x": column * width, "y": top, "width": width, **widget})
        top += max(widget["height"] for widget in row)
    return {"start": "-P1D", "periodOverride": "inherit", "widgets": widgets}


def _requests(shown: Shown) -> list[dict[str, Any]]:
    stage = ["ApiName", shown.api_name, "Stage", shown.stage]

    def of_stage(metric: str, label: str, stat: str = "Sum") -> list[Any]:
        return ["AWS/ApiGateway", metric, *stage, {"stat": stat, "label": label}]

    functions = [["AWS/Lambda", "Errors", "FunctionName", name, {"label": name}] for name in shown.function_names]
    return [
        _chart(
            shown,
            "Requests",
            [
                of_stage("Count", "all"),
                of_stage("4XXError", "4xx"),
                [NAMESPACE, "Throttled", STACK_DIMENSION, shown.stack, {"label": "of which 429"}],
                of_stage("5XXError", "5xx"),
            ],
        ),
        _chart(
            shown,
            "Latency (ms)",
            [
                of_stage("Latency", "half of the requests", "p50"),
                of_stage("Latency", "19 in 20", "p95"),
                of_stage("IntegrationLatency", "19 in 20, behind the API", "p95"),
            ],
        ),
        _chart(shown, "Errors of functions", functions),
    ]


def _events(shown: Shown) -> list[dict[str, Any]]:
    at_the_door = ("Accepted", "Refused", "DeadLettered")
    behind = ("Rows", "Quarantined", "Filtered")
    curated = ("Inputs", "RowsAdded", "Repeats")
    dead = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", shown.dead_letter_queue]
    return [
        _chart(shown, "Events by function's paths: what became of them", [_own(shown, name) for name in at_the_door]),
        _chart(shown, "Events behind the streams and from files", [_own(shown, name) for name in behind]),
        _chart(shown, "Curated rows", [_own(shown, name) for name in curated], 3600),
        _chart(shown, "Dead letters waiting", [[*dead, {"stat": "Maximum", "label": "messages"}]]),
    ]


def _delivery(shown: Shown) -> list[dict[str, Any]]:
    def each(metric: str, stat: str) -> list[list[Any]]:
        return [
            ["AWS/Firehose", metric, "DeliveryStreamName", stream, {"stat": stat, "label": source}]
            for source, stream in shown.streams.items()
        ]

    arrivals = [
        ["AWS/Firehose", metric, "DeliveryStreamName", stream, {"stat": "Sum", "label": source}]
        for source, (metric, stream) in shown.arrivals.items()
    ]
    return [
        _chart(shown, "Oldest event in a stream (s)", each("DeliveryToS3.DataFreshness", "Maximum")),
        _chart(shown, "Records into streams", arrivals),
        _chart(shown, "Records refused by streams", each("ThrottledRecords", "Sum")),
        _chart(shown, "Records not converted", each("FailedConversion.Records", "Sum")),
    ]


def _reading(shown: Shown) -> list[dict[str, Any]]:
    """How far what reads data streams is."""
    put = [["AWS/Kinesis", "IncomingRecords", "StreamName", it, {"label": it}] for it in shown.data_streams]
    return [
        _chart(shown, "Behind its data stream (ms)", _each(shown.readers, "KinesisMillisBehindLatest", "Maximum")),
        _chart(shown, "Records onto data streams", put),
        _chart(shown, "Records read from data streams", _each(shown.readers, "DataReadFromKinesisStream.Records")),
    ]


def _further_delivery(shown: Shown) -> list[dict[str, Any]]:
    """What `_delivery` shows, of the streams that it does not; and the wait for the second lake's commits."""
    streams = shown.further_streams
    return [
        _chart(shown, "Further streams: oldest event (s)", _each(streams, "DeliveryToS3.DataFreshness", "Maximum")),
        _chart(shown, "Further streams: records refused", _each(streams, "ThrottledRecords")),
        _chart(shown, "Further streams: records not converted", _each(streams, "FailedConversion.Records")),
        *([_waits(shown, shown.log_beside)] if shown.log_beside else []),
    ]


def _waits(shown: Shown, log_group: str) -> dict[str, Any]:
    """Of the log lines themselves, since the metric, which has the stack as its only dimension, is of both lakes."""
    properties = {
        "title": "Second lake: longest wait for a commit (s)",
        "region": shown.region,
        "view": "timeSeries",
        "query": f"SOURCE '{log_group}' | filter ispresent(Lag) | stats max(Lag) by bin(1h)",
    }
    return {"type": "log", "height": CHART_HEIGHT, "properties": properties}


def _each(streams: Sequence[str], metric: str, stat: str = "Sum") -> list[list[Any]]:
    return [["AWS/Firehose", metric, "DeliveryStreamName", it, {"stat": stat, "label": it}] for it in streams]


def _jobs(shown: Shown) -> list[dict[str, Any]]:
    runs = [[NAMESPACE, "JobFailed", STACK_DIMENSION, shown.stack, "JobName", name] for name in shown.job_names]
    return [
        _chart(shown, "Longest wait for a commit (s)", [_own(shown, "Lag", "Maximum")], 3600),
        _chart(shown, "Duration of curation, by source (s)", [_own(shown, "Duration", "Maximum")], 3600),
        _chart(
            shown,
            "Runs of jobs",
            [[*run, {"stat": "SampleCount", "label": name}] for run, name in zip(runs, shown.job_names, strict=True)],
            3600,
        ),
        _chart(
            shown,
            "Failed runs of jobs",
            [[*run, {"stat": "Sum", "label": name}] for run, name in zip(runs, shown.job_names, strict=True)],
            3600,
        ),
    ]


def _costs(shown: Shown) -> list[dict[str, Any]]:
    """What a bill follows from; the bill itself is in Cost Explorer, a day late."""
    scanned = ["AWS/Athena", "ProcessedBytes", "WorkGroup", shown.workgroup, {"label": "bytes scanned by queries"}]
    streams = [
        ["AWS/Firehose", "IncomingBytes", "DeliveryStreamName", stream, {"label": source}]
        for source, stream in shown.streams.items()
    ]
    streams += _each(shown.readers, "DataReadFromKinesisStream.Bytes")
    functions = [
        ["AWS/Lambda", "Duration", "FunctionName", name, {"stat": "Sum", "label": name}]
        for name in shown.function_names
    ]
    return [
        _chart(shown, "Cost: Athena (5 $ a TB)", [scanned], 3600),
        _chart(shown, "Cost: bytes into Firehose, before its minimum of 5 KB a record", streams, 3600),
        _chart(shown, "Cost: milliseconds of Lambda", functions, 3600),
    ]


def _own(shown: Shown, metric: str, stat: str = "Sum") -> list[Any]:
    return [NAMESPACE, metric, STACK_DIMENSION, shown.stack, {"stat": stat, "label": metric}]


def _chart(shown: Shown, title: str, metrics: list[list[Any]], period_seconds: int = PERIOD_SECONDS) -> dict[str, Any]:
    properties = {
        "title": title,
        "region": shown.region,
        "view": "timeSeries",
        "stat": "Sum",
        "period": period_seconds,
        "yAxis": {"left": {"min": 0}},
        "metrics": metrics,
    }
    return {"type": "metric", "height": CHART_HEIGHT, "properties": properties}


def _text(markdown: str, height: int) -> dict[str, Any]:
    return {"type": "text", "height": height, "properties": {"markdown": markdown}}
