"""API Gateway: the account's settings in a region, of which the role for CloudWatch Logs can be chosen."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.resource_type import ResourceType, UpdateRule, whole
from rapid.local.deploy.resources.patches import replacements

_ID = "api-gateway-account"
_PATHS = {"cloudwatchRoleArn": "cloudwatchRoleArn"}


def _account(creation: Creation) -> Created:
    # The account has its settings anyway: making the resource changes them.
    values = {"cloudwatchRoleArn": "", **creation.rest()}
    account = creation.call("UpdateAccount", patchOperations=replacements("", values, _PATHS))
    outputs: dict[str, Any] = {"apiKeyVersion": account.get("apiKeyVersion"), "features": account.get("features")}
    return Created(_ID, {**outputs, "throttleSettings": [account["throttleSettings"]]})


def _reset(deletion: Deletion) -> None:
    deletion.call("UpdateAccount", patchOperations=replacements("", {"cloudwatchRoleArn": ""}, _PATHS))


# What a deletion does: internal/service/apigateway/account.go.
ROWS = (
    ResourceType(
        "aws:apigateway/account:Account",
        "apigateway",
        _account,
        _reset,
        find=lambda _made: [_ID],
        updates=(UpdateRule(("cloudwatchRoleArn",), whole(_account)),),
    ),
)
