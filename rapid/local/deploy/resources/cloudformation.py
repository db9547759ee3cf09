"""CloudFormation: stacks."""

from __future__ import annotations

import time
from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ResourceType, UpdateRule
from rapid.local.deploy.update import Update

_POLL_INTERVAL_SECONDS = 0.2


def _stack(creation: Creation) -> Created:
    stack_id = creation.call("CreateStack", **_parameters(creation, "CreateStack"))["StackId"]
    creation.begin(Created(stack_id))
    return Created(stack_id, _outputs(creation, stack_id, "CREATE_COMPLETE"))


def _update(update: Update) -> dict[str, Any]:
    # Parameters, capabilities and the template are sent whether they changed or not, by the provider as here.
    parameters = {**_parameters(update, "UpdateStack"), "StackName": update.id}
    update.call("UpdateStack", **parameters)
    return _outputs(update, update.id, "UPDATE_COMPLETE")


def _parameters(creation: Creation, operation: str) -> dict[str, Any]:
    values = creation.take_object("parameters")
    properties = creation.rest()
    properties["parameters"] = [{"parameterKey": key, "parameterValue": value} for key, value in values.items()]
    return creation.convert(operation, properties, {"name": "StackName", "iamRoleArn": "RoleARN"})


def _outputs(creation: Creation, stack_id: str, wanted: str) -> dict[str, Any]:
    stack = _settled(creation, stack_id)
    if stack["StackStatus"] != wanted:
        raise DeployError(f"the stack ended as {stack['StackStatus']}: {_reasons(creation, stack)}")
    return {"outputs": {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}}


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


_UPDATED = ("capabilities", "iamRoleArn", "parameters", "tags", "templateBody")

# What makes a replacement: internal/service/cloudformation/stack.go.
ROWS = (
    ResourceType(
        "aws:cloudformation/stack:Stack",
        "cloudformation",
        _stack,
        _delete,
        AutoName(128),
        replace_on=("disableRollback", "name", "onFailure", "timeoutInMinutes"),
        updates=(UpdateRule(_UPDATED, _update),),
        volatile_outputs=("outputs",),
        find=lambda made: made.listed("DescribeStacks", "StackId", {"StackName": "name"}),
    ),
)
