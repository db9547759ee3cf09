"""KMS: keys. What makes a replacement: internal/service/kms/key.go."""

from __future__ import annotations

from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import ResourceType, UpdateRule, changed, created, tags

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


_POLICY_NAME = "default"
"""The only one a key's policy has: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html."""

_create_key = created(
    "CreateKey", "{KeyMetadata[KeyId]}", {"customerMasterKeySpec": "KeySpec"}, {"arn": "{KeyMetadata[Arn]}"}
)


def _create(creation: Creation) -> Created:
    rotates = creation.take("enableKeyRotation")
    made = _create_key(creation)
    creation.begun = made.id
    if rotates:
        creation.call("EnableKeyRotation", KeyId=made.id)
    return made


def _rotate(update: Update) -> None:
    update.call("EnableKeyRotation" if update.take("enableKeyRotation") else "DisableKeyRotation", KeyId=update.id)


def _put_policy(update: Update) -> None:
    policy = update.convert("PutKeyPolicy", update.pick(("policy",), {}))
    update.call("PutKeyPolicy", KeyId=update.id, PolicyName=_POLICY_NAME, **policy)


ROWS = (
    ResourceType(
        "aws:kms/key:Key",
        "kms",
        _create,
        _delete,
        replace_on=("customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"),
        updates=(
            changed("UpdateKeyDescription", {"KeyId": "id"}, {"description": ""}),
            UpdateRule(("policy",), _put_policy),
            UpdateRule(("enableKeyRotation",), _rotate),
            tags(named_by="id"),
        ),
        end_only=("deletionWindowInDays",),
        find=_find,
    ),
)
