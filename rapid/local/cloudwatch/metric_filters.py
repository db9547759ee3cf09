"""Metric filters of log groups: lines that count as metrics. moto keeps them; here they are checked and applied.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.logs.models import logs_backends
from werkzeug import Request, Response

from ..clients import ACCOUNT_ID
from ..server.planes import Forward
from ..service_error import ServiceError, unsupported
from .embedded_metrics import Datum

_PATTERN = re.compile(r'\{ *\$\.(?P<member>\w+) *(= *"(?P<text>[^"*%\\]*)(?P<open>\*?)"|> *(?P<number>\d+)) *\}')
_MEMBER = re.compile(r"\$\.(\w+)")
_MAX_DIMENSIONS = 3
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html"""


class LogsService:
    """Checks metric filters; the rest is moto's."""

    def __init__(self, region: str) -> None:
        self._region = region

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request; raises ServiceError for a filter that is not supported, or that CloudWatch would refuse."""
        if request.headers.get("X-Amz-Target", "").rpartition(".")[2] == "PutMetricFilter":
            asked = request.get_json(force=True, silent=True) or {}
            _check(asked)
            # One of this name is replaced; moto would keep both.
            logs_backends[ACCOUNT_ID][self._region].filters.delete_filter(asked["filterName"], asked["logGroupName"])
        return forward()


def _check(asked: Mapping[str, Any]) -> None:
    pattern = asked.get("filterPattern", "")
    if not _PATTERN.fullmatch(pattern):
        known = '{ $.member = "text" }, { $.member = "beginning*" } and { $.member > number }'
        raise unsupported(f"metric filters with the pattern {pattern}; it supports {known}")
    for transformation in asked.get("metricTransformations") or ():
        dimensions = transformation.get("dimensions") or {}
        value = transformation.get("metricValue", "")
        if value != "1" and not _MEMBER.fullmatch(value):
            raise unsupported("metric filters with another value than 1 or that of a member, $.member")
        if not all(_MEMBER.fullmatch(value) for value in dimensions.values()):
            raise unsupported("dimensions of metric filters that are not of the form $.member")
        if len(dimensions) > _MAX_DIMENSIONS:
            message = f"The specified metric transformations are not valid: more than {_MAX_DIMENSIONS} dimensions"
            raise ServiceError("InvalidParameterException", message)
        if dimensions and "defaultValue" in transformation:
            message = "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
            raise ServiceError("InvalidParameterException", message)


def read(region: str, group: str, lines: Iterable[tuple[int, str]]) -> Iterator[Datum]:
    """The metrics that the filters of a log group make of lines, each with its moment in milliseconds since 1970."""
    filters = logs_backends[ACCOUNT_ID][region].filters.get_matching_filters(log_group_name=group)
    if not filters:
        return
    for moment, line in lines:
        try:
            members = json.loads(line)
        except ValueError:
            continue
        for found in filters:
            pattern = _PATTERN.fullmatch(found["filterPattern"])
            if isinstance(members, dict) and pattern and _matches(pattern, members.get(pattern["member"])):
                for transformation in found["metricTransformations"]:
                    value = _value(transformation["metricValue"], members)
                    if value is not None:
                        yield _datum(transformation, members, moment, value)


def _matches(pattern: re.Match[str], found: Any) -> bool:
    if pattern["number"] is not None:
        return type(found) in (int, float) and found > int(pattern["number"])
    if not isinstance(found, str):
        return False
    return found.startswith(pattern["text"]) if pattern["open"] else found == pattern["text"]


def _value(text: str, members: Mapping[str, Any]) -> float | None:
    """What a line counts as; None where its member is no number, which CloudWatch leaves out."""
    found: Any = members.get(text[2:]) if _MEMBER.fullmatch(text) else float(text)
    return float(found) if type(found) in (int, float) else None


def _datum(transformation: Mapping[str, Any], members: Mapping[str, Any], moment: int, value: float) -> Datum:
    named = transformation.get("dimensions") or {}
    data = {
        "MetricName": transformation["metricName"],
        "Dimensions": [{"Name": name, "Value": str(members.get(value[2:], ""))} for name, value in named.items()],
        "Timestamp": datetime.fromtimestamp(moment / 1000, UTC),
        "Unit": transformation.get("unit", "None"),
        "Value": value,
    }
    return Datum(transformation["metricNamespace"], data)
