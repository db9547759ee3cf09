"""Starts a Glue job after objects arrive in a bucket: seldom, and never too seldom."""

from collections.abc import Callable
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, lambda_code
from components.lambda_function import LambdaFunction
from components.service_role import ServiceRole

MEMORY_MB = 128
TIMEOUT_SECONDS = 30


class JobStarterArgs(TypedDict):
    """Inputs of JobStarter."""

    job_arn: pulumi.Input[str]
    """ARN of the job, which looks for its inputs itself and runs once at a time."""
    bucket: pulumi.Input[str]
    """Name of the bucket, which tells EventBridge of its objects."""
    prefix: str
    """First part of the keys of the objects that call for a run."""
    interval_seconds: int
    """All objects that arrive within this time are left to one run."""
    log_retention_days: pulumi.Input[int]
    """Days that log lines are kept."""


class JobStarter(pulumi.ComponentResource):
    """A rule, a function and one-time schedules: a thousand objects are one run, and one that comes during a run is
    left to the next.
    """

    function_name: pulumi.Output[str]
    """Name of the function."""

    def __init__(self, name: str, args: JobStarterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:JobStarter", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        group = aws.scheduler.ScheduleGroup(f"{name}-schedules", opts=self._child)
        function = self._function(name, args, group)
        self._follow(name, args, function)
        self.function_name = function.function_name
        self.register_outputs({"function_name": self.function_name})

    def _function(self, name: str, args: JobStarterArgs, group: aws.scheduler.ScheduleGroup) -> LambdaFunction:
        # The function names the role in the schedules that it makes, and the role names the function.
        function_arn: pulumi.Output[str]
        resolve: Callable[[pulumi.Output[str]], None]
        function_arn, resolve = pulumi.deferred_output()
        role = ServiceRole(
            f"{name}-schedule",
            {
                "service": "scheduler.amazonaws.com",
                "statements": [{"actions": ["lambda:InvokeFunction"], "resources": [function_arn]}],
            },
            self._child,
        )
        function = LambdaFunction(
            name,
            {
                "description": "Starts a Glue job once for all objects that arrive within an interval",
                "code": lambda_code.archive("job_starter", []),
                "environment": {
                    "JOB_NAME": arn.resource_name(args["job_arn"]),
                    "INTERVAL_SECONDS": str(args["interval_seconds"]),
                    "SCHEDULE_GROUP": group.name,
                    "SCHEDULE_ROLE_ARN": role.arn,
                },
                "memory_mb": MEMORY_MB,
                "timeout_seconds": TIMEOUT_SECONDS,
                "log_retention_days": args["log_retention_days"],
                "statements": [
                    {"actions": ["glue:StartJobRun"], "resources": [args["job_arn"]]},
                    {
                        # https://docs.aws.amazon.com/scheduler/latest/UserGuide/security_iam_id-based-policies.html
                        "actions": ["scheduler:CreateSchedule"],
                        "resources": [arn.sibling(group.arn, pulumi.Output.concat("schedule/", group.name, "/*"))],
                    },
                    {"actions": ["iam:PassRole"], "resources": [role.arn]},
                ],
            },
            self._child,
        )
        resolve(function.arn)
        return function

    def _follow(self, name: str, args: JobStarterArgs, function: LambdaFunction) -> None:
        """Let the function hear of new objects.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
        """
        rule = aws.cloudwatch.EventRule(
            f"{name}-rule",
            description="New objects that call for a run of a Glue job",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.s3"],
                    "detail-type": ["Object Created"],
                    "detail": {"bucket": {"name": [args["bucket"]]}, "object": {"key": [{"prefix": args["prefix"]}]}},
                }
            ),
            opts=self._child,
        )
        permission = aws.lambda_.Permission(
            f"{name}-permission",
            action="lambda:InvokeFunction",
            principal="events.amazonaws.com",
            function=function.function_name,
            source_arn=rule.arn,
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            arn=function.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
