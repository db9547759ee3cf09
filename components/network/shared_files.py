"""The file system that functions share: made, or an existing one; either way by an access point of the stack's own."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn
from components.service_role import Statement

DIRECTORY = "/data/analytics"
"""Where on the file system the access point begins; nothing above it can be reached through it."""
MOUNT_PATH = "/mnt/analytics"
"""Where a function finds it: Lambda mounts under /mnt alone
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html)."""
NFS_PORT = 2049
_USER_ID = 1000
_MODE = "0750"


class SharedFilesArgs(TypedDict):
    """Inputs of SharedFiles."""

    subnet_ids: Sequence[pulumi.Input[str]]
    """Ids of subnets, one a zone, that have a mount target each when the file system is made."""
    security_group_id: pulumi.Input[str]
    """Id of the security group of those mount targets."""
    file_system_id: NotRequired[str | None]
    """Id of a file system that exists, with its mount targets; without it one is made."""


class SharedFiles(pulumi.ComponentResource):
    """An access point at `/data/analytics` of an encrypted file system. It holds copies: there is no backup."""

    access_point_arn: pulumi.Output[str]
    """ARN of the access point."""
    file_system_id: pulumi.Output[str]
    """Id of the file system."""
    ready: Sequence[pulumi.Resource]
    """What must be there before a function can mount it."""

    def __init__(self, name: str, args: SharedFilesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:SharedFiles", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.ready = []
        existing = args.get("file_system_id")
        if existing:
            self.file_system_id = pulumi.Output.from_input(existing)
        else:
            file_system = aws.efs.FileSystem(f"{name}-file-system", encrypted=True, opts=child)
            self.file_system_id = file_system.id
            self.ready = [
                aws.efs.FileSystemPolicy(
                    f"{name}-policy",
                    file_system_id=self.file_system_id,
                    policy=pulumi.Output.json_dumps(_policy(file_system.arn)),
                    opts=child,
                ),
                *(
                    aws.efs.MountTarget(
                        f"{name}-mount-target-{number}",
                        file_system_id=self.file_system_id,
                        subnet_id=subnet_id,
                        security_groups=[args["security_group_id"]],
                        opts=child,
                    )
                    for number, subnet_id in enumerate(args["subnet_ids"], start=1)
                ),
            ]
        access_point = aws.efs.AccessPoint(
            f"{name}-access-point",
            file_system_id=self.file_system_id,
            # Whoever mounts it is this user, and the directory is made for it.
            posix_user={"uid": _USER_ID, "gid": _USER_ID},
            root_directory={
                "path": DIRECTORY,
                "creation_info": {"owner_uid": _USER_ID, "owner_gid": _USER_ID, "permissions": _MODE},
            },
            opts=child,
        )
        self.access_point_arn = access_point.arn
        self.register_outputs({"file_system_id": self.file_system_id, "access_point_arn": self.access_point_arn})

    def statements(self) -> list[Statement]:
        """What the role of a function that writes to it needs.

        https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
        """
        file_system_arn = arn.sibling(self.access_point_arn, pulumi.Output.concat("file-system/", self.file_system_id))
        actions = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        return [{"actions": actions, "resources": [file_system_arn]}]


def _policy(file_system_arn: pulumi.Input[str]) -> dict[str, object]:
    """Nobody without encryption; and as there is a policy now, nobody whose role does not allow it.

    https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "*",
                "Resource": file_system_arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
