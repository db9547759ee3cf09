"""Waiting until delivery streams have delivered what they accepted."""

import datetime
import time
from collections.abc import Callable, Sequence
from typing import Any

from ..target import LocalStack, Target
from .state import StackResource

TYPE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"

_TRANSFORM_SECONDS = 60
"""What Firehose waits before it calls a transform that says nothing else
(https://docs.aws.amazon.com/firehose/latest/APIReference/API_ProcessorParameter.html)."""
_MARGIN_SECONDS = 90
"""For the transform's run, the write to S3, and CloudWatch, which has a minute's metrics a minute later."""
_METRICS_LATE_SECONDS = 120
"""After which CloudWatch has the metrics of the last request
(https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html: each minute)."""
_METRICS = "AWS/Firehose"


def drain(stack: Target, resources: Sequence[StackResource], tell: Callable[[str], None]) -> dict[str, str]:
    """Wait until no stream holds anything; nothing may be put onto them any more.

    Returns what is not delivered yet of each stream that still holds something: Firehose tries for a day.
    """
    names = [item.value("name") for item in resources if item.type == TYPE]
    if isinstance(stack, LocalStack):
        return _drain_locally(stack, names)
    return _drain_on_aws(stack, names, tell)


def _drain_locally(stack: LocalStack, names: Sequence[str]) -> dict[str, str]:
    if names:
        stack.flush()
    held = stack.buffered_records()
    return {name: f"{held[name]:,} records" for name in names if held.get(name)}


def _drain_on_aws(stack: Target, names: Sequence[str], tell: Callable[[str], None]) -> dict[str, str]:
    """Firehose has no call that empties a buffer, and tells nobody what is in one, but its intervals end."""
    firehose, cloudwatch = stack.client("firehose"), stack.client("cloudwatch")
    holds = {name: hold for name in names if (hold := _longest_hold(firehose, name))}
    started = time.time()
    if holds:
        _sleep(started + _METRICS_LATE_SECONDS, "which of them took events lately is told late", tell)
    busy = {
        name: hold
        for name, hold in holds.items()
        if _metric(cloudwatch, name, "IncomingRecords", "Sum", hold + _METRICS_LATE_SECONDS)
    }
    _sleep(started + max(busy.values(), default=0), ", ".join(sorted(busy)), tell)
    late = {}
    for name, hold in busy.items():
        age = _metric(cloudwatch, name, "DeliveryToS3.DataFreshness", "Maximum", 300)
        if age > hold:
            records = _metric(cloudwatch, name, "IncomingRecords", "Sum", int(age) + hold)
            late[name] = f"up to {records:,.0f} records, the oldest {age:,.0f} s old"
    return late


def _sleep(end: float, why: str, tell: Callable[[str], None]) -> None:
    while (left := end - time.time()) > 0:
        tell(f"{why}: at most {left:.0f} s more")
        time.sleep(min(left, 10))


def _longest_hold(firehose: Any, name: str) -> int:
    """Seconds for which a stream may hold what it can deliver; 0 where there is no such stream any more."""
    try:
        described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    except firehose.exceptions.ResourceNotFoundException:
        return 0
    s3 = described["Destinations"][0]["ExtendedS3DestinationDescription"]
    configured = [
        int(parameter["ParameterValue"])
        for processor in s3.get("ProcessingConfiguration", {}).get("Processors", ())
        for parameter in processor.get("Parameters", ())
        if parameter["ParameterName"] == "BufferIntervalInSeconds"
    ]
    return int(s3["BufferingHints"]["IntervalInSeconds"]) + (configured or [_TRANSFORM_SECONDS])[0] + _MARGIN_SECONDS


def _metric(cloudwatch: Any, stream: str, metric: str, statistic: str, seconds: int) -> float:
    """A metric of a stream over the last seconds, whole minutes of them; 0 where it has none."""
    now = datetime.datetime.now(datetime.UTC)
    points = cloudwatch.get_metric_statistics(
        Namespace=_METRICS,
        MetricName=metric,
        Dimensions=[{"Name": "DeliveryStreamName", "Value": stream}],
        StartTime=now - datetime.timedelta(seconds=seconds + 60),
        EndTime=now,
        Period=(seconds // 60 + 2) * 60,
        Statistics=[statistic],
    )["Datapoints"]
    return max((float(point[statistic]) for point in points), default=0.0)
