"""Alarms about delivery: what waits in streams, what they refuse, what cannot be delivered, what does not come."""

from collections.abc import Sequence

import pulumi

from components import names
from components.delivery.delivery_pipeline import MAX_INTERVAL_SECONDS
from components.operations.alarm import HOURS, MINUTES, Alarm, Comparison, Metric, Missing
from contracts import Contract

LATE_SECONDS = 2 * MAX_INTERVAL_SECONDS
"""Age of the oldest event that a stream holds: twice the longest interval of delivery, which leaves room for the
transform and Firehose's own retries."""
BEHIND_MILLISECONDS = 60 * MINUTES * 1000
"""How far a delivery stream may be behind the data stream that it reads, which keeps records for 24 hours."""
THROTTLED_RECORDS = 0
"""Firehose refuses a record only where the stream's quota is used up, which senders then wait for."""
QUARANTINE_PERCENT = 5.0
"""Share of events that break their contract behind the door, within an hour. Senders of the function's paths are told
at once, so it is the direct paths and files that put events here."""
QUARANTINED_EVENTS = 10
"""Fewer in an hour are somebody who tries something."""


def delivery_alarms(streams: Sequence[pulumi.Input[str]], reading: Sequence[pulumi.Input[str]]) -> list[Alarm]:
    """The alarms of the delivery streams, by their names; `reading` are those of them that read a data stream."""

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
        *([_reading_late(reading)] if reading else []),
    ]


def _reading_late(reading: Sequence[pulumi.Input[str]]) -> Alarm:
    return Alarm(
        "reading-late",
        meaning="A delivery stream is more than an hour behind the Kinesis data stream that it reads.",
        first="see in CloudWatch which stream it is, and read its log group: what does Firehose complain of?",
        metrics=[_of_stream(stream, "KinesisMillisBehindLatest", "Maximum") for stream in reading],
        expression="MAX(METRICS())",
        threshold=BEHIND_MILLISECONDS,
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
