"""Secrets Manager: secrets, made without a value."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ResourceType, UpdateRule
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import Update

_RECOVERY_DAYS = 30
"""Days that a deleted secret can still be brought back, by default.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
"""


def _secret(creation: Creation) -> Created:
    creation.take("recoveryWindowInDays")  # speaks of the secret's end, which creation does not meet
    arn = creation.call("CreateSecret", **creation.convert("CreateSecret", creation.rest()))["ARN"]
    return Created(arn, {"arn": arn})


def _description(update: Update) -> None:
    values = update.pick(("description",), {"description": ""})
    update.call("UpdateSecret", SecretId=update.id, **update.convert("UpdateSecret", values))


def _delete_secret(deletion: Deletion) -> None:
    days = deletion.value("recoveryWindowInDays")
    days = _RECOVERY_DAYS if days is None else int(days)
    window = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    deletion.call("DeleteSecret", SecretId=deletion.id, **window)


# What makes a replacement: internal/service/secretsmanager/secret.go.
ROWS = (
    ResourceType(
        "aws:secretsmanager/secret:Secret",
        "secretsmanager",
        _secret,
        _delete_secret,
        AutoName(512),
        find=lambda made: [made.call("DescribeSecret", SecretId=made.value("name")).get("ARN", "")],
        replace_on=("name", "namePrefix"),
        updates=(UpdateRule(("description",), _description), tags(named_by="arn")),
        end_only=("recoveryWindowInDays",),
    ),
)
