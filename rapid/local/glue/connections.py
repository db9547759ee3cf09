"""Jobs inside of a VPC: the network of a job's connection, and what Glue refuses to run in it.

https://docs.aws.amazon.com/glue/latest/dg/start-connecting.html,
https://docs.aws.amazon.com/glue/latest/dg/setup-vpc-for-glue-access.html
"""

from typing import Any

from botocore.exceptions import ClientError

from ..clients import Clients
from ..vpc import Network, Place, reach
from .runs import JobRun
from .s3_objects import LaunchError

_INTERFACE_ACTIONS = ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface")
# Of those that the managed policy has for networks, on which Glue insists:
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSGlueServiceRole.html
_DESCRIBING = (
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
    "ec2:DescribeVpcEndpoints",
)  # fmt: skip
_TAGGING = ("ec2:CreateTags", "ec2:DeleteTags")
PYTHON_MODULES = "--additional-python-modules"
_INSTALLER_OPTIONS = "--python-modules-installer-option"


def place_of(run: JobRun, network: Network, clients: Clients) -> Place | None:
    """Where a run's workers are; None for a job without connections. Raises LaunchError where Glue fails the run."""
    if not run.job.connections:
        return None
    requirements = _requirements(run, clients)
    place = Place(
        f"The run {run.id} of job {run.job.name}",
        (str(requirements.get("SubnetId")),),
        tuple(requirements.get("SecurityGroupIdList") or ()),
    )
    _check_role(run, network, place)
    _check_network(place, str(requirements.get("AvailabilityZone")), network, clients.region)
    modules = run.arguments.get(PYTHON_MODULES, "")
    is_from_index = any(not part.strip().startswith("s3://") for part in modules.split(",") if part.strip())
    subnet = reach.subnet_of(network.ec2, place.subnet_ids[0])
    if is_from_index and _INSTALLER_OPTIONS not in run.arguments and not reach.leads_out(network.ec2, subnet):
        raise LaunchError(
            f"LAUNCH ERROR | Error installing additional python modules {modules}: {subnet.id} has no route to a NAT "
            f"gateway, and so none to a package index. Add one, or give the modules as wheels on S3 in {PYTHON_MODULES}"
        )
    return place


def _requirements(run: JobRun, clients: Clients) -> dict[str, Any]:
    """The network of the first of a job's connections that has one, read as the job's role."""
    glue = clients.client("glue", run.role_arn)
    for name in run.job.connections:
        try:
            connection = glue.get_connection(Name=name, HidePassword=True)["Connection"]
        except ClientError as error:
            detail = error.response["Error"]
            raise LaunchError(f"Connection {name} cannot be read: {detail['Code']}: {detail['Message']}") from None
        requirements: dict[str, Any] = connection.get("PhysicalConnectionRequirements") or {}
        if requirements.get("SubnetId"):
            return requirements
    raise LaunchError(f"None of the connections {', '.join(run.job.connections)} has a subnet")


def _check_role(run: JobRun, network: Network, place: Place) -> None:
    subnet = reach.subnet_of(network.ec2, place.subnet_ids[0])
    vpc_arn = network.arn(f"vpc/{subnet.vpc_id if subnet else '*'}")
    missing = (
        network.missing_action(run.role_arn, ["ec2:DescribeVpcAttribute"], vpc_arn)
        or next((action for action in _DESCRIBING if network.missing_action(run.role_arn, [action], "*")), None)
        or network.missing_interface_action(run.role_arn, _INTERFACE_ACTIONS, place)
        or network.missing_action(run.role_arn, _TAGGING, network.arn("network-interface/*"))
    )
    if missing:
        raise LaunchError(
            f"The role {run.role_arn} is not authorized to perform {missing}, which Glue needs to connect the run to "
            f"{place.subnet_ids[0]}"
        )


def _check_network(place: Place, zone: str, network: Network, region: str) -> None:
    ec2, subnet_id = network.ec2, place.subnet_ids[0]
    subnet = reach.subnet_of(ec2, subnet_id)
    if subnet is None:
        raise LaunchError(f"The subnet ID '{subnet_id}' does not exist")
    if subnet.availability_zone != zone:
        raise LaunchError(f"The subnet {subnet_id} is in {subnet.availability_zone}, and its connection says {zone!r}")
    for group_id in place.group_ids:
        group = reach.group_of(ec2, group_id)
        if group is None or group.vpc_id != subnet.vpc_id:
            raise LaunchError(f"The security group '{group_id}' does not exist in VPC '{subnet.vpc_id}'")
    if not reach.lets_itself_in(ec2, place.group_ids):
        raise LaunchError(
            "At least one security group must open all ingress ports. To limit traffic, the source security group in "
            "your inbound rule can be restricted to the same security group"
        )
    if reach.obstacle(ec2, subnet_id, place.group_ids, "s3", region):
        raise LaunchError(
            f"VPC S3 endpoint validation failed for SubnetId: {subnet_id}. VPC: {subnet.vpc_id}. Reason: "
            f"{reach.obstacle(ec2, subnet_id, place.group_ids, 's3', region)}"
        )
