"""Metrics that stand in log lines, which CloudWatch counts as it takes the lines.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

_MAX_METRICS = 100
_MAX_DIMENSIONS = 30
_MAX_VALUES = 100


class Datum(NamedTuple):
    """What one line says of one metric, as PutMetricData takes it."""

    namespace: str
    data: dict[str, Any]


def read(line: str) -> list[Datum]:
    """The metrics in a log line; none where it is not as the specification says, which CloudWatch does not tell."""
    if '"_aws"' not in line:
        return []
    try:
        return list(_data(json.loads(line)))
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return []


def _data(root: Mapping[str, Any]) -> Iterator[Datum]:
    about = root["_aws"]
    moment = datetime.fromtimestamp(about["Timestamp"] / 1000, UTC)
    for directive in about["CloudWatchMetrics"]:
        metrics = directive["Metrics"]
        if len(metrics) > _MAX_METRICS:
            raise ValueError("too many metrics")
        for names in directive["Dimensions"]:
            if len(names) > _MAX_DIMENSIONS or not all(isinstance(root[name], str) for name in names):
                raise ValueError("bad dimensions")
            dimensions = [{"Name": name, "Value": root[name]} for name in names]
            for metric in metrics:
                data = {
                    "MetricName": metric["Name"],
                    "Dimensions": dimensions,
                    "Timestamp": moment,
                    "Unit": metric.get("Unit", "None"),
                    **_values(root[metric["Name"]]),
                }
                yield Datum(directive["Namespace"], data)


def _values(value: Any) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    if not 0 < len(values) <= _MAX_VALUES or not all(type(item) in (int, float) for item in values):
        raise ValueError("bad values")
    return {"Values": [float(item) for item in values]} if len(values) > 1 else {"Value": float(values[0])}
