"""KMS: keys."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.resource_type import ResourceType, UpdateRule
from rapid.local.deploy.update import Update

_RENAMES = {"customerMasterKeySpec": "KeySpec", "bypassPolicyLockoutSafetyCheck": "BypassPolicyLockoutSafetyCheck"}
_DELETION_DAYS = 30
"""https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html: unless a number is given."""


def _key(creation: Creation) -> Created:
    creation.take("deletionWindowInDays")
    metadata = creation.call("CreateKey", **creation.convert("CreateKey", creation.rest(), _RENAMES))["KeyMetadata"]
    return Created(metadata["KeyId"], {"arn": metadata["Arn"], "keyId": metadata["KeyId"]})


def _description(update: Update) -> None:
    update.call("UpdateKeyDescription", KeyId=update.id, Description=update.take("description") or "")


def _delete(deletion: Deletion) -> None:
    days = int(deletion.value("deletionWindowInDays") or _DELETION_DAYS)
    deletion.call("ScheduleKeyDeletion", KeyId=deletion.id, PendingWindowInDays=days)


def _find(deletion: Deletion) -> list[str]:
    """Keys that may be the one: they have no name, so those with its description."""
    found = []
    for key in deletion.call("ListKeys").get("Keys", []):
        metadata = deletion.call("DescribeKey", KeyId=key["KeyId"])["KeyMetadata"]
        wanted = metadata.get("Description", "") == (deletion.value("description") or "")
        if wanted and metadata["KeyState"] != "PendingDeletion":
            found.append(metadata["KeyId"])
    return found


# What makes a replacement: internal/service/kms/key.go.
ROWS = (
    ResourceType(
        "aws:kms/key:Key",
        "kms",
        _key,
        _delete,
        replace_on=("customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"),
        updates=(UpdateRule(("description",), _description),),
        end_only=("deletionWindowInDays",),
        find=_find,
    ),
)
