"""KMS: keys. What makes a replacement: internal/service/kms/key.go."""

from __future__ import annotations

from rapid.local.deploy.operations import Deletion
from rapid.local.deploy.resource_type import ResourceType, changed, created, tags

_DELETION_DAYS = 30
"""https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html: unless a number is given."""


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


ROWS = (
    ResourceType(
        "aws:kms/key:Key",
        "kms",
        created(
            "CreateKey", "{KeyMetadata[KeyId]}", {"customerMasterKeySpec": "KeySpec"}, {"arn": "{KeyMetadata[Arn]}"}
        ),
        _delete,
        replace_on=("customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"),
        updates=(changed("UpdateKeyDescription", {"KeyId": "id"}, {"description": ""}), tags(named_by="id")),
        end_only=("deletionWindowInDays",),
        find=_find,
    ),
)
