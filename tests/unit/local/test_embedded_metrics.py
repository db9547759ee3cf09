"""Metrics in the log lines of functions."""

import datetime
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapid.local.cloudwatch import embedded_metrics

from .cloud_rig import Rig

PAGE = (
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
    "CloudWatch_Embedded_Metric_Format_Specification.html"
)

pytestmark = pytest.mark.aws("CloudWatch", "Embedded metric format", PAGE)


def line(**changes: Any) -> dict[str, Any]:
    """A line that counts two refusals of a door."""
    directive = {"Namespace": "Shop", "Dimensions": [["Door"]], "Metrics": [{"Name": "Refused", "Unit": "Count"}]}
    timestamp = int(time.time() * 1000)
    return {
        "_aws": {"Timestamp": timestamp, "CloudWatchMetrics": [directive]},
        "Door": "events",
        "Refused": 2,
    } | changes


def test_what_a_function_prints_in_the_format_is_counted_by_cloudwatch(rig: Rig) -> None:
    rig.invoke(rig.function(f"def handler(event, context):\n    print({json.dumps(line())!r})"))
    rig.cloud.ship_logs()
    now = datetime.datetime.now(datetime.UTC)
    found = rig.aws("cloudwatch").get_metric_statistics(
        Namespace="Shop",
        MetricName="Refused",
        Dimensions=[{"Name": "Door", "Value": "events"}],
        StartTime=now - datetime.timedelta(minutes=5),
        EndTime=now + datetime.timedelta(minutes=5),
        Period=3600,
        Statistics=["Sum"],
        Unit="Count",
    )
    assert sum(point["Sum"] for point in found["Datapoints"]) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"Refused": "2"},
        {"Refused": True},
        {"Refused": None},
        {"Refused": []},
        {"Door": 7},
        {"_aws": {}},
        {"_aws": {"Timestamp": "now", "CloudWatchMetrics": []}},
    ],
    ids=str,
)
def test_what_is_not_as_the_format_says_is_not_counted(changes: dict[str, Any]) -> None:
    assert embedded_metrics.read(json.dumps(line(**changes))) == []


def test_a_metric_may_have_several_values_and_several_sets_of_dimensions() -> None:
    told = line(Refused=[1, 2.5])
    told["_aws"]["CloudWatchMetrics"][0]["Dimensions"] = [["Door"], []]
    first, second = embedded_metrics.read(json.dumps(told))
    assert first.data["Values"] == second.data["Values"] == [1.0, 2.5]
    assert (first.data["Dimensions"], second.data["Dimensions"]) == ([{"Name": "Door", "Value": "events"}], [])


@given(
    st.text()
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda value: json.dumps({"_aws": value}))
)
def test_no_line_stops_the_log(text: str) -> None:
    assert embedded_metrics.read(text) == []
