"""Lines of a log group that count as metrics by the group's filters."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rapid.local.clients import DEFAULT_REGION
from rapid.local.cloudwatch import metric_filters

from .cloud_rig import Rig

PAGE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html"
THROTTLED = '{ $.status = "429" }'

pytestmark = pytest.mark.aws("CloudWatch", "Metric filters", PAGE)


def transformation(**changes: Any) -> dict[str, Any]:
    plain = {"metricName": "Throttled", "metricNamespace": "Shop", "metricValue": "1", "unit": "Count"}
    return {**plain, **changes}


def group_with_filter(rig: Rig, pattern: str = THROTTLED, **changes: Any) -> str:
    group, logs = rig.name("group"), rig.aws("logs")
    logs.create_log_group(logGroupName=group)
    transformations = [transformation(**changes)]
    logs.put_metric_filter(
        logGroupName=group, filterName="filter", filterPattern=pattern, metricTransformations=transformations
    )
    return group


def counted(group: str, *lines: str) -> list[metric_filters.Datum]:
    now = int(time.time() * 1000)
    return list(metric_filters.read(DEFAULT_REGION, group, [(now, line) for line in lines]))


def test_a_line_that_matches_counts_once_by_the_dimensions_that_it_names(rig: Rig) -> None:
    group = group_with_filter(rig, dimensions={"Stack": "$.stack"})
    lines = [json.dumps({"status": status, "stack": "shop/dev"}) for status in ("429", "200", "429")]
    found = counted(group, *lines, "no JSON", "[]", json.dumps({"status": 429}))

    assert [(it.namespace, it.data["MetricName"], it.data["Value"]) for it in found] == [("Shop", "Throttled", 1)] * 2
    assert found[0].data["Dimensions"] == [{"Name": "Stack", "Value": "shop/dev"}]


def test_a_line_counts_as_the_number_that_one_of_its_members_has(rig: Rig) -> None:
    group = group_with_filter(rig, "{ $.refused > 1 }", metricValue="$.refused", dimensions={"Source": "$.source"})
    lines = [json.dumps({"source": "orders", "refused": refused}) for refused in (1, 2, 5, "9", True, None)]
    found = counted(group, *lines, json.dumps({"source": "orders"}))

    assert [it.data["Value"] for it in found] == [2, 5]


def test_a_member_that_is_no_number_is_not_counted(rig: Rig) -> None:
    group = group_with_filter(rig, metricValue="$.size")
    assert [it.data["Value"] for it in counted(group, '{"status": "429", "size": "9"}')] == []
    assert [it.data["Value"] for it in counted(group, '{"status": "429", "size": 9}')] == [9]


def test_a_text_may_be_told_by_its_beginning(rig: Rig) -> None:
    group = group_with_filter(rig, '{ $.status = "4*" }')
    found = counted(group, *(json.dumps({"status": status}) for status in ("400", "4", "200", "140", 400)))

    assert len(found) == 2


def test_a_filter_that_is_put_again_replaces_the_one_of_its_name(rig: Rig) -> None:
    group = group_with_filter(rig)
    rig.aws("logs").put_metric_filter(
        logGroupName=group, filterName="filter", filterPattern=THROTTLED, metricTransformations=[transformation()]
    )
    assert len(counted(group, '{"status": "429"}')) == 1


@pytest.mark.parametrize(
    ("pattern", "changes", "said"),
    [
        ("ERROR", {}, "metric filters with the pattern ERROR"),
        ('{ $.status = "4*9" }', {}, "metric filters with the pattern"),
        ("{ $.size > 0 && $.size < 9 }", {}, "metric filters with the pattern"),
        (THROTTLED, {"metricValue": "2"}, "metric filters with another value than 1"),
        (THROTTLED, {"dimensions": {"Stack": "dev"}}, "dimensions of metric filters"),
        (THROTTLED, {"dimensions": {"Stack": "$.stack"}, "defaultValue": 0.0}, "mutually exclusive"),
    ],
)
def test_what_is_not_supported_and_what_cloudwatch_refuses_is_refused(
    rig: Rig, pattern: str, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        group_with_filter(rig, pattern, **changes)
