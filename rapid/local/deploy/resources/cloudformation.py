"""CloudFormation: stacks."""

from __future__ import annotations

import time
from typing import Any

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.naming import AutoName

_POLL_INTERVAL_SECONDS = 0.2


def _stack(creation: Creation) -> Created:
    values = creation.take("parameters", {})
    properties = creation.rest()
    properties["parameters"] = [{"parameterKey": key, "parameterValue": value} for key, value in values.items()]
    parameters = creation.convert("CreateStack", properties, {"name": "StackName", "iamRoleArn": "RoleARN"})
    stack_id = creation.call("CreateStack", **parameters)["StackId"]
    stack = _settled(creation, stack_id)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        reason = stack.get("StackStatusReason", "no reason given")
        raise DeployError(f"the stack ended as {stack['StackStatus']}: {reason}")
    return Created(stack_id, {"outputs": {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}})


def _settled(creation: Creation, stack_id: str) -> dict[str, Any]:
    while True:
        stack: dict[str, Any] = creation.call("DescribeStacks", StackName=stack_id)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(_POLL_INTERVAL_SECONDS)


ROWS = (ResourceType("aws:cloudformation/stack:Stack", "cloudformation", _stack, AutoName(128)),)
