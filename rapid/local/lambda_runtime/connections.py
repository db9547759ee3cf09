"""Functions inside of a VPC: what Lambda refuses to connect, and the file systems that they mount.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html
"""

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..clients import ACCOUNT_ID, Clients
from ..service_error import ServiceError
from ..vpc import Network, Place, reach

NFS_PORT = 2049
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
_DESCRIBING = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")
_CHANGING = ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface")
_ADDRESSING = ("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")
_MOUNT_PATH = re.compile(r"/mnt/[a-zA-Z0-9-_.]+")
_MAX_FILE_SYSTEMS = 1
_MOUNTING, _WRITING = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"


@dataclass(frozen=True)
class Mount:
    """A file system that a function has mounted."""

    path: str
    """Where the function finds it."""
    directory: Path
    """What stands for it on this machine."""
    is_writable: bool


class Connections:
    """Checks where functions are connected to; keeps the directories that stand for file systems."""

    def __init__(self, network: Network, clients: Clients) -> None:
        self._network = network
        self._clients = clients
        self._directory: Path | None = None

    def check(self, role_arn: str, vpc_config: Mapping[str, Any], file_systems: Sequence[Mapping[str, str]]) -> None:
        """Raises ServiceError where Lambda would not connect a function."""
        place = place_of("", vpc_config)
        if place is None:
            if file_systems:
                arn = file_systems[0]["Arn"]
                raise _invalid(f"Function must be configured to execute in a VPC to reference access point {arn}.")
            return
        self._check_vpc(place)
        missing = next(
            (action for action in _DESCRIBING if self._network.missing_action(role_arn, [action], "*")), None
        ) or self._network.missing_interface_action(role_arn, (*_CHANGING, *_ADDRESSING), place)
        if missing:
            action = missing.partition(":")[2]
            raise _invalid(f"The provided execution role does not have permissions to call {action} on EC2")
        if len(file_systems) > _MAX_FILE_SYSTEMS:
            raise _invalid(f"A function can have {_MAX_FILE_SYSTEMS} file system, not {len(file_systems)}")
        for file_system in file_systems:
            self._check_file_system(file_system, place)

    def mounted(self, place: Place | None, role_arn: str, file_systems: Sequence[tuple[str, str]]) -> tuple[Mount, ...]:
        """What stands here for a function's file systems.

        Raises ServiceError where a mount fails, as Lambda does at an invocation.
        """
        return tuple(self._mount(arn, path, role_arn, place) for arn, path in file_systems)

    def remove(self) -> None:
        """Delete all that was stored."""
        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)

    def _check_vpc(self, place: Place) -> None:
        ec2 = self._network.ec2
        subnets = [reach.subnet_of(ec2, subnet_id) for subnet_id in place.subnet_ids]
        for subnet_id, subnet in zip(place.subnet_ids, subnets, strict=True):
            if subnet is None:
                raise _invalid(
                    "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error "
                    f"Message: The subnet ID '{subnet_id}' does not exist"
                )
        if not place.group_ids:
            raise _invalid("VpcConfig: SecurityGroupIds is empty; a function in a VPC has one security group at least")
        vpcs = {subnet.vpc_id for subnet in subnets}
        for group_id in place.group_ids:
            group = reach.group_of(ec2, group_id)
            if group is None:
                raise _invalid(
                    "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error "
                    f"Message: The security group '{group_id}' does not exist"
                )
            vpcs.add(group.vpc_id)
        if len(vpcs) > 1:
            raise _invalid(f"Subnets and security groups must be of one VPC; these are of {', '.join(sorted(vpcs))}")

    def _check_file_system(self, file_system: Mapping[str, str], place: Place) -> None:
        if not _MOUNT_PATH.fullmatch(file_system["LocalMountPath"]):
            raise _invalid(f"LocalMountPath {file_system['LocalMountPath']!r} must be like {_MOUNT_PATH.pattern}")
        targets = self._targets(self._access_point(file_system["Arn"])["FileSystemId"])
        ec2 = self._network.ec2
        zones = {reach.subnet_of(ec2, subnet_id).availability_zone for subnet_id in place.subnet_ids}
        if not zones <= {target["AvailabilityZoneName"] for target in targets}:
            id_ = self._access_point(file_system["Arn"])["FileSystemId"]
            arn = f"arn:aws:elasticfilesystem:{self._clients.region}:{ACCOUNT_ID}:file-system/{id_}"
            raise _invalid(
                f"EFS file system {arn} does not have mount targets created in all availability zones the function "
                "will execute in. Please create EFS mount targets in each availability zone your function has a "
                "subnet in."
            )

    def _mount(self, arn: str, path: str, role_arn: str, place: Place | None) -> Mount:
        access_point = self._access_point(arn)
        id_ = access_point["FileSystemId"]
        efs = self._clients.client("efs")
        for target in self._targets(id_):
            groups = efs.describe_mount_target_security_groups(MountTargetId=target["MountTargetId"])["SecurityGroups"]
            for subnet_id in place.subnet_ids if place else ():
                subnet = reach.subnet_of(self._network.ec2, subnet_id)
                if subnet is None or subnet.availability_zone != target["AvailabilityZoneName"]:
                    continue
                if not reach.lets_through(
                    self._network.ec2, place.group_ids if place else (), subnet, groups, NFS_PORT
                ):
                    raise ServiceError(
                        "EFSMountConnectivityException",
                        f"The function couldn't connect to the Amazon EFS file system with access point {arn}. Check "
                        f"your network configuration and try again. (Port {NFS_PORT} is not let through between the "
                        f"function's security groups and {', '.join(groups)}.)",
                        408,
                        {"Type": "User"},
                    )
        file_system_arn = f"arn:aws:elasticfilesystem:{self._clients.region}:{ACCOUNT_ID}:file-system/{id_}"
        # With a policy of its own the file system is no longer open to every client that can connect:
        # https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
        has_policy = self._has_policy(id_)
        if has_policy and self._network.missing_action(role_arn, [_MOUNTING], file_system_arn):
            raise ServiceError(
                "EFSMountFailureException",
                f"The function couldn't mount the Amazon EFS file system with access point {arn}. Confirm the file "
                "system, access point and your permissions, and try again.",
                403,
                {"Type": "User"},
            )
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="rapid-efs-"))
        root = access_point.get("RootDirectory", {}).get("Path", "/").strip("/")
        directory: Path = self._directory / id_ / root
        directory.mkdir(parents=True, exist_ok=True)
        is_read_only = has_policy and self._network.missing_action(role_arn, [_WRITING], file_system_arn)
        return Mount(path, directory, not is_read_only)

    def _access_point(self, arn: str) -> dict[str, Any]:
        efs = self._clients.client("efs")
        try:
            found: list[dict[str, Any]] = efs.describe_access_points(AccessPointId=arn.rpartition("/")[2])[
                "AccessPoints"
            ]
        except efs.exceptions.AccessPointNotFound:
            found = []
        if not found:
            raise _invalid(f"The access point {arn} does not exist")
        return found[0]

    def _targets(self, file_system_id: str) -> list[dict[str, Any]]:
        efs = self._clients.client("efs")
        found: list[dict[str, Any]] = efs.describe_mount_targets(FileSystemId=file_system_id)["MountTargets"]
        return found

    def _has_policy(self, file_system_id: str) -> bool:
        efs = self._clients.client("efs")
        try:
            return bool(json.loads(efs.describe_file_system_policy(FileSystemId=file_system_id)["Policy"]))
        except efs.exceptions.PolicyNotFound:
            return False


def place_of(name: str, vpc_config: Mapping[str, Any]) -> Place | None:
    """Where a function runs; None for one that is in no VPC."""
    subnet_ids = tuple(vpc_config.get("SubnetIds") or ())
    if not subnet_ids:
        return None
    return Place(f"The function {name}", subnet_ids, tuple(vpc_config.get("SecurityGroupIds") or ()))


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterValueException", message, members={"Type": "User"})
