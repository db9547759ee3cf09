"""Secrets Manager: secrets without a value. What makes a replacement: internal/service/secretsmanager/secret.go."""

from __future__ import annotations

from rapid.local.deploy.operations import Deletion
from rapid.local.deploy.resource_type import AutoName, ResourceType, changed, created, tags

_RECOVERY_DAYS = 30
"""Days that a deleted secret can still be brought back, by default.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
"""


def _delete_secret(deletion: Deletion) -> None:
    days = deletion.value("recoveryWindowInDays")
    days = _RECOVERY_DAYS if days is None else int(days)
    window = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    deletion.call("DeleteSecret", SecretId=deletion.id, **window)


ROWS = (
    ResourceType(
        "aws:secretsmanager/secret:Secret",
        "secretsmanager",
        created("CreateSecret", "{ARN}", outputs={"arn": "{ARN}"}),
        _delete_secret,
        AutoName(512),
        replace_on=("name", "namePrefix"),
        updates=(changed("UpdateSecret", {"SecretId": "id"}, {"description": ""}), tags()),
        end_only=("recoveryWindowInDays",),
        find=lambda made: [made.call("DescribeSecret", SecretId=made.value("name")).get("ARN", "")],
    ),
)
