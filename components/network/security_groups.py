"""Who may speak to whom in the network: security groups for functions, jobs and the shared file system."""

from collections.abc import Iterable

import pulumi
import pulumi_aws as aws

from components.network.shared_files import NFS_PORT
from contracts import DatabaseEngine

HTTPS_PORT = 443
DATABASE_PORTS = {DatabaseEngine.MYSQL: 3306, DatabaseEngine.POSTGRESQL: 5432}
"""Where databases listen that jobs export tables of, by engine."""
_ANYWHERE = "0.0.0.0/0"
_ALL_PORTS = (0, 65535)


class SecurityGroups:
    """The groups of one VPC; what is not named here is refused, in both directions.

    Functions ask services by 443 and a directory by its port, and are asked by nobody: Lambda itself invokes them past
    the network. Jobs ask services and databases, and each other by all ports, as Glue wants it:
    https://docs.aws.amazon.com/glue/latest/dg/setup-vpc-for-glue-access.html
    """

    functions: "aws.ec2.SecurityGroup"
    """Of functions."""
    jobs: "aws.ec2.SecurityGroup"
    """Of the workers of jobs."""
    files_id: pulumi.Input[str]
    """Id of the group of the shared file system's mount targets, which may exist already."""
    rules: list[pulumi.Resource]
    """What the groups let through."""

    def __init__(
        self,
        name: str,
        vpc_id: pulumi.Input[str],
        directory_ports: Iterable[int],
        database_ports: Iterable[int],
        existing_files_id: str | None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        self._name, self._vpc_id, self._child = name, vpc_id, opts
        self.functions = self._group("functions", "Functions: to services, to the directory, to shared files")
        self.jobs = self._group("jobs", "Workers of Glue jobs: to services, to databases, among themselves")
        self.rules = []
        for port in (HTTPS_PORT, *sorted(set(directory_ports))):
            self._outward("functions", self.functions, port)
        for port in (HTTPS_PORT, *sorted(set(database_ports))):
            self._outward("jobs", self.jobs, port)
        self._between("jobs-jobs", self.jobs.id, self.jobs.id, _ALL_PORTS)
        self.files_id = (
            existing_files_id or self._group("files", "Mount targets of the shared file system: from functions").id
        )
        self._between("functions-files", self.functions.id, self.files_id, (NFS_PORT, NFS_PORT))

    def _group(self, who: str, description: str) -> "aws.ec2.SecurityGroup":
        return aws.ec2.SecurityGroup(
            f"{self._name}-{who}", vpc_id=self._vpc_id, description=description, opts=self._child
        )

    def _outward(self, who: str, group: "aws.ec2.SecurityGroup", port: int) -> None:
        rule = aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{who}-{port}",
            security_group_id=group.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            cidr_ipv4=_ANYWHERE,
            opts=self._child,
        )
        self.rules.append(rule)

    def _between(
        self, name: str, source_id: pulumi.Input[str], target_id: pulumi.Input[str], ports: tuple[int, int]
    ) -> None:
        outward = aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{name}",
            security_group_id=source_id,
            ip_protocol="tcp",
            from_port=ports[0],
            to_port=ports[1],
            referenced_security_group_id=target_id,
            opts=self._child,
        )
        inward = aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{name}",
            security_group_id=target_id,
            ip_protocol="tcp",
            from_port=ports[0],
            to_port=ports[1],
            referenced_security_group_id=source_id,
            opts=self._child,
        )
        self.rules += [outward, inward]
