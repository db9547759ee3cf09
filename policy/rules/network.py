"""Networks and file systems."""

from collections.abc import Iterator

from .resource import Resource, Stack
from .rule import Faults, rule, rules_of
from .statements import refuses_plain_transport

VPC = "aws:ec2/vpc:Vpc"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
DEFAULT_SECURITY_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
SUBNET = "aws:ec2/subnet:Subnet"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
SECURITY_GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
NETWORK_ACL = "aws:ec2/networkAcl:NetworkAcl"
NETWORK_ACL_RULE = "aws:ec2/networkAclRule:NetworkAclRule"
INSTANCE = "aws:ec2/instance:Instance"
FILE_SYSTEM = "aws:efs/fileSystem:FileSystem"
BACKUP_POLICY = "aws:efs/backupPolicy:BackupPolicy"
FILE_SYSTEM_POLICY = "aws:efs/fileSystemPolicy:FileSystemPolicy"
ACCESS_POINT = "aws:efs/accessPoint:AccessPoint"

_EVERYONE = {"0.0.0.0/0", "::/0"}


@rule(
    "EC2.6", "AwsSolutions-VPC7",
    types=[VPC],
    title="A network's traffic is logged",
    fix="give the VPC a FlowLog",
)  # fmt: skip
def vpc_has_flow_log(resource: Resource, stack: Stack) -> Faults:
    if not stack.made_for(resource, FLOW_LOG, "vpcId"):
        yield "", "it has no flow log"


@rule(
    "EC2.2",
    types=[VPC, DEFAULT_SECURITY_GROUP],
    title="A network's default security group lets nothing through",
    fix="give the VPC a DefaultSecurityGroup without ingress and egress",
)
def default_security_group_is_closed(resource: Resource, stack: Stack) -> Faults:
    if resource.type == VPC:
        if not stack.made_for(resource, DEFAULT_SECURITY_GROUP, "vpcId"):
            yield "", "its default security group is as AWS made it, open within and outwards"
    elif resource.get("ingress") or resource.get("egress"):
        yield "", "it has rules"


@rule(
    "EC2.15", "EFS.6",
    types=[SUBNET],
    title="A subnet gives out no public addresses",
    fix="leave map_public_ip_on_launch out",
)  # fmt: skip
def subnet_is_private(resource: Resource) -> Faults:
    if resource.get("mapPublicIpOnLaunch"):
        yield "", "what starts in it gets a public address"


def _incoming(resource: Resource) -> Iterator[tuple[str, set[str]]]:
    """Ports and address ranges of each rule about incoming traffic."""
    if resource.type == SECURITY_GROUP_RULE:
        if resource.get("type") != "ingress":
            return
        entries = [resource.properties]
    elif resource.type == INGRESS_RULE:
        entries = [resource.properties]
    else:
        entries = resource.get("ingress") or []
    for entry in entries:
        single = {entry.get("cidrIpv4"), entry.get("cidrIpv6")}
        many = {*(entry.get("cidrBlocks") or ()), *(entry.get("ipv6CidrBlocks") or ())}
        yield f"ports {entry.get('fromPort')} to {entry.get('toPort')}", {str(it) for it in single | many if it}


@rule(
    "EC2.18", "EC2.19", "AwsSolutions-EC23",
    types=[SECURITY_GROUP, SECURITY_GROUP_RULE, INGRESS_RULE],
    title="A security group lets nobody in from everywhere",
    fix="name the security groups or address ranges that need it",
)  # fmt: skip
def security_group_names_who_comes_in(resource: Resource) -> Faults:
    for ports, ranges in _incoming(resource):
        if found := ranges & _EVERYONE:
            yield ports, f"{', '.join(sorted(found))} may come in"


@rule(
    "AwsSolutions-EC27",
    types=[SECURITY_GROUP],
    title="A security group says what it is for",
    fix="give it a description",
)
def security_group_is_described(resource: Resource) -> Faults:
    if not resource.get("description"):
        yield "", "it has no description"


@rule(
    "EC2.21", "AwsSolutions-VPC3",
    types=[NETWORK_ACL, NETWORK_ACL_RULE],
    title="Security groups decide, not network ACLs",
    fix="say it by a security group",
)  # fmt: skip
def network_acl_is_not_used(resource: Resource) -> Faults:
    yield "", "it is a network ACL"


@rule(
    "EFS.1", "EFS.8", "AwsSolutions-EFS1",
    types=[FILE_SYSTEM],
    title="A file system is encrypted at rest",
    fix="set encrypted",
)  # fmt: skip
def file_system_is_encrypted(resource: Resource) -> Faults:
    if resource.get("encrypted") is not True:
        yield "", "it is not encrypted"


@rule(
    "EFS.2", "EFS.7",
    types=[FILE_SYSTEM],
    title="A file system is backed up",
    fix="give it a BackupPolicy with the status ENABLED",
)  # fmt: skip
def file_system_is_backed_up(resource: Resource, stack: Stack) -> Faults:
    found = stack.made_for(resource, BACKUP_POLICY, "fileSystemId")
    if not any(it.get("backupPolicy", "status") == "ENABLED" for it in found):
        yield "", "it has no backups"


@rule(
    "https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html",
    types=[FILE_SYSTEM, FILE_SYSTEM_POLICY],
    title="A file system is mounted over TLS alone, by those whose role allows it",
    fix="give it a FileSystemPolicy that denies everyone all actions where aws:SecureTransport is false",
)
def file_system_refuses_plain_transport(resource: Resource, stack: Stack) -> Faults:
    if resource.type == FILE_SYSTEM:
        if not stack.made_for(resource, FILE_SYSTEM_POLICY, "fileSystemId"):
            yield "", "it has no policy: whoever reaches a mount target may do everything"
    elif not refuses_plain_transport(resource, "elasticfilesystem:ClientMount"):
        yield "", "no statement denies everyone everything without TLS"


@rule(
    "EFS.3",
    types=[ACCESS_POINT],
    title="Who mounts a file system by an access point sees one folder of it",
    fix="name a root_directory",
)
def access_point_has_root(resource: Resource) -> Faults:
    if resource.get("rootDirectory", "path") in (None, "/"):
        yield "", "its root is the whole file system"


@rule(
    "EFS.4",
    types=[ACCESS_POINT],
    title="Who mounts a file system by an access point acts as one user",
    fix="name a posix_user, and not 0, who may do everything",
)
def access_point_has_user(resource: Resource) -> Faults:
    user = resource.get("posixUser") or {}
    if user.get("uid") is None:
        yield "", "whoever mounts it may be any user"
    elif user["uid"] == 0:
        yield "", "its user is root"


RULES = rules_of(globals())
