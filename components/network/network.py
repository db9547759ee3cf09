"""The network of a stack: what exists is given by id, and the rest is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn
from components.ingest.ldap_authorizer import LdapDirectory
from components.log_group import LogArgs
from components.network.placement import Placement
from components.network.private_vpc import PrivateVpc
from components.network.security_groups import DATABASE_PORTS, SecurityGroups
from components.network.shared_files import SharedFiles
from contracts import Contract


@dataclass(frozen=True)
class NetworkIds:
    """What of a network exists already, and the zones of its subnets; nothing given is all made."""

    vpc_id: str | None = None
    """Id of a VPC; None: one is made."""
    subnet_ids: Sequence[str] = ()
    """Ids of private subnets of that VPC, one a zone, from which services are reached."""
    zones: Sequence[str] = ()
    """Availability zones of the subnets, in their order; of those that are made, a and b of the region if none is."""
    efs_file_system_id: str | None = None
    """Id of a file system with mount targets in those zones; None: one is made."""
    efs_security_group_id: str | None = None
    """Id of the security group of its mount targets, which lets functions in then; None: one is made."""


class NetworkArgs(TypedDict):
    """Inputs of Network."""

    ids: NotRequired[NetworkIds]
    """What exists; unless it is given all is made."""
    directory: NotRequired[LdapDirectory | None]
    """The directory that functions ask, whose port is open for them."""
    contracts: NotRequired[Sequence[Contract]]
    """The sources; the ports of databases that some are exported from are open for jobs."""
    logs: NotRequired[LogArgs]
    """How long flow logs are kept."""


class Network(pulumi.ComponentResource):
    """Private subnets for functions and jobs, and the files that functions share."""

    placement: Placement
    """Where functions and jobs run, for a Runtime."""
    files: SharedFiles
    """The shared files."""
    outputs: Mapping[str, object]
    """What a stack exports of it."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Network", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        ids = args.get("ids", NetworkIds())
        vpc_id: pulumi.Input[str]
        subnet_ids: Sequence[pulumi.Input[str]]
        zones: Sequence[pulumi.Input[str]]
        ready: Sequence[pulumi.Resource]
        if ids.vpc_id:
            vpc_id, subnet_ids, zones, ready = ids.vpc_id, ids.subnet_ids, ids.zones, ()
        else:
            vpc = PrivateVpc(name, {"logs": args.get("logs", {}), "zones": ids.zones}, self._child)
            vpc_id, subnet_ids, zones, ready = vpc.vpc_id, vpc.subnet_ids, vpc.zones, vpc.ready
        groups = self._security_groups(name, vpc_id, ids, args)
        self.files = SharedFiles(
            f"{name}-files",
            {
                "subnet_ids": subnet_ids,
                "security_group_id": groups.files_id,
                "file_system_id": ids.efs_file_system_id,
            },
            self._child,
        )
        connection = aws.glue.Connection(
            f"{name}-jobs",
            connection_type="NETWORK",
            description="Puts the workers of jobs into a private subnet",
            physical_connection_requirements={
                "subnet_id": subnet_ids[0],
                "availability_zone": zones[0],
                "security_group_id_lists": [groups.jobs.id],
            },
            opts=self._child,
        )

        def subnet_arn(subnet_id: pulumi.Input[str]) -> pulumi.Output[str]:
            return arn.sibling(groups.functions.arn, pulumi.Output.concat("subnet/", subnet_id))

        self.placement = {
            "subnet_ids": subnet_ids,
            "security_group_id": groups.functions.id,
            "job_connection": connection.name,
            "job_connection_arns": [arn.sibling(connection.arn, "catalog"), connection.arn],
            "vpc_arn": arn.sibling(groups.functions.arn, pulumi.Output.concat("vpc/", vpc_id)),
            "network_interfaces_arn": arn.sibling(groups.functions.arn, "network-interface/*"),
            "function_arns": [*map(subnet_arn, subnet_ids), groups.functions.arn],
            "job_arns": [subnet_arn(subnet_ids[0]), groups.jobs.arn],
            "ready": [*ready, *groups.rules],
        }
        self.outputs = {"vpc_id": vpc_id, "efs_file_system_id": self.files.file_system_id}
        self.register_outputs(self.outputs)

    def _security_groups(
        self, name: str, vpc_id: pulumi.Input[str], ids: NetworkIds, args: NetworkArgs
    ) -> SecurityGroups:
        directory = args.get("directory")
        databases = [contract.database for contract in args.get("contracts", ()) if contract.database]
        return SecurityGroups(
            name,
            vpc_id,
            directory_ports=[directory.port] if directory else [],
            database_ports=[DATABASE_PORTS[database.engine] for database in databases],
            existing_files_id=ids.efs_security_group_id,
            opts=self._child,
        )
