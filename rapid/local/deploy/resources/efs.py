"""EFS: file systems, their mount targets and access points. What makes a replacement: internal/service/efs/*.go."""

from __future__ import annotations

from rapid.local.deploy.operations import Update
from rapid.local.deploy.resource_type import AutoName, ResourceType, UpdateRule, created, deleted, tags


def _move_into_groups(update: Update) -> None:
    groups = update.convert("ModifyMountTargetSecurityGroups", {"securityGroups": update.take("securityGroups") or []})
    update.call("ModifyMountTargetSecurityGroups", MountTargetId=update.id, **groups)


_put_policy = created("PutFileSystemPolicy", "{FileSystemId}")
_TAGS = tags(named_by="id")

ROWS = (
    ResourceType(
        "aws:efs/fileSystem:FileSystem",
        "efs",
        created("CreateFileSystem", "{FileSystemId}", outputs={"arn": "{FileSystemArn}"}),
        deleted("DeleteFileSystem", FileSystemId="id"),
        AutoName(64, "creationToken"),
        replace_on=("availabilityZoneName", "creationToken", "encrypted", "kmsKeyId", "performanceMode"),
        updates=(_TAGS,),
    ),
    ResourceType(
        "aws:efs/fileSystemPolicy:FileSystemPolicy",
        "efs",
        _put_policy,
        deleted("DeleteFileSystemPolicy", FileSystemId="id"),
        replace_on=("fileSystemId",),
        update=_put_policy,
        find=lambda made: [made.value("fileSystemId")],
    ),
    ResourceType(
        "aws:efs/mountTarget:MountTarget",
        "efs",
        created("CreateMountTarget", "{MountTargetId}"),
        deleted("DeleteMountTarget", MountTargetId="id"),
        replace_on=("fileSystemId", "ipAddress", "subnetId"),
        updates=(UpdateRule(("securityGroups",), _move_into_groups),),
    ),
    ResourceType(
        "aws:efs/accessPoint:AccessPoint",
        "efs",
        created(
            "CreateAccessPoint",
            "{AccessPointId}",
            outputs={
                "arn": "{AccessPointArn}",
                "fileSystemArn": "arn:aws:elasticfilesystem:{region}:{account}:file-system/{FileSystemId}",
            },
        ),
        deleted("DeleteAccessPoint", AccessPointId="id"),
        replace_on=("fileSystemId", "posixUser", "rootDirectory"),
        updates=(_TAGS,),
    ),
)
