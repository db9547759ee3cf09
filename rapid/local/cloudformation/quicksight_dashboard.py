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
    parameters = _parameters(quicksight, logical_id, properties)
    physical_id = f"{parameters['AwsAccountId']}|{parameters['DashboardId']}"
    if _exists(quicksight, parameters["AwsAccountId"], parameters["DashboardId"]):
        raise ResourceFailure(f"Resource of type '{TYPE}' with identifier '{physical_id}' already exists.")
    try:
        answer = quicksight.create_dashboard(**parameters)
    except (BotoCoreError, ClientError) as error:
        raise ResourceFailure(_reason(error)) from error
    return MadeResource(physical_id, {"Arn": answer["Arn"]})


def must_be_replaced(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a change of properties needs another dashboard in place of this one."""
    return any(before.get(name) != after.get(name) for name in ("AwsAccountId", "DashboardId"))


def update(quicksight: Any, logical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Change a dashboard in place and publish it; raises ResourceFailure with the status reason."""
    parameters = _parameters(quicksight, logical_id, after)
    updatable = quicksight.meta.service_model.operation_model("UpdateDashboard").input_shape.members
    for name in sorted({*before, *after} - {*updatable}):
        if before.get(name) != after.get(name):
            raise ResourceFailure(f"The local cloud's CloudFormation does not support a change of {name} of {TYPE}")
    place = {name: parameters[name] for name in ("AwsAccountId", "DashboardId")}
    try:
        answer = quicksight.update_dashboard(**{name: parameters[name] for name in parameters if name in updatable})
        version = int(answer["VersionArn"].rpartition("/")[2])
        quicksight.update_dashboard_published_version(**place, VersionNumber=version)
    except (BotoCoreError, ClientError) as error:
        raise ResourceFailure(_reason(error)) from error


def delete(quicksight: Any, physical_id: str) -> None:
    """End a dashboard; raises ResourceFailure with the status reason."""
    account_id, dashboard_id = physical_id.split("|", 1)
    try:
        quicksight.delete_dashboard(AwsAccountId=account_id, DashboardId=dashboard_id)
    except (BotoCoreError, ClientError) as error:
        raise ResourceFailure(_reason(error)) from error


def _parameters(quicksight: Any, logical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    shape = quicksight.meta.service_model.operation_model("CreateDashboard").input_shape
    problems: list[str] = []
    parameters: dict[str, Any] = fit(shape, properties, "#", problems)
    if problems:
        raise ResourceFailure(
            f"Properties validation failed for resource {logical_id} with message:\n[{', '.join(problems)}]"
        )
    return parameters


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
