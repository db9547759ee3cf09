"""CloudFormation: stacks. What makes a replacement: internal/service/cloudformation/stack.go."""

from __future__ import annotations

import time
from typing import Any

from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import AutoName, ResourceType, listed, sent

_POLL_INTERVAL_SECONDS = 0.2
_RENAMES = {"name": "StackName", "iamRoleArn": "RoleARN"}

_create_stack = sent("CreateStack", _RENAMES)
_update_stack = sent("UpdateStack", _RENAMES, place={"StackName": "id"})


def _create(creation: Creation) -> Created:
    creation.begun = _create_stack(creation)["StackId"]
    _await(creation, creation.begun, "CREATE_COMPLETE")
    return Created(creation.begun)


def _update(update: Update) -> None:
    _update_stack(update)
    _await(update, update.id, "UPDATE_COMPLETE")


def _delete(deletion: Deletion) -> None:
    deletion.call("DeleteStack", StackName=deletion.id)
    _await(deletion, deletion.id, "DELETE_COMPLETE")


def _await(asking: Creation | Deletion, stack_id: str, wanted: str) -> None:
    """Wait until a stack is settled; raises DeployError where that is not as wanted."""
    while True:
        stack: dict[str, Any] = asking.call("DescribeStacks", StackName=stack_id)["Stacks"][0]
        status = stack["StackStatus"]
        if not status.endswith("_IN_PROGRESS"):
            break
        time.sleep(_POLL_INTERVAL_SECONDS)
    if status != wanted:
        # The resources' own reasons, which the stack's leaves out.
        events = asking.call("DescribeStackEvents", StackName=stack_id)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
        reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed]
        said = "; ".join(reasons) or stack.get("StackStatusReason", "no reason given")
        raise DeployError(f"the stack ended as {status}: {said}")


ROWS = (
    ResourceType(
        "aws:cloudformation/stack:Stack",
        "cloudformation",
        _create,
        _delete,
        AutoName(128),
        replace_on=("disableRollback", "name", "onFailure", "timeoutInMinutes"),
        update=_update,
        find=listed("DescribeStacks", "StackId", {"StackName": "name"}),
    ),
)
