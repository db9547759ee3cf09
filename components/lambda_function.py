"""A Lambda function in Python with a role and a log group of its own."""

from collections.abc import Mapping, Sequence
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from components import arn
from components.log_group import log_group
from components.made import Made
from components.network.placement import function_statements
from components.network.shared_files import MOUNT_PATH, SharedFiles
from components.runtime import RuntimeArgs
from components.service_role import ServiceRole, Statement


class LambdaFunctionArgs(RuntimeArgs):
    """Inputs of LambdaFunction."""

    description: pulumi.Input[str]
    """What the function does."""
    code: pulumi.Input[pulumi.Archive]
    """Zip that holds `handler.py` at its root."""
    environment: Mapping[str, pulumi.Input[str]]
    """Environment variables."""
    memory_mb: pulumi.Input[int]
    """Memory in MB; processor time is given in proportion."""
    timeout_seconds: pulumi.Input[int]
    """Longest time one invocation may take."""
    statements: Sequence[Statement]
    """What the function may do beside writing its log."""
    files: NotRequired[SharedFiles]
    """What it finds under MOUNT_PATH; it must run inside the network, then."""


class LambdaFunction(pulumi.ComponentResource):
    """A function that may do what its statements say and write to its own log group, nothing else."""

    function_name: pulumi.Output[str]
    """Name of the function."""
    arn: pulumi.Output[str]
    """ARN of the function."""
    invoke_arn: pulumi.Output[str]
    """ARN by which API Gateway invokes the function."""
    log_group: pulumi.Output[str]
    """Name of its log group."""

    def __init__(self, name: str, args: LambdaFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:LambdaFunction", name, {}, opts)
        runtime = args.get("runtime", {})
        network, files = runtime.get("network"), args.get("files")
        logs = log_group(f"{name}-logs", runtime, pulumi.ResourceOptions(parent=self))
        role = ServiceRole(
            f"{name}-execution",
            {
                "service": "lambda.amazonaws.com",
                "statements": [
                    *args["statements"],
                    _write_logs(logs),
                    *(function_statements(network) if network else ()),
                    *(files.statements() if files else ()),
                ],
            },
            pulumi.ResourceOptions(parent=self),
        )
        function = aws.lambda_.Function(
            f"{name}-function",
            description=args["description"],
            runtime="python3.13",
            architectures=["arm64"],
            handler="handler.handler",
            code=args["code"],
            role=role.arn,
            memory_size=args["memory_mb"],
            timeout=args["timeout_seconds"],
            environment={"variables": args["environment"]},
            logging_config={"log_format": "JSON", "log_group": logs.name},
            vpc_config=(
                {"subnet_ids": network["subnet_ids"], "security_group_ids": [network["security_group_id"]]}
                if network
                else None
            ),
            file_system_config={"arn": files.access_point_arn, "local_mount_path": MOUNT_PATH} if files else None,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[role, *(network["ready"] if network else ()), *(files.ready if files else ())],
            ),
        )
        self.function_name, self.arn, self.invoke_arn = function.name, function.arn, function.invoke_arn
        self.log_group = logs.name
        MADE.add(self)
        self.register_outputs({"function_name": self.function_name, "arn": self.arn, "invoke_arn": self.invoke_arn})


MADE: Made[LambdaFunction] = Made()
"""Every function of the program."""


def _write_logs(logs: aws.cloudwatch.LogGroup) -> Statement:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html."""
    return {"actions": ["logs:CreateLogStream", "logs:PutLogEvents"], "resources": [arn.under(logs.arn, ":*")]}
