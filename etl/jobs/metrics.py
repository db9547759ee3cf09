"""Figures of a run as CloudWatch metrics: a log line in the embedded metric format, which CloudWatch itself counts.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html; the
job needs no permission for it but that to write its log.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

NAMESPACE = "RapidAnalytics"
_METRICS = {
    "inputs": ("Inputs", "Count"),
    "rows_added": ("RowsAdded", "Count"),
    "repeats": ("Repeats", "Count"),
    "lag_seconds": ("Lag", "Seconds"),
    "seconds": ("Duration", "Seconds"),
}
"""Members of a report with their metrics' names and units."""


def line(job: str, report: Mapping[str, Any], moment: datetime) -> str | None:
    """The line of a source's report; None for one that took nothing in: metrics cost by the hours they are sent in."""
    if not report.get("inputs"):
        return None
    told = {name: unit for member, (name, unit) in _METRICS.items() if member in report}
    about = {
        "Namespace": NAMESPACE,
        "Dimensions": [["JobName", "Source"]],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in told.items()],
    }
    return json.dumps(
        {
            "_aws": {"Timestamp": int(moment.timestamp() * 1000), "CloudWatchMetrics": [about]},
            "JobName": job,
            "Source": report["source"],
            **{name: report[member] for member, (name, _) in _METRICS.items() if member in report},
        }
    )
