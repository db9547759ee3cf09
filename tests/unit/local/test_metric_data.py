"""CloudWatch's metric data and dashboards, and what of CloudWatch is refused by name."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .alarm_rig import API, put, tick
from .cloud_rig import Rig

pytestmark = pytest.mark.usefixtures("held")


@pytest.mark.aws("CloudWatch", "Metrics", f"{API}PutMetricData.html")
@pytest.mark.parametrize(
    "wrong",
    [
        {"Namespace": "AWS/Lambda"},
        {"Value": float("nan")},
        {"Value": None},
        {"Values": [1.0, 2.0], "Counts": [1.0], "Value": None},
        {"Values": [1.0], "Value": 1.0},
        {"Timestamp": datetime.now(UTC) - timedelta(days=15)},
        {"Timestamp": datetime.now(UTC) + timedelta(days=1)},
        {"Dimensions": [{"Name": f"d{n}", "Value": "x"} for n in range(31)]},
    ],
    ids=lambda wrong: ", ".join(wrong),
)
def test_metric_data_that_break_a_rule_are_refused(rig: Rig, metric: str, wrong: dict[str, Any]) -> None:
    datum = {"MetricName": metric, "Value": 1.0, **wrong}
    namespace = datum.pop("Namespace", "Shop")
    data = [{name: value for name, value in datum.items() if value is not None}]
    with pytest.raises(ClientError, match=r"Invalid|Missing|validation"):
        rig.aws("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


@pytest.mark.aws("CloudWatch", "Metrics", f"{API}GetMetricData.html")
def test_what_was_put_is_read_up_to_now_even_after_a_tick(rig: Rig, metric: str) -> None:
    tick(rig, "+1h")
    put(rig, metric, 1, 2)
    told = {"StatisticValues": {"SampleCount": 2, "Sum": 7, "Minimum": 3, "Maximum": 4}}
    data = [{"MetricName": metric, **told}]
    rig.aws("cloudwatch").put_metric_data(Namespace="Shop", MetricData=data)
    now = datetime.now(UTC)
    found = rig.aws("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": "m",
                "MetricStat": {
                    "Metric": {"Namespace": "Shop", "MetricName": metric},
                    "Period": 86_400,
                    "Stat": "Sum",
                },
            },
            {"Id": "twice", "Expression": "m * 2", "Label": "Doubled"},
        ],
        StartTime=now - timedelta(days=1),
        EndTime=now,
    )["MetricDataResults"]
    assert [(each["Label"], sum(each["Values"])) for each in found] == [(metric, 10), ("Doubled", 20)]


@pytest.mark.aws("CloudWatch", "Dashboards", f"{API}PutDashboard.html")
def test_a_dashboard_is_kept_as_it_was_put_and_a_bad_one_is_refused(rig: Rig) -> None:
    cloudwatch = rig.aws("cloudwatch")
    body = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 2, "properties": {}}]})
    cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=body)
    assert cloudwatch.get_dashboard(DashboardName="shop")["DashboardBody"] == body
    assert [entry["DashboardName"] for entry in cloudwatch.list_dashboards()["DashboardEntries"]] == ["shop"]
    for bad in ("{", "{}", json.dumps({"widgets": [{"type": "pie", "properties": {}}]}), body.replace("6", "25")):
        with pytest.raises(ClientError, match="InvalidParameterInput"):
            cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=bad)
    cloudwatch.delete_dashboards(DashboardNames=["shop"])
    with pytest.raises(ClientError, match="ResourceNotFound"):
        cloudwatch.get_dashboard(DashboardName="shop")


def test_an_operation_of_cloudwatch_that_there_is_not_is_named(rig: Rig) -> None:
    with pytest.raises(ClientError, match="CloudWatch's PutCompositeAlarm"):
        rig.aws("cloudwatch").put_composite_alarm(AlarmName="a", AlarmRule="ALARM(b)")
