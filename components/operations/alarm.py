"""What an alarm watches and says, and the MetricAlarm of CloudWatch that is made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import pulumi
import pulumi_aws as aws

from components import names

RUNBOOK = "docs/runbook.md"
"""Has a section for each kind of alarm, called as the kind."""
MAX_METRICS = 10
"""Of one alarm (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html)."""
MAX_WARM_UP_MINUTES = 2880
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_WarmUpConfiguration.html"""
MINUTES, HOURS = 60, 3600
"""In seconds, which CloudWatch counts periods in."""


class Missing(Enum):
    """What a period without any data says."""

    FINE = "notBreaching"
    """Nothing happened, so nothing bad did."""
    BAD = "breaching"
    """Something should have happened."""


class Comparison(Enum):
    """When a value is bad."""

    ABOVE = "GreaterThanThreshold"
    BELOW = "LessThanThreshold"


@dataclass(frozen=True)
class Metric:
    """A metric of CloudWatch, and what is taken of a period's values."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str = "Sum"


@dataclass(frozen=True)
class Alarm:
    """One alarm. With several metrics `expression` says what is watched of them, called m0, m1 and so on."""

    kind: str
    """What it is called, and its section in RUNBOOK."""
    meaning: str
    """What is so when it rings, in a sentence."""
    first: str
    """The first thing to do, in a sentence."""
    metrics: Sequence[Metric]
    threshold: float
    expression: str = ""
    comparison: Comparison = Comparison.ABOVE
    period_seconds: int = 5 * MINUTES
    periods: int = 1
    bad_periods: int | None = None
    """How many of the periods must be bad; all of them unless it is given."""
    missing: Missing = Missing.FINE
    warm_up_minutes: int = 0
    """How long after it was made an alarm waits before it says anything."""
    section: str = ""
    """Its section in RUNBOOK, where that is not called as the kind."""

    @property
    def description(self) -> str:
        """What a mail says of it."""
        return f"{self.meaning} First: {self.first} {RUNBOOK}#{self.section or self.kind}"


def split(alarm: Alarm) -> list[Alarm]:
    """The same alarm for all of its metrics, as many times as AWS has it."""
    parts = [alarm.metrics[start : start + MAX_METRICS] for start in range(0, len(alarm.metrics), MAX_METRICS)]
    return numbered([replace(alarm, metrics=part) for part in parts])


def numbered(alarms: Sequence[Alarm]) -> list[Alarm]:
    """Alarms of one kind, and so of one section, the second called `<kind>-2`."""
    return [
        replace(
            alarm,
            kind=alarm.kind if number == 1 else f"{alarm.kind}-{number}",
            section=alarm.section or alarm.kind,
        )
        for number, alarm in enumerate(alarms, start=1)
    ]


def metric_alarm(
    name: str, alarm: Alarm, topic_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    """The alarm in CloudWatch; it tells the topic when it rings, and when it is over."""
    warm_up: dict[str, Any] = {}
    if alarm.warm_up_minutes:
        warm_up["warm_up_configuration"] = {
            "warm_up_period_duration_in_minutes": min(alarm.warm_up_minutes, MAX_WARM_UP_MINUTES),
            "only_start_evaluating_after_warm_up_period_ends": True,
        }
    return aws.cloudwatch.MetricAlarm(
        f"{name}-{alarm.kind}",
        name=f"{names.prefix()}-{alarm.kind}",
        alarm_description=alarm.description,
        comparison_operator=alarm.comparison.value,
        threshold=alarm.threshold,
        evaluation_periods=alarm.periods,
        datapoints_to_alarm=alarm.bad_periods or alarm.periods,
        treat_missing_data=alarm.missing.value,
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        **(_metric_math(alarm) if alarm.expression else _one_metric(alarm)),
        **warm_up,
        opts=opts,
    )


def _one_metric(alarm: Alarm) -> dict[str, Any]:
    (metric,) = alarm.metrics
    watched = {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": metric.dimensions,
        "period": alarm.period_seconds,
    }
    if metric.statistic.startswith("p"):
        # A percentile of a handful of values is the largest of them, such as a cold start.
        low = {"evaluate_low_sample_count_percentiles": "ignore"}
        return {**watched, "extended_statistic": metric.statistic, **low}
    return {**watched, "statistic": metric.statistic}


def _metric_math(alarm: Alarm) -> dict[str, Any]:
    watched: list[dict[str, Any]] = [
        {
            "id": f"m{number}",
            "metric": {
                "namespace": metric.namespace,
                "metric_name": metric.name,
                "dimensions": metric.dimensions,
                "period": alarm.period_seconds,
                "stat": metric.statistic,
            },
        }
        for number, metric in enumerate(alarm.metrics)
    ]
    result = {"id": "watched", "label": alarm.kind, "expression": alarm.expression, "return_data": True}
    return {"metric_queries": [result, *watched]}
