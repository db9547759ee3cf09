"""CloudWatch: alarms and dashboards.

What makes a replacement: internal/service/cloudwatch/metric_alarm.go and dashboard.go.
"""

from __future__ import annotations

from rapid.local.clients import ACCOUNT_ID
from rapid.local.deploy.operations import Created, Creation
from rapid.local.deploy.resource_type import AutoName, ResourceType, created, tags

_ALARM_ARN = "arn:aws:cloudwatch:{region}:{account}:alarm:{AlarmName}"
# The provider's own, where the API has none or another one: metric_alarm.go.
_METRIC_ALARM_DEFAULTS = {"actionsEnabled": True, "treatMissingData": "missing"}
_METRIC_QUERY_DEFAULTS = {"returnData": False}
_METRIC = {
    "dimensions": "Metric.Dimensions",
    "metricName": "Metric.MetricName",
    "namespace": "Metric.Namespace",
}
_ALARM_RENAMES = {
    "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
    "metricQueries": "Metrics",
    "metricQueries.metric": "MetricStat",
    "name": "AlarmName",
    **{f"metricQueries.metric.{name}": member for name, member in _METRIC.items()},
}
_put_dashboard = created(
    "PutDashboard",
    "{DashboardName}",
    outputs={"dashboardArn": "arn:aws:cloudwatch::{account}:dashboard/{DashboardName}"},
)


def _put_alarm(work: Creation) -> Created:
    """All of it is given anew: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html."""
    properties = {**_METRIC_ALARM_DEFAULTS, **work.rest()}
    if "metricQueries" in properties:
        properties["metricQueries"] = [{**_METRIC_QUERY_DEFAULTS, **query} for query in properties["metricQueries"]]
    parameters = work.convert("PutMetricAlarm", properties, _ALARM_RENAMES)
    work.call("PutMetricAlarm", **parameters)
    place = {"region": work.cloud.region, "account": ACCOUNT_ID}
    return Created(parameters["AlarmName"], {"arn": _ALARM_ARN.format_map({**place, **parameters})})


ROWS = (
    ResourceType(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "cloudwatch",
        _put_alarm,
        lambda alarm: alarm.call("DeleteAlarms", AlarmNames=[alarm.id]),
        AutoName(255),
        replace_on=("name",),
        updates=(tags(),),
        update=_put_alarm,
    ),
    ResourceType(
        "aws:cloudwatch/dashboard:Dashboard",
        "cloudwatch",
        _put_dashboard,
        lambda dashboard: dashboard.call("DeleteDashboards", DashboardNames=[dashboard.id]),
        id_property="dashboardName",
        replace_on=("dashboardName",),
        update=_put_dashboard,
    ),
)
