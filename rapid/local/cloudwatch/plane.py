"""The API of CloudWatch: metrics, alarms and dashboards.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Operations.html
"""

from collections.abc import Callable
from typing import Any

from werkzeug import Request, Response

from ..moto.modelled import ModelledService
from ..server.planes import Forward
from ..service_error import ServiceError, unsupported
from . import queries
from .alarms import Alarms
from .dashboards import Dashboards
from .metric_data import MetricData

_PAGE = 50
_HISTORY_PAGE = 100
Document = dict[str, Any]


class CloudWatchService:
    """Answers requests to CloudWatch."""

    def __init__(self, alarms: Alarms, data: MetricData, followed: Callable[[], None]) -> None:
        """`followed` is called when there may be a first alarm, or no more."""
        self._service = ModelledService("cloudwatch", "monitoring")
        self._alarms = alarms
        self._followed = followed
        dashboards = Dashboards()
        self._operations: dict[str, Callable[[Document], Document]] = {
            "DeleteAlarms": self._delete,
            "DeleteDashboards": lambda asked: dashboards.delete(asked["DashboardNames"]),
            "DescribeAlarmHistory": self._history,
            "DescribeAlarms": self._describe,
            "DescribeAlarmsForMetric": self._describe_for_metric,
            "DisableAlarmActions": lambda asked: self._set_enabled(asked, False),
            "EnableAlarmActions": lambda asked: self._set_enabled(asked, True),
            "GetDashboard": lambda asked: dashboards.get(asked["DashboardName"]),
            "GetMetricData": data.data,
            "GetMetricStatistics": data.statistics,
            "ListDashboards": lambda asked: dashboards.all(asked.get("DashboardNamePrefix") or ""),
            "ListMetrics": data.listed,
            "ListTagsForResource": self._list_tags,
            "PutDashboard": lambda asked: dashboards.put(asked["DashboardName"], asked["DashboardBody"]),
            "PutMetricAlarm": self._put,
            "PutMetricData": data.put,
            "SetAlarmState": self._set_state,
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }

    def handle(self, request: Request, _forward: Forward) -> Response:
        """Answer a request. Raises ServiceError."""
        name, asked = self._service.read(request)
        if name not in self._operations:
            raise unsupported(f"CloudWatch's {name}")
        return self._service.answer(request, name, self._operations[name](asked))

    def _put(self, asked: Document) -> Document:
        self._alarms.put(asked)
        self._followed()
        return {}

    def _delete(self, asked: Document) -> Document:
        self._alarms.delete(asked["AlarmNames"])
        self._followed()
        return {}

    def _describe(self, asked: Document) -> Document:
        names, prefix, state = asked.get("AlarmNames"), asked.get("AlarmNamePrefix"), asked.get("StateValue")
        action = asked.get("ActionPrefix")
        if names and prefix:
            message = "AlarmNames and AlarmNamePrefix cannot be used together."
            raise ServiceError("ValidationError", message)
        if "MetricAlarm" not in (asked.get("AlarmTypes") or ["MetricAlarm"]):
            return {"MetricAlarms": [], "CompositeAlarms": []}
        found = [
            alarm
            for alarm in self._alarms.all()
            if (not names or alarm["AlarmName"] in names)
            and alarm["AlarmName"].startswith(prefix or "")
            and state in (None, alarm["StateValue"])
            and (not action or any(each.startswith(action) for each in alarm["AlarmActions"]))
        ]
        return {"CompositeAlarms": [], **_page("MetricAlarms", found, asked, 100 if names else _PAGE)}

    def _describe_for_metric(self, asked: Document) -> Document:
        wanted = queries.metric_of(asked)
        found = [
            alarm for alarm in self._alarms.all() if alarm.get("MetricName") and queries.metric_of(alarm) == wanted
        ]
        return {"MetricAlarms": found}

    def _history(self, asked: Document) -> Document:
        start, end = asked.get("StartDate"), asked.get("EndDate")
        found = [
            item
            for item in self._alarms.history()
            if asked.get("AlarmName") in (None, item["AlarmName"])
            and asked.get("HistoryItemType") in (None, item["HistoryItemType"])
            and (start is None or start.timestamp() <= item["Timestamp"].timestamp())
            and (end is None or item["Timestamp"].timestamp() <= end.timestamp())
        ]
        if asked.get("ScanBy") == "TimestampAscending":
            found.reverse()
        return _page("AlarmHistoryItems", found, asked, _HISTORY_PAGE)

    def _set_enabled(self, asked: Document, are_enabled: bool) -> Document:
        self._alarms.set_actions_enabled(asked["AlarmNames"], are_enabled)
        return {}

    def _set_state(self, asked: Document) -> Document:
        self._alarms.set_state(
            asked["AlarmName"], asked["StateValue"], asked["StateReason"], asked.get("StateReasonData")
        )
        return {}

    def _list_tags(self, asked: Document) -> Document:
        tags = self._alarms.tags(asked["ResourceARN"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tag(self, asked: Document) -> Document:
        self._alarms.tags(asked["ResourceARN"]).update({tag["Key"]: tag["Value"] for tag in asked["Tags"]})
        return {}

    def _untag(self, asked: Document) -> Document:
        tags = self._alarms.tags(asked["ResourceARN"])
        for key in asked["TagKeys"]:
            tags.pop(key, None)
        return {}


def _page(member: str, found: list[Document], asked: Document, size: int) -> Document:
    token = str(asked.get("NextToken") or "0")
    if not token.isdigit():
        raise ServiceError("InvalidNextToken", "The next token specified is invalid.")
    start, size = int(token), asked.get("MaxRecords") or size
    answer: Document = {member: found[start : start + size]}
    if len(found) > start + size:
        answer["NextToken"] = str(start + size)
    return answer
