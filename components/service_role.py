"""An IAM role that one AWS service assumes, with exactly the statements given."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.made import Made


class Statement(TypedDict):
    """One thing a role may do."""

    actions: Sequence[str]
    """IAM actions, such as `s3:PutObject`; never a wildcard."""
    resources: Sequence[pulumi.Input[str]]
    """ARNs of what the actions apply to; `*` alone only where AWS takes nothing narrower."""


class ServiceRoleArgs(TypedDict):
    """Inputs of ServiceRole."""

    service: pulumi.Input[str]
    """Principal that may assume the role, such as `lambda.amazonaws.com`."""
    statements: Sequence[Statement]
    """What the role may do."""


class ServiceRole(pulumi.ComponentResource):
    """A role and its policy; what uses the role should depend on this component, which is ready when both are."""

    arn: pulumi.Output[str]
    """ARN of the role."""
    statements: Sequence[Statement]
    """What the role may do."""

    def __init__(self, name: str, args: ServiceRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:ServiceRole", name, {}, opts)
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=pulumi.Output.json_dumps(_trust(args["service"])),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=pulumi.Output.json_dumps(_permissions(args["statements"])),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn, self.statements = role.arn, args["statements"]
        MADE.add(self)
        self.register_outputs({"arn": self.arn})


MADE: Made[ServiceRole] = Made()
"""Every role of the program."""


def _trust(service: pulumi.Input[str]) -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }


def _permissions(statements: Sequence[Statement]) -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": list(statement["actions"]), "Resource": list(statement["resources"])}
            for statement in statements
        ],
    }
