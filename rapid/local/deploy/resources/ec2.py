"""EC2: a VPC with all that belongs to it. What makes a replacement: internal/service/ec2/vpc_*.go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rapid.local.deploy.conversion import Renames
from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import (
    AutoName,
    ResourceType,
    UpdateRule,
    created,
    deleted,
    sent,
)

_ARN = "arn:aws:ec2:{region}:{account}"
_EVERYTHING = "-1"


def _made(
    operation: str,
    kind: str,
    id_: str,
    outputs: Mapping[str, str] | None = None,
    renames: Renames | None = None,
    **how: Any,
) -> Callable[[Creation], Created]:
    """A creation whose tags are given as those of a resource of this kind."""
    create = created(operation, id_, renames, outputs, **how)

    def make(creation: Creation) -> Created:
        tags = creation.take_object("tags")
        if tags:
            creation.give("tagSpecifications", [{"resourceType": kind, "tags": tags}])
        return create(creation)

    return make


def _retag(update: Update) -> None:
    before, after = update.inputs_before.get("tags") or {}, update.take_object("tags")
    if gone := sorted({*before} - {*after}):
        update.call("DeleteTags", Resources=[update.id], Tags=[{"Key": key} for key in gone])
    if after:
        update.call("CreateTags", Resources=[update.id], **update.convert("CreateTags", {"tags": after}))


def _set_dns(update: Update) -> None:
    for name in _DNS:
        if name in update.changed:
            attribute = update.convert("ModifyVpcAttribute", {name: {"value": bool(update.take(name))}})
            update.call("ModifyVpcAttribute", VpcId=update.id, **attribute)


def _set_public(update: Update) -> None:
    value = {"Value": bool(update.take("mapPublicIpOnLaunch"))}
    update.call("ModifySubnetAttribute", SubnetId=update.id, MapPublicIpOnLaunch=value)


_DNS = ("enableDnsHostnames", "enableDnsSupport")
_TAGS = (UpdateRule(("tags",), _retag),)
_redirect = sent("ReplaceRoute")
_make_vpc = _made("CreateVpc", "vpc", "{Vpc[VpcId]}", {"arn": f"{_ARN}:vpc/{{Vpc[VpcId]}}"})
_make_subnet = _made("CreateSubnet", "subnet", "{Subnet[SubnetId]}", {"arn": f"{_ARN}:subnet/{{Subnet[SubnetId]}}"})
_make_internet_gateway = _made("CreateInternetGateway", "internet-gateway", "{InternetGateway[InternetGatewayId]}")
_make_security_group = _made(
    "CreateSecurityGroup",
    "security-group",
    "{GroupId}",
    {"arn": f"{_ARN}:security-group/{{GroupId}}"},
    {"name": "GroupName"},
    defaults={"description": "Managed by Pulumi"},
)


def _vpc(creation: Creation) -> Created:
    attributes = {name: creation.take(name) for name in _DNS}
    made = _make_vpc(creation)
    creation.begun = made.id
    for name, value in attributes.items():
        if value is not None:
            attribute = creation.convert("ModifyVpcAttribute", {name: {"value": value}})
            creation.call("ModifyVpcAttribute", VpcId=made.id, **attribute)
    return made


def _subnet(creation: Creation) -> Created:
    is_public = creation.take("mapPublicIpOnLaunch")
    made = _make_subnet(creation)
    creation.begun = made.id
    if is_public:
        creation.call("ModifySubnetAttribute", SubnetId=made.id, MapPublicIpOnLaunch={"Value": True})
    return made


def _internet_gateway(creation: Creation) -> Created:
    vpc_id = creation.need("vpcId")
    made = _make_internet_gateway(creation)
    creation.begun = made.id
    creation.call("AttachInternetGateway", InternetGatewayId=made.id, VpcId=vpc_id)
    return made


def _delete_internet_gateway(deletion: Deletion) -> None:
    deletion.call("DetachInternetGateway", InternetGatewayId=deletion.id, VpcId=deletion.value("vpcId"))
    deletion.call("DeleteInternetGateway", InternetGatewayId=deletion.id)


def _security_group(creation: Creation) -> Created:
    """The provider takes the rule away that AWS gives every group: out to everywhere."""
    made = _make_security_group(creation)
    creation.begun = made.id
    everywhere = [{"IpProtocol": _EVERYTHING, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    creation.call("RevokeSecurityGroupEgress", GroupId=made.id, IpPermissions=everywhere)
    return made


def _default_security_group(creation: Creation) -> Created:
    """It is there with the VPC; the provider makes its rules those that the program has, which here are none."""
    vpc_id = creation.need("vpcId")
    tags = creation.take_object("tags")
    creation.convert("CreateSecurityGroup", creation.rest())
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = creation.call("DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
    if tags:
        creation.call("CreateTags", Resources=[group["GroupId"]], **creation.convert("CreateTags", {"tags": tags}))
    for permissions, operation in (("IpPermissions", "Ingress"), ("IpPermissionsEgress", "Egress")):
        if group[permissions]:
            creation.call(f"RevokeSecurityGroup{operation}", GroupId=group["GroupId"], IpPermissions=group[permissions])
    return Created(group["GroupId"])


def _rule(direction: str) -> Callable[[Creation], Created]:
    def create(creation: Creation) -> Created:
        group_id, tags = creation.need("securityGroupId"), creation.take_object("tags")
        ranges = {
            "ipRanges": {"cidrIp": creation.take("cidrIpv4")},
            "ipv6Ranges": {"cidrIpv6": creation.take("cidrIpv6")},
            "prefixListIds": {"prefixListId": creation.take("prefixListId")},
            "userIdGroupPairs": {"groupId": creation.take("referencedSecurityGroupId")},
        }
        described = {"description": text} if (text := creation.take("description")) else {}
        permission = creation.rest() | {
            name: [{**range_, **described}] for name, range_ in ranges.items() if all(range_.values())
        }
        operation = f"AuthorizeSecurityGroup{direction}"
        specified = {"tagSpecifications": [{"resourceType": "security-group-rule", "tags": tags}]} if tags else {}
        parameters = creation.convert(operation, {"ipPermissions": [permission], **specified})
        (made,) = creation.call(operation, GroupId=group_id, **parameters)["SecurityGroupRules"]
        return Created(made["SecurityGroupRuleId"], {"arn": f"{made['SecurityGroupRuleId']}"})

    return create


def _revoke(direction: str) -> Callable[[Deletion], object]:
    def delete(deletion: Deletion) -> None:
        group_id = deletion.value("securityGroupId")
        deletion.call(f"RevokeSecurityGroup{direction}", GroupId=group_id, SecurityGroupRuleIds=[deletion.id])

    return delete


def _listed_away(operation: str, parameter: str) -> Callable[[Deletion], object]:
    """An end by an operation that takes a list of ids."""
    return lambda deletion: deletion.call(operation, **{parameter: [deletion.id]})


def _flow_log(creation: Creation) -> Created:
    vpc_id, role_arn, tags = creation.need("vpcId"), creation.take("iamRoleArn"), creation.take_object("tags")
    specified = {"tagSpecifications": [{"resourceType": "vpc-flow-log", "tags": tags}]} if tags else {}
    parameters = creation.convert("CreateFlowLogs", {**creation.rest(), **specified})
    made = creation.call(
        "CreateFlowLogs",
        ResourceIds=[vpc_id],
        ResourceType="VPC",
        **parameters,
        **({"DeliverLogsPermissionArn": role_arn} if role_arn else {}),
    )
    (id_,) = made["FlowLogIds"]
    return Created(id_)


def _nothing(_deletion: Deletion) -> None:
    """What came with something else goes with it."""


ROWS = (
    ResourceType(
        "aws:ec2/vpc:Vpc",
        "ec2",
        _vpc,
        deleted("DeleteVpc", VpcId="id"),
        replace_on=("cidrBlock",),
        updates=(*_TAGS, UpdateRule(_DNS, _set_dns)),
    ),
    ResourceType(
        "aws:ec2/subnet:Subnet",
        "ec2",
        _subnet,
        deleted("DeleteSubnet", SubnetId="id"),
        replace_on=("availabilityZone", "cidrBlock", "vpcId"),
        updates=(*_TAGS, UpdateRule(("mapPublicIpOnLaunch",), _set_public)),
    ),
    ResourceType(
        "aws:ec2/internetGateway:InternetGateway",
        "ec2",
        _internet_gateway,
        _delete_internet_gateway,
        updates=_TAGS,
    ),
    ResourceType(
        "aws:ec2/eip:Eip",
        "ec2",
        _made("AllocateAddress", "elastic-ip", "{AllocationId}", {"publicIp": "{PublicIp}"}),
        deleted("ReleaseAddress", AllocationId="id"),
        replace_on=("domain",),
        updates=_TAGS,
    ),
    ResourceType(
        "aws:ec2/natGateway:NatGateway",
        "ec2",
        _made("CreateNatGateway", "natgateway", "{NatGateway[NatGatewayId]}"),
        deleted("DeleteNatGateway", NatGatewayId="id"),
        replace_on=("allocationId", "connectivityType", "subnetId"),
        updates=_TAGS,
    ),
    ResourceType(
        "aws:ec2/routeTable:RouteTable",
        "ec2",
        _made("CreateRouteTable", "route-table", "{RouteTable[RouteTableId]}"),
        deleted("DeleteRouteTable", RouteTableId="id"),
        replace_on=("vpcId",),
        updates=_TAGS,
    ),
    ResourceType(
        "aws:ec2/route:Route",
        "ec2",
        created("CreateRoute", "r-{RouteTableId}-{DestinationCidrBlock}"),
        deleted("DeleteRoute", RouteTableId="routeTableId", DestinationCidrBlock="destinationCidrBlock"),
        replace_on=("destinationCidrBlock", "routeTableId"),
        update=_redirect,
    ),
    ResourceType(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "ec2",
        created("AssociateRouteTable", "{AssociationId}"),
        deleted("DisassociateRouteTable", AssociationId="id"),
        replace_on=("gatewayId", "subnetId"),
    ),
    ResourceType(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "ec2",
        _made("CreateVpcEndpoint", "vpc-endpoint", "{VpcEndpoint[VpcEndpointId]}"),
        _listed_away("DeleteVpcEndpoints", "VpcEndpointIds"),
        replace_on=("serviceName", "vpcEndpointType", "vpcId"),
        updates=_TAGS,
    ),
    ResourceType(
        "aws:ec2/securityGroup:SecurityGroup",
        "ec2",
        _security_group,
        deleted("DeleteSecurityGroup", GroupId="id"),
        AutoName(),
        replace_on=("description", "name", "vpcId"),
        updates=_TAGS,
    ),
    ResourceType(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "ec2",
        _default_security_group,
        _nothing,
        replace_on=("vpcId",),
        updates=_TAGS,
    ),
    ResourceType(
        "aws:ec2/flowLog:FlowLog",
        "ec2",
        _flow_log,
        _listed_away("DeleteFlowLogs", "FlowLogIds"),
        replace_on=("iamRoleArn", "logDestination", "logDestinationType", "trafficType", "vpcId"),
        updates=_TAGS,
    ),
    *(
        ResourceType(
            f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
            "ec2",
            _rule(direction),
            _revoke(direction),
            replace_on=("securityGroupId",),
            updates=_TAGS,
        )
        for direction in ("Ingress", "Egress")
    ),
)
