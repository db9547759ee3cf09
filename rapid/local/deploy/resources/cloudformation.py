"""CloudFormation: stacks."""

from __future__ import annotations

import time
from typing import Any

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.naming import AutoName

_POLL_INTERVAL_SECONDS = 0.2


def _stack(creation: Creation) -> Created:
    values = creation.take_object("parameters")
    properties = creation.rest()
    properties["parameters"] = [{"parameterKey": key, "parameterValue": value} for key, value in values.items()]
    parameters = creation.convert("CreateStack", properties, {"name": "StackName", "iamRoleArn": "RoleARN"})
    stack_id = creation.call("CreateStack", **parameters)["StackId"]
    stack = _settled(creation, stack_id)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise DeployError(f"the stack ended as {stack['StackStatus']}: {_reasons(creation, stack)}")
    return Created(stack_id, {"outputs": {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}})


def _settled(creation: Creation, stack_id: str) -> dict[str, Any]:
    while True:
        stack: dict[str, Any] = creation.call("DescribeStacks", StackName=stack_id)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(_POLL_INTERVAL_SECONDS)


def _reasons(creation: Creation, stack: dict[str, Any]) -> str:
    """Say what failed: the resources' own reasons, which the stack's leaves out."""
    events = creation.call("DescribeStackEvents", StackName=stack["StackId"])["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed]
    return "; ".join(reasons) or str(stack.get("StackStatusReason", "no reason given"))


ROWS = (ResourceType("aws:cloudformation/stack:Stack", "cloudformation", _stack, AutoName(128)),)
