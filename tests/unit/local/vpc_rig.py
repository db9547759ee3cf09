"""VPCs on a local cloud: subnets, routes, endpoints, security groups, file systems, with boto3 alone."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from components.service_role import Statement

from .cloud_rig import REGION, Rig

ANYWHERE = "0.0.0.0/0"
HTTPS, NFS = 443, 2049


def actions(statements: Callable[[Any], list[Statement]]) -> list[str]:
    """What the components let a role do in whatever network it is connected to."""
    return sorted({action for statement in statements(defaultdict(list)) for action in statement["actions"]})


class Vpc:
    """A VPC with two private subnets, from which nothing is reached, and a security group that lets HTTPS out."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.ec2, self.efs = rig, rig.aws("ec2"), rig.aws("efs")
        self.id = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet_ids = [self.subnet(f"10.0.{number}.0/24", zone) for number, zone in enumerate("ab")]
        self.routes = self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]
        for subnet_id in self.subnet_ids:
            self.ec2.associate_route_table(RouteTableId=self.routes, SubnetId=subnet_id)
        self.group = self.security_group(out=[(HTTPS, ANYWHERE)])

    def subnet(self, block: str, zone: str) -> str:
        """A subnet in a zone; its id."""
        made = self.ec2.create_subnet(VpcId=self.id, CidrBlock=block, AvailabilityZone=f"{REGION}{zone}")
        return str(made["Subnet"]["SubnetId"])

    def security_group(self, out: list[tuple[int, str]] | None = None) -> str:
        """A security group that lets nothing in, and out what is given; its id."""
        name = self.rig.name("group")
        group = str(self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.id)["GroupId"])
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}]
        self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
        for port, to in out or ():
            self.let("egress", group, port, to)
        return group

    def let(self, direction: str, group: str, port: int, other: str, last: int | None = None) -> None:
        """Let a port (or more) through between a group and a range of addresses or another group."""
        ends = (
            {"UserIdGroupPairs": [{"GroupId": other}]} if other.startswith("sg-") else {"IpRanges": [{"CidrIp": other}]}
        )
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": last or port, **ends}
        call = getattr(self.ec2, f"authorize_security_group_{direction}")
        call(GroupId=group, IpPermissions=[permission])

    def endpoint(self, service: str, kind: str, **more: Any) -> str:
        """An endpoint; its id."""
        made = self.ec2.create_vpc_endpoint(
            VpcId=self.id, ServiceName=f"com.amazonaws.{REGION}.{service}", VpcEndpointType=kind, **more
        )
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def delete_endpoint(self, endpoint_id: str) -> None:
        """Take an endpoint away."""
        self.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint_id])

    def public_subnet(self) -> str:
        """A subnet whose default route leads to the internet; its id."""
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.id)
        table = self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)
        subnet = self.subnet("10.0.9.0/24", "a")
        self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return subnet

    def nat_gateway(self, subnet_id: str) -> None:
        """A NAT gateway in a subnet, to which the private ones' default route leads."""
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        gateway = self.ec2.create_nat_gateway(SubnetId=subnet_id, AllocationId=address)["NatGateway"]["NatGatewayId"]
        self.ec2.create_route(RouteTableId=self.routes, DestinationCidrBlock=ANYWHERE, NatGatewayId=gateway)

    def no_way_out(self) -> None:
        """Take the private subnets' default route away."""
        self.ec2.delete_route(RouteTableId=self.routes, DestinationCidrBlock=ANYWHERE)

    def config(self, *groups: str, subnet_ids: list[str] | None = None) -> dict[str, Any]:
        """A function's VpcConfig."""
        return {"SubnetIds": subnet_ids or self.subnet_ids, "SecurityGroupIds": list(groups or [self.group])}

    def file_system(self, *zones: int, group: str = "") -> tuple[str, str]:
        """A file system with mount targets in some of the subnets; its id and the ARN of an access point."""
        file_system = self.efs.create_file_system(CreationToken=self.rig.name("token"), Encrypted=True)["FileSystemId"]
        for zone in zones:
            self.efs.create_mount_target(
                FileSystemId=file_system, SubnetId=self.subnet_ids[zone], SecurityGroups=[group or self.group]
            )
        access_point = self.efs.create_access_point(
            ClientToken=self.rig.name("token"),
            FileSystemId=file_system,
            PosixUser={"Uid": 1000, "Gid": 1000},
            RootDirectory={"Path": "/data"},
        )
        return str(file_system), str(access_point["AccessPointArn"])
