"""The resource type AWS::QuickSight::Dashboard.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-quicksight-dashboard.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import Shape

TYPE = "AWS::QuickSight::Dashboard"
_KINDS: dict[str, tuple[Any, str]] = {
    "boolean": (bool, "Boolean"),
    "double": ((int, float), "Number"),
    "float": ((int, float), "Number"),
    "integer": (int, "Integer"),
    "list": (list, "JSONArray"),
    "long": (int, "Integer"),
    "map": (dict, "JSONObject"),
    "string": (str, "String"),
    "structure": (dict, "JSONObject"),
}
_PERMISSIONS = "Permissions"
_FOUND = {bool: "Boolean", dict: "JSONObject", float: "Number", int: "Integer", list: "JSONArray", str: "String"}


class ResourceFailure(Exception):
    """A resource could not be made, changed or ended; the message is the resource's status reason."""


def create(quicksight: Any, logical_id: str, properties: Mapping[str, Any]) -> str:
    """Make a dashboard; its physical id. Raises ResourceFailure."""
    _check(quicksight, logical_id, properties)
    place, physical_id = _place(properties), physical_id_of(properties)
    try:
        quicksight.describe_dashboard(**place)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise ResourceFailure(_reason(error)) from error
    else:
        raise ResourceFailure(f"Resource of type '{TYPE}' with identifier '{physical_id}' already exists.")
    _call(quicksight, "create_dashboard", properties)
    return physical_id


def physical_id_of(properties: Mapping[str, Any]) -> str:
    """What a dashboard of these properties is known by; one that has another is another dashboard."""
    return f"{properties.get('AwsAccountId')}|{properties.get('DashboardId')}"


def update(quicksight: Any, logical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Change a dashboard in place and publish it. Raises ResourceFailure."""
    _check(quicksight, logical_id, after)
    updatable = quicksight.meta.service_model.operation_model("UpdateDashboard").input_shape.members
    for name in sorted({*before, *after} - {*updatable, _PERMISSIONS}):
        if before.get(name) != after.get(name):
            raise ResourceFailure(f"The local cloud's CloudFormation does not support a change of {name} of {TYPE}")
    answer = _call(quicksight, "update_dashboard", {name: after[name] for name in after if name in updatable})
    version = int(answer["VersionArn"].rpartition("/")[2])
    _call(quicksight, "update_dashboard_published_version", {**_place(after), "VersionNumber": version})
    granted, revoked = _grants(after), _grants(before)
    changes = {
        "GrantPermissions": [grant for grant in granted if grant not in revoked],
        "RevokePermissions": [grant for grant in revoked if grant not in granted],
    }
    if any(changes.values()):
        _call(quicksight, "update_dashboard_permissions", {**_place(after), **changes})


def delete(quicksight: Any, properties: Mapping[str, Any]) -> None:
    """End a dashboard. Raises ResourceFailure."""
    _call(quicksight, "delete_dashboard", _place(properties))


def _grants(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    return properties.get(_PERMISSIONS) or []


def _place(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: properties[name] for name in ("AwsAccountId", "DashboardId")}


def _call(quicksight: Any, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = getattr(quicksight, operation)(**parameters)
    except (BotoCoreError, ClientError) as error:
        raise ResourceFailure(_reason(error)) from error
    return answer


def _reason(error: BotoCoreError | ClientError) -> str:
    if not isinstance(error, ClientError):
        return str(error)
    details, status = error.response["Error"], error.response["ResponseMetadata"].get("HTTPStatusCode")
    return f"{details['Message']} (Service: QuickSight, Status Code: {status}, Error Code: {details['Code']})"


def _check(quicksight: Any, logical_id: str, properties: Mapping[str, Any]) -> None:
    """Hold properties against the shape of the operation that makes a dashboard; all that is wrong is told at once.

    CloudFormation names properties as the API does, letter case included.
    """
    shape = quicksight.meta.service_model.operation_model("CreateDashboard").input_shape
    problems = list(_problems(shape, properties, "#"))
    if problems:
        raise ResourceFailure(
            f"Properties validation failed for resource {logical_id} with message:\n[{', '.join(problems)}]"
        )


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind, name = _KINDS[shape.type_name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        yield f"{path}: expected type: {name}, found: {_FOUND.get(type(value), 'Null')}"
    elif shape.type_name == "structure":
        yield from (f"{path}: required key [{key}] not found" for key in shape.required_members if key not in value)
        for key, item in value.items():
            if key in shape.members:
                yield from _problems(shape.members[key], item, f"{path}/{key}")
            else:
                yield f"{path}: extraneous key [{key}] is not permitted"
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from _problems(shape.member, item, f"{path}/{index}")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _problems(shape.value, item, f"{path}/{key}")
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path}: {value} is not a valid enum value"
