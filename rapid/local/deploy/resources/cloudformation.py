"""CloudFormation: stacks."""

from __future__ import annotations

import time
from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ResourceType

_POLL_INTERVAL_SECONDS = 0.2


def _stack(creation: Creation) -> Created:
    values = creation.take_object("parameters")
    properties = creation.rest()
    properties["parameters"] = [{"parameterKey": key, "parameterValue": value} for key, value in values.items()]
    parameters = creation.convert("CreateStack", properties, {"name": "StackName", "iamRoleArn": "RoleARN"})
    stack_id = creation.call("CreateStack", **parameters)["StackId"]
    creation.begin(Created(stack_id))
    stack = _settled(creation, stack_id)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise DeployError(f"the stack ended as {stack['StackStatus']}: {_reasons(creation, stack)}")
    return Created(stack_id, {"outputs": {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}})


def _settled(asking: Creation | Deletion, stack_id: str) -> dict[str, Any]:
    while True:
        stack: dict[str, Any] = asking.call("DescribeStacks", StackName=stack_id)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(_POLL_INTERVAL_SECONDS)


def _reasons(asking: Creation | Deletion, stack: dict[str, Any]) -> str:
    """Say what failed: the resources' own reasons, which the stack's leaves out."""
    events = asking.call("DescribeStackEvents", StackName=stack["StackId"])["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed]
    return "; ".join(reasons) or str(stack.get("StackStatusReason", "no reason given"))


def _delete(deletion: Deletion) -> None:
    deletion.call("DeleteStack", StackName=deletion.id)
    stack = _settled(deletion, deletion.id)
    if stack["StackStatus"] != "DELETE_COMPLETE":
        raise DeployError(f"the stack ended as {stack['StackStatus']}: {_reasons(deletion, stack)}")


# What makes a replacement: internal/service/cloudformation/stack.go. The local cloud has no UpdateStack, so that no
# other property of a stack can be changed.
ROWS = (
    ResourceType(
        "aws:cloudformation/stack:Stack",
        "cloudformation",
        _stack,
        _delete,
        AutoName(128),
        replace_on=("disableRollback", "name", "onFailure", "timeoutInMinutes"),
    ),
)
