"""Figures of an invocation as CloudWatch metrics: members of a log line that CloudWatch itself counts.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
A metric is billed by the hours in which it is sent, once for each value of its dimensions; so the source is a member of
the line, by which Logs Insights finds it, and no dimension.
"""

import json
import os

# As typing has it, without that import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAMESPACE = "RapidAnalytics"
_encode = json.JSONEncoder().encode


def line(names: "tuple[str, ...]", *dimensions: str) -> "Callable[[int, Mapping[str, object]], str]":
    """What makes the lines of a function whose members of these names are metrics, by stack and further dimensions.

    It takes the moment in milliseconds since 1970, and the members of a line. All that is the same is encoded once.
    """
    about = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Stack", *dimensions]],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in names],
    }
    rest = f', "CloudWatchMetrics": [{_encode(about)}]}}, "Stack": {_encode(os.environ["STACK"])}, '

    def made(milliseconds: int, members: "Mapping[str, object]") -> str:
        return f'{{"_aws": {{"Timestamp": {milliseconds}{rest}{_encode(members)[1:]}'

    return made
