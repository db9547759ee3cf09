"""Waiting until delivery streams have delivered what they accepted."""

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..console import number_of
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
PUT = "IncomingRecords"
"""The metric of what clients put onto a delivery stream."""
_BEHIND = "KinesisMillisBehindLatest"


@dataclass(frozen=True)
class _Stream:
    """A delivery stream on AWS."""

    name: str
    hold: int
    """The longest for which it may hold what it can deliver, seconds."""
    reads_a_data_stream: bool

    @property
    def incoming(self) -> str:
        """The metric that counts the records it takes."""
        return "DataReadFromKinesisStream.Records" if self.reads_a_data_stream else PUT


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
    return {name: number_of(held[name], "record") for name in names if held.get(name)}


def _drain_on_aws(stack: Target, names: Sequence[str], tell: Callable[[str], None]) -> dict[str, str]:
    """Firehose has no call that empties a buffer, and tells nobody what is in one, but its intervals end."""
    firehose, cloudwatch = stack.client("firehose"), stack.client("cloudwatch")
    found = [stream for name in names if (stream := _stream(firehose, name))]
    started = time.time()
    if found:
        _sleep(started + _METRICS_LATE_SECONDS, "which of them took events lately is told late", tell)
    busy = [
        stream
        for stream in found
        if metric_of(cloudwatch, stream.name, stream.incoming, "Sum", stream.hold + _METRICS_LATE_SECONDS)
    ]
    if any(not stream.reads_a_data_stream for stream in busy):
        # What others deliver, their transforms may put onto the data stream.
        busy += [stream for stream in found if stream.reads_a_data_stream and stream not in busy]
    longest = [
        max((stream.hold for stream in busy if stream.reads_a_data_stream is reads), default=0)
        for reads in (False, True)
    ]
    _sleep(started + sum(longest), ", ".join(sorted(stream.name for stream in busy)), tell)
    late = {}
    for stream in found:
        behind = metric_of(cloudwatch, stream.name, _BEHIND, "Maximum", 60) if stream.reads_a_data_stream else 0
        age = metric_of(cloudwatch, stream.name, "DeliveryToS3.DataFreshness", "Maximum", 300)
        if behind:
            late[stream.name] = f"what it has not read of its data stream, {behind / 1000:,.0f} s of it"
        elif age > stream.hold:
            records = metric_of(cloudwatch, stream.name, stream.incoming, "Sum", int(age) + stream.hold)
            late[stream.name] = f"up to {number_of(round(records), 'record')}, the oldest {age:,.0f} s old"
    return late


def _sleep(end: float, why: str, tell: Callable[[str], None]) -> None:
    while (left := end - time.time()) > 0:
        tell(f"{why}: at most {left:.0f} s more")
        time.sleep(min(left, 10))


def _stream(firehose: Any, name: str) -> _Stream | None:
    """What is known of a stream; None where there is none any more."""
    try:
        described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    except firehose.exceptions.ResourceNotFoundException:
        return None
    s3 = described["Destinations"][0]["ExtendedS3DestinationDescription"]
    configured = [
        int(parameter["ParameterValue"])
        for processor in s3.get("ProcessingConfiguration", {}).get("Processors", ())
        for parameter in processor.get("Parameters", ())
        if parameter["ParameterName"] == "BufferIntervalInSeconds"
    ]
    buffered = int(s3["BufferingHints"]["IntervalInSeconds"]) + (configured or [_TRANSFORM_SECONDS])[0]
    return _Stream(name, buffered + _MARGIN_SECONDS, described.get("DeliveryStreamType") == "KinesisStreamAsSource")


def metric_of(cloudwatch: Any, stream: str, metric: str, statistic: str, seconds: int) -> float:
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
