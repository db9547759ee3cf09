"""A VPC with private subnets in two zones, one NAT gateway as their way out, and S3 without it."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import arn
from components.log_group import LogArgs, log_group
from components.service_role import ServiceRole

CIDR_BLOCK = "10.0.0.0/16"
PRIVATE_CIDR_BLOCKS = ("10.0.0.0/18", "10.0.64.0/18")
"""16,379 addresses each."""
PUBLIC_CIDR_BLOCK = "10.0.128.0/28"
"""The smallest that AWS allows; the NAT gateway alone is in it
(https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html)."""
ANYWHERE = "0.0.0.0/0"


class PrivateVpcArgs(TypedDict):
    """Inputs of PrivateVpc."""

    logs: LogArgs
    """How long flow logs are kept."""
    zones: Sequence[str]
    """The two availability zones; none: a and b of the region."""


class PrivateVpc(pulumi.ComponentResource):
    """A VPC that nothing can be reached in from outside; docs/network.md says why it has one NAT gateway.

    What its security groups and network refuse is logged, which is little
    (https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-6).
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    subnet_ids: Sequence[pulumi.Output[str]]
    """Ids of the private subnets."""
    zones: Sequence[pulumi.Input[str]]
    """Their availability zones."""
    ready: Sequence[pulumi.Resource]
    """What must be there before anything outside is reached from the private subnets."""

    def __init__(self, name: str, args: PrivateVpcArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:PrivateVpc", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=CIDR_BLOCK,
            # A private name of EFS, and of an endpoint that somebody adds, is looked up in the VPC's own DNS.
            enable_dns_hostnames=True,
            enable_dns_support=True,
            opts=self._child,
        )
        self.vpc_id, region = vpc.id, arn.region(vpc.arn)
        self.zones = args["zones"] or [pulumi.Output.concat(region, letter) for letter in "ab"]
        # Without rules: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2
        aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=vpc.id, opts=self._child)
        self._log_refusals(name, args["logs"])
        gateway, public_route = self._nat_gateway(name)
        routes = aws.ec2.RouteTable(f"{name}-private", vpc_id=vpc.id, opts=self._child)
        way_out = aws.ec2.Route(
            f"{name}-private-out",
            route_table_id=routes.id,
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=gateway.id,
            opts=self._child,
        )
        # Free, and past the NAT gateway, which bills by the gigabyte.
        s3 = aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=vpc.id,
            service_name=pulumi.Output.concat("com.amazonaws.", region, ".s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=[routes.id],
            opts=self._child,
        )
        subnets = [
            self._subnet(f"{name}-private-{number}", zone, block)
            for number, (zone, block) in enumerate(zip(self.zones, PRIVATE_CIDR_BLOCKS, strict=True), start=1)
        ]
        associated = [
            self._associate(f"{name}-private-{number}", subnet, routes)
            for number, subnet in enumerate(subnets, start=1)
        ]
        self.subnet_ids = [subnet.id for subnet in subnets]
        self.ready = [public_route, way_out, s3, *associated]
        self.register_outputs({"vpc_id": self.vpc_id, "subnet_ids": self.subnet_ids})

    def _subnet(self, name: str, zone: pulumi.Input[str], block: str) -> "aws.ec2.Subnet":
        return aws.ec2.Subnet(
            name,
            vpc_id=self.vpc_id,
            cidr_block=block,
            availability_zone=zone,
            map_public_ip_on_launch=False,
            opts=self._child,
        )

    def _associate(
        self, name: str, subnet: "aws.ec2.Subnet", routes: "aws.ec2.RouteTable"
    ) -> "aws.ec2.RouteTableAssociation":
        return aws.ec2.RouteTableAssociation(name, subnet_id=subnet.id, route_table_id=routes.id, opts=self._child)

    def _nat_gateway(self, name: str) -> tuple["aws.ec2.NatGateway", pulumi.Resource]:
        """The NAT gateway, in a public subnet of its own, and the route that makes it public."""
        internet = aws.ec2.InternetGateway(f"{name}-internet", vpc_id=self.vpc_id, opts=self._child)
        subnet = self._subnet(f"{name}-public", self.zones[0], PUBLIC_CIDR_BLOCK)
        routes = aws.ec2.RouteTable(f"{name}-public", vpc_id=self.vpc_id, opts=self._child)
        route = aws.ec2.Route(
            f"{name}-public-out",
            route_table_id=routes.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=internet.id,
            opts=self._child,
        )
        self._associate(f"{name}-public", subnet, routes)
        address = aws.ec2.Eip(
            f"{name}-nat", domain="vpc", opts=pulumi.ResourceOptions(parent=self, depends_on=[internet])
        )
        gateway = aws.ec2.NatGateway(
            f"{name}-nat",
            subnet_id=subnet.id,
            allocation_id=address.id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[internet]),
        )
        return gateway, route

    def _log_refusals(self, name: str, logs: LogArgs) -> None:
        """https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html."""
        group = log_group(f"{name}-flow-logs", logs, self._child)
        role = ServiceRole(
            f"{name}-flow-logs",
            {
                "service": "vpc-flow-logs.amazonaws.com",
                "statements": [
                    {
                        "actions": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                        "resources": [arn.under(group.arn, ":*")],
                    }
                ],
            },
            self._child,
        )
        aws.ec2.FlowLog(
            f"{name}-flow-log",
            vpc_id=self.vpc_id,
            traffic_type="REJECT",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
