"""A rule of EventBridge's default bus by which a function is invoked."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.lambda_function import LambdaFunction


def invoke_for_events(
    name: str, description: str, pattern: Mapping[str, Any], function: LambdaFunction, opts: pulumi.ResourceOptions
) -> None:
    """Invoke the function for each event that the pattern has, in which may be outputs.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
    """
    rule = aws.cloudwatch.EventRule(
        f"{name}-rule", description=description, event_pattern=pulumi.Output.json_dumps(pattern), opts=opts
    )
    permission = aws.lambda_.Permission(
        f"{name}-permission",
        action="lambda:InvokeFunction",
        principal="events.amazonaws.com",
        function=function.function_name,
        source_arn=rule.arn,
        opts=opts,
    )
    aws.cloudwatch.EventTarget(
        f"{name}-target",
        rule=rule.name,
        arn=function.arn,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[permission])),
    )
