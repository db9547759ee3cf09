"""The CloudFormation template of a dashboard."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..model import Dashboard
from .business import Business
from .definition import definition

MAX_TEMPLATE_BYTES = 51_200
"""What CloudFormation takes in a request:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
VIEWER_ACTIONS = ("quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard")
"""What a reader of a dashboard needs (https://docs.aws.amazon.com/quicksight/latest/APIReference/API_ResourcePermission.html)."""


def template(
    dashboard: Dashboard,
    dashboard_id: str,
    data_set_arns: Mapping[str, str],
    business: Business,
    *,
    theme_arn: str | None = None,
    viewers: Iterable[str] = (),
) -> dict[str, Any]:
    """The template of one dashboard over data sets, by name; `viewers` are ARNs of QuickSight's groups and users."""
    properties: dict[str, Any] = {
        "AwsAccountId": {"Ref": "AWS::AccountId"},
        "DashboardId": dashboard_id,
        "Name": dashboard.title,
        "Definition": definition(dashboard, data_set_arns, business),
        # Else a reader finds dates and choices only after opening the bar that they are in.
        "DashboardPublishOptions": {"SheetControlsOption": {"VisibilityState": "EXPANDED"}},
    }
    if theme_arn:
        properties["ThemeArn"] = theme_arn
    if permissions := [{"Principal": viewer, "Actions": list(VIEWER_ACTIONS)} for viewer in viewers]:
        properties["Permissions"] = permissions
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Dashboard: {dashboard.title}",
        "Resources": {"Dashboard": {"Type": "AWS::QuickSight::Dashboard", "Properties": properties}},
    }


def template_body(template: Mapping[str, Any]) -> str:
    """A template as text, without a space too much. Raises ValueError where CloudFormation would refuse it for
    its size."""
    body = json.dumps(template, separators=(",", ":"), ensure_ascii=False)
    if (size := len(body.encode())) > MAX_TEMPLATE_BYTES:
        raise ValueError(
            f"its template has {size:,} bytes, and CloudFormation takes {MAX_TEMPLATE_BYTES:,}; "
            "move visuals to another dashboard"
        )
    return body
