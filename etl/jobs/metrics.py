"""Figures of a run as CloudWatch metrics: a log line in the embedded metric format, which CloudWatch itself counts.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html; the
job needs no permission for it but that to write its log. A metric is billed by the hours in which it is sent, once for
each value of its dimensions; so the source is a member of the line, by which Logs Insights finds it, and no dimension.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

NAMESPACE = "RapidAnalytics"
CURATED = {
    "inputs": ("Inputs", "Count"),
    "rows_added": ("RowsAdded", "Count"),
    "repeats": ("Repeats", "Count"),
    "lag_seconds": ("Lag", "Seconds"),
    "seconds": ("Duration", "Seconds"),
}
"""By member of a source's report the metric and its unit."""
TAKEN_IN = {
    "processed": ("Rows", "Count"),
    "quarantined": ("Quarantined", "Count"),
    "filtered": ("Filtered", "Count"),
}
"""By member of a file's report the metric and its unit, as the transform counts what comes by streams."""


def of_curation(stack: str, report: Mapping[str, Any], moment: datetime) -> str | None:
    """The line of a source's report; None for one that took nothing in."""
    return _line(stack, CURATED, report, moment) if report.get("inputs") else None


def of_files(stack: str, counts: Mapping[str, Any], moment: datetime) -> str | None:
    """The line of a run that took files in; None for one that had no rows."""
    return _line(stack, TAKEN_IN, counts, moment) if any(counts.get(name) for name in TAKEN_IN) else None


def _line(stack: str, known: Mapping[str, tuple[str, str]], found: Mapping[str, Any], moment: datetime) -> str | None:
    if not stack:
        return None
    told = {name: unit for member, (name, unit) in known.items() if member in found}
    about = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Stack"]],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in told.items()],
    }
    members = {"source": found["source"]} if "source" in found else {}
    members |= {name: found[member] for member, (name, _) in known.items() if member in found}
    stamp = {"Timestamp": int(moment.timestamp() * 1000), "CloudWatchMetrics": [about]}
    return json.dumps({"_aws": stamp, "Stack": stack, **members})
