"""The role by which API Gateway writes logs: one setting, which all APIs of an account share in a region."""

from enum import Enum
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.service_role import ServiceRole


class ApiGatewayLogging(Enum):
    """Who gives API Gateway the role that it writes logs with."""

    MANAGED = "managed"
    """This stack: the setting is made with it, and reset when it is destroyed."""
    EXISTING = "existing"
    """Something else, such as another stack of the account, has set it and keeps it."""


class ApiGatewayAccountArgs(TypedDict):
    """Inputs of ApiGatewayAccount: there is nothing to choose."""


class ApiGatewayAccount(pulumi.ComponentResource):
    """The account's setting and its role; a stage that is logged should depend on this component.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    """

    role_arn: pulumi.Output[str]
    """ARN of the role."""

    def __init__(self, name: str, args: ApiGatewayAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:ApiGatewayAccount", name, {}, opts)
        role = ServiceRole(
            f"{name}-logging",
            {
                "service": "apigateway.amazonaws.com",
                # The page above lists them, for all log groups of the account; API Gateway takes no role with less.
                "statements": [
                    {
                        "actions": [
                            "logs:CreateLogGroup",
                            "logs:CreateLogStream",
                            "logs:DescribeLogGroups",
                            "logs:DescribeLogStreams",
                            "logs:PutLogEvents",
                            "logs:GetLogEvents",
                            "logs:FilterLogEvents",
                        ],
                        "resources": ["*"],
                    }
                ],
            },
            pulumi.ResourceOptions(parent=self),
        )
        aws.apigateway.Account(
            f"{name}-account",
            cloudwatch_role_arn=role.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.role_arn = role.arn
        self.register_outputs({"role_arn": self.role_arn})
