"""Alarms about delivery: what waits in streams, what they refuse, what cannot be delivered, what does not come."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components import names
from components.delivery.delivery_pipeline import MAX_INTERVAL_SECONDS
from components.operations.alarm import HOURS, MAX_METRICS, MINUTES, Alarm, Comparison, Metric, Missing, numbered
from contracts import Contract

LATE_SECONDS = 2 * MAX_INTERVAL_SECONDS
"""Age of the oldest event that a stream holds: twice the longest interval of delivery, which leaves room for the
transform and Firehose's own retries."""
BEHIND_MILLISECONDS = HOURS * 1000
"""How far a delivery stream may be behind the data stream that it reads, which keeps records for 24 hours."""
UNREAD_MILLISECONDS = 24 * BEHIND_MILLISECONDS
"""How far one counts as behind that reads nothing of what is put."""
THROTTLED_RECORDS = 0
"""Firehose refuses a record only where the stream's quota is used up, which senders then wait for."""
QUARANTINE_PERCENT = 5.0
"""Share of events that break their contract behind the door, within an hour. Senders of the function's paths are told
at once, so it is the direct paths and files that put events here."""
QUARANTINED_EVENTS = 10
"""Fewer in an hour are somebody who tries something."""


@dataclass(frozen=True)
class Read:
    """A Kinesis data stream, and the delivery streams that read it, by their names."""

    data_stream: pulumi.Input[str]
    readers: Sequence[pulumi.Input[str]]


def delivery_alarms(streams: Sequence[pulumi.Input[str]], read: Sequence[Read]) -> list[Alarm]:
    """The alarms of the delivery streams, by their names, and of the data streams that some of them read."""

    def each(metric: str, statistic: str = "Sum") -> list[Metric]:
        return [_of_stream(stream, metric, statistic) for stream in streams]

    own = {names.STACK_DIMENSION: names.stack()}
    return [
        Alarm(
            "delivery-late",
            meaning=f"A delivery stream holds events that are older than {LATE_SECONDS // MINUTES} minutes.",
            first="see on the dashboard which stream it is, and read its log group: what does Firehose complain of?",
            metrics=each("DeliveryToS3.DataFreshness", "Maximum"),
            expression="MAX(METRICS())",
            threshold=LATE_SECONDS,
        ),
        Alarm(
            "delivery-throttled",
            meaning="A delivery stream refuses records: its quota is used up.",
            first="see on the dashboard which stream it is, and ask AWS for a higher quota.",
            metrics=each("ThrottledRecords"),
            expression="SUM(METRICS())",
            threshold=THROTTLED_RECORDS,
            periods=3,
            bad_periods=2,
        ),
        Alarm(
            "delivery-failed",
            meaning="Firehose could not convert events to Parquet: they lie under the error prefix, in no table.",
            first="rapid errors list, then rapid errors show ID: why, and of which source?",
            metrics=each("FailedConversion.Records"),
            expression="SUM(METRICS())",
            threshold=0,
        ),
        Alarm(
            "quarantine-rate",
            meaning=f"More than {QUARANTINE_PERCENT:g} % of an hour's events break their contract.",
            first="rapid errors list: which source and reason? Has a sender changed what it sends?",
            metrics=[Metric(names.NAMESPACE, "Quarantined", own), Metric(names.NAMESPACE, "Rows", own)],
            # Without FILL an hour of nothing has no data point, and CloudWatch looks at the one before it once more.
            expression=f"IF(FILL(m0, 0) >= {QUARANTINED_EVENTS}, 100 * m0 / (m0 + m1), 0)",
            threshold=QUARANTINE_PERCENT,
            period_seconds=HOURS,
        ),
        *_reading_late(read),
    ]


def _reading_late(read: Sequence[Read]) -> list[Alarm]:
    """As many as AWS has it, each with all readers of its data streams."""
    size = MAX_METRICS // (1 + max((len(it.readers) for it in read), default=0))
    return numbered([_behind(read[start : start + size]) for start in range(0, len(read), size)])


def _behind(read: Sequence[Read]) -> Alarm:
    """A delivery stream tells how far it is behind while it reads. One that cannot read, or may not, tells nothing, as
    does one that has nothing to read; AWS says to look whether it reads while records are put:
    https://docs.aws.amazon.com/firehose/latest/dev/troubleshooting.html. So no data is fine where nothing is put, and
    as bad as can be where something is.
    """
    metrics: list[Metric] = []
    late = []
    for each in read:
        put = f"m{len(metrics)}"
        metrics.append(Metric("AWS/Kinesis", "IncomingRecords", {"StreamName": each.data_stream}))
        for reader in each.readers:
            behind = f"m{len(metrics)}"
            metrics.append(_of_stream(reader, "KinesisMillisBehindLatest", "Maximum"))
            # A sum has a value wherever one of its series has one, FILL perhaps none of a metric that was never told.
            unread = f"{put} > 0 AND SUM([{behind} + 1, 0 * {put}]) < 1"
            late += [behind, f"IF({unread}, {UNREAD_MILLISECONDS}, 0)"]
    return Alarm(
        "reading-late",
        meaning="A delivery stream is an hour behind the Kinesis data stream that it reads, or does not read at all.",
        first="see on the dashboard which stream it is, and read its log group: what does Firehose complain of?",
        metrics=metrics,
        expression=f"MAX([{', '.join(late)}])",
        threshold=BEHIND_MILLISECONDS,
        # Firehose's metrics come minutes after those of Kinesis, so that one hour may look unread at its end. The
        # second may be a while off where few events come, and half the time is left then.
        period_seconds=HOURS,
        periods=12,
        bad_periods=2,
    )


def _of_stream(stream: pulumi.Input[str], metric: str, statistic: str) -> Metric:
    return Metric("AWS/Firehose", metric, {"DeliveryStreamName": stream}, statistic)


def silence_alarms(arrivals: Sequence[tuple[Contract, str, pulumi.Input[str]]]) -> list[Alarm]:
    """For each source whose contract says how often events come (`slaProperties`, `frequency`): they do not.

    Beside each contract stand the metric that counts its records, and the delivery stream that has it.
    """
    return [
        Alarm(
            f"silent-{contract.source}",
            meaning=f"No event of {contract.source} has come for {contract.frequency_hours} hours.",
            first="ask who sends it whether it should have, and look for its requests in the access log.",
            metrics=[Metric("AWS/Firehose", metric, {"DeliveryStreamName": stream})],
            threshold=1,
            comparison=Comparison.BELOW,
            period_seconds=HOURS,
            periods=contract.frequency_hours,
            missing=Missing.BAD,
            warm_up_minutes=contract.frequency_hours * 60,
            section="silent",
        )
        for contract, metric, stream in arrivals
        if contract.frequency_hours
    ]
