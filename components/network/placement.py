"""Where in a network functions and jobs run, and what their roles need for it."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from components.service_role import Statement


class Placement(TypedDict):
    """A place in a VPC for functions and jobs: a Network's `placement`."""

    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Ids of the private subnets that functions have network interfaces in."""
    security_group_id: pulumi.Input[str]
    """Id of the security group of functions."""
    job_connection: pulumi.Input[str]
    """Name of the Glue connection that puts a job's workers into a subnet."""
    job_connection_arns: Sequence[pulumi.Input[str]]
    """What a right to read that connection is asked for on: the data catalog and itself."""
    vpc_arn: pulumi.Input[str]
    """ARN of the VPC."""
    network_interfaces_arn: pulumi.Input[str]
    """ARN of all network interfaces of the account and region, which have no ids before they are made."""
    function_arns: Sequence[pulumi.Input[str]]
    """ARNs of the subnets and the security group that functions have network interfaces in."""
    job_arns: Sequence[pulumi.Input[str]]
    """The same of jobs."""
    ready: Sequence[pulumi.Resource]
    """What must be there before code that runs in the place reaches anything."""


def function_statements(placement: Placement) -> list[Statement]:
    """What Lambda does with a function's role to connect it.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions, on the resources
    of https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    """
    interfaces = placement["network_interfaces_arn"]
    return [
        {"actions": ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"], "resources": ["*"]},
        {
            "actions": [
                "ec2:AssignPrivateIpAddresses",
                "ec2:DeleteNetworkInterface",
                "ec2:UnassignPrivateIpAddresses",
            ],
            "resources": [interfaces],
        },
        {"actions": ["ec2:CreateNetworkInterface"], "resources": [interfaces, *placement["function_arns"]]},
    ]


def job_statements(placement: Placement) -> list[Statement]:
    """What Glue does with a job's role to connect it, of what its managed policy has.

    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSGlueServiceRole.html
    """
    interfaces = placement["network_interfaces_arn"]
    return [
        {
            "actions": [
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcEndpoints",
            ],
            "resources": ["*"],
        },
        {"actions": ["ec2:DescribeVpcAttribute"], "resources": [placement["vpc_arn"]]},
        {"actions": ["ec2:CreateTags", "ec2:DeleteNetworkInterface", "ec2:DeleteTags"], "resources": [interfaces]},
        {"actions": ["ec2:CreateNetworkInterface"], "resources": [interfaces, *placement["job_arns"]]},
        {"actions": ["glue:GetConnection"], "resources": placement["job_connection_arns"]},
    ]
