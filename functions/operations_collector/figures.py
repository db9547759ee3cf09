"""What is asked of CloudWatch, and the rows that are made of its answers: one of the platform, one of each source."""

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

NAMESPACE = "RapidAnalytics"
PERIOD_SECONDS = 3600
MAX_QUERIES = 500
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html"""
PLATFORM = ""
"""Stands for the platform as a whole where others are called by their source."""
MEASURED = ("latency_p50", "latency_p95", "latency_p99", "curation_lag_seconds", "delivery_age_seconds")
"""Columns that have no value in an hour without any; the others count, and nothing is none."""


class Figure(NamedTuple):
    """A metric: whose it is, the column that it becomes, and where CloudWatch keeps it."""

    source: str
    column: str
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"


Found = Mapping[tuple[str, str], Mapping[datetime.datetime, float]]
"""By source and column the values of hours."""


def asked(environment: Mapping[str, str]) -> list[Figure]:
    """The figures of the stack that the environment names.

    `SOURCES` has by source its path, its stream, and whether its events come direct, past the function that refuses.
    """
    own = {"Stack": environment["STACK"]}
    stage = {"ApiName": environment["API_NAME"], "Stage": environment["STAGE"]}
    queue = {"QueueName": environment["DEAD_LETTER_QUEUE"]}
    figures = [
        Figure(PLATFORM, "requests", "AWS/ApiGateway", "Count", stage),
        Figure(PLATFORM, "errors_4xx", "AWS/ApiGateway", "4XXError", stage),
        Figure(PLATFORM, "errors_5xx", "AWS/ApiGateway", "5XXError", stage),
        Figure(PLATFORM, "throttled", NAMESPACE, "Throttled", own),
        *(Figure(PLATFORM, f"latency_{it}", "AWS/ApiGateway", "Latency", stage, it) for it in ("p50", "p95", "p99")),
        Figure(PLATFORM, "dead_letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", queue, "Maximum"),
        Figure(PLATFORM, "rows_delivered", NAMESPACE, "Rows", own),
        Figure(PLATFORM, "rows_quarantined", NAMESPACE, "Quarantined", own),
        Figure(PLATFORM, "rows_filtered", NAMESPACE, "Filtered", own),
        Figure(PLATFORM, "rows_curated", NAMESPACE, "RowsAdded", own),
        Figure(PLATFORM, "repeats", NAMESPACE, "Repeats", own),
        Figure(PLATFORM, "curation_lag_seconds", NAMESPACE, "Lag", own, "Maximum"),
    ]
    for source, told in json.loads(environment["SOURCES"]).items():
        by_source, by_path = {**own, "Source": source}, {**own, "Path": told["path"]}
        stream = {"DeliveryStreamName": told["stream"]}
        if not told["direct"]:
            figures += [
                Figure(source, "refused", NAMESPACE, "Refused", by_source),
                Figure(source, "dead_lettered", NAMESPACE, "DeadLettered", by_source),
            ]
        figures += [
            Figure(source, "accepted", NAMESPACE, "Accepted", by_source),
            Figure(source, "errors_4xx", NAMESPACE, "4XXError", by_path),
            Figure(source, "errors_5xx", NAMESPACE, "5XXError", by_path),
            Figure(source, "quarantined", NAMESPACE, "Quarantined", by_source),
            Figure(source, "not_converted", "AWS/Firehose", "FailedConversion.Records", stream),
            Figure(source, "delivery_age_seconds", "AWS/Firehose", "DeliveryToS3.DataFreshness", stream, "Maximum"),
        ]
    return figures


def by_hour(cloudwatch: Any, figures: Sequence[Figure], start: datetime.datetime, end: datetime.datetime) -> Found:
    """Ask for all hours of a time. Raises RuntimeError where CloudWatch has not said all that it knows."""
    found: dict[tuple[str, str], dict[datetime.datetime, float]] = {(it.source, it.column): {} for it in figures}
    pages = cloudwatch.get_paginator("get_metric_data")
    if start == end:
        return found
    for first in range(0, len(figures), MAX_QUERIES):
        part = figures[first : first + MAX_QUERIES]
        queries = [_query(number, figure) for number, figure in enumerate(part)]
        for page in pages.paginate(MetricDataQueries=queries, StartTime=start, EndTime=end):
            for result in page["MetricDataResults"]:
                figure = part[int(result["Id"][1:])]
                if result["StatusCode"] not in ("Complete", "PartialData"):
                    # To write nothing would take an hour's figures for none, where a run before may have found some.
                    raise RuntimeError(f"CloudWatch says {result['StatusCode']} of {figure.namespace} {figure.name}")
                for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                    found[figure.source, figure.column][moment.astimezone(datetime.UTC)] = value
    return found


def _query(number: int, figure: Figure) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in figure.dimensions.items()]
    metric = {"Namespace": figure.namespace, "MetricName": figure.name, "Dimensions": dimensions}
    stat = {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": figure.statistic}
    return {"Id": f"m{number}", "MetricStat": stat, "ReturnData": True}


def rows(found: Found, hours: Sequence[datetime.datetime]) -> Iterator[dict[str, Any]]:
    """The rows of some hours: of the platform for each of them, of a source for those in which something was."""
    sources = dict.fromkeys(source for source, _ in found)
    for hour in hours:
        for source in sources:
            values = {
                column: _value(column, series.get(hour)) for (whose, column), series in found.items() if whose == source
            }
            if source == PLATFORM or any(values.values()):
                yield {"hour": f"{hour:%Y-%m-%d %H:%M:%S}", "source": source or None, **values}


def _value(column: str, value: float | None) -> float | int | None:
    if column in MEASURED:
        return None if value is None else round(value, 3)
    return int(value or 0)
