"""The resource type AWS::QuickSight::Dashboard.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-quicksight-dashboard.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rapid.local.cloudformation.errors import ResourceFailure
from rapid.local.cloudformation.properties import fit

TYPE = "AWS::QuickSight::Dashboard"


@dataclass(frozen=True)
class MadeResource:
    """What a resource is known by once it exists."""

    physical_id: str
    attributes: Mapping[str, str]


def create(quicksight: Any, logical_id: str, properties: Mapping[str, Any]) -> MadeResource:
    """Make a dashboard; raises ResourceFailure with the status reason."""
    shape = quicksight.meta.service_model.operation_model("CreateDashboard").input_shape
    problems: list[str] = []
    parameters = fit(shape, properties, "#", problems)
    if problems:
        raise ResourceFailure(
            f"Properties validation failed for resource {logical_id} with message:\n[{', '.join(problems)}]"
        )
    physical_id = f"{parameters['AwsAccountId']}|{parameters['DashboardId']}"
    if _exists(quicksight, parameters["AwsAccountId"], parameters["DashboardId"]):
        raise ResourceFailure(f"Resource of type '{TYPE}' with identifier '{physical_id}' already exists.")
    try:
        answer = quicksight.create_dashboard(**parameters)
    except (BotoCoreError, ClientError) as error:
        raise ResourceFailure(_reason(error)) from error
    return MadeResource(physical_id, {"Arn": answer["Arn"]})


def delete(quicksight: Any, physical_id: str) -> None:
    """End a dashboard; raises ResourceFailure with the status reason."""
    account_id, dashboard_id = physical_id.split("|", 1)
    try:
        quicksight.delete_dashboard(AwsAccountId=account_id, DashboardId=dashboard_id)
    except (BotoCoreError, ClientError) as error:
        raise ResourceFailure(_reason(error)) from error


def _exists(quicksight: Any, account_id: str, dashboard_id: str) -> bool:
    try:
        quicksight.describe_dashboard(AwsAccountId=account_id, DashboardId=dashboard_id)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return False
        raise ResourceFailure(_reason(error)) from error
    return True


def _reason(error: BotoCoreError | ClientError) -> str:
    if not isinstance(error, ClientError):
        return str(error)
    details, status = error.response["Error"], error.response["ResponseMetadata"].get("HTTPStatusCode")
    return f"{details['Message']} (Service: QuickSight, Status Code: {status}, Error Code: {details['Code']})"
