"""Starts a Glue job after objects arrive in a bucket, and daily: seldom, and never too seldom."""

import json
from collections.abc import Callable, Mapping
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from components import arn, lambda_code
from components.lambda_function import LambdaFunction
from components.object_events import CREATED, call_for_objects
from components.runtime import RuntimeArgs
from components.service_role import ServiceRole

MEMORY_MB = 128
TIMEOUT_SECONDS = 30
DAILY = "cron(0 2 * * ? *)"
"""When a daily run is called for: two o'clock at night, UTC."""


class JobStarterArgs(RuntimeArgs):
    """Inputs of JobStarter."""

    job_arn: pulumi.Input[str]
    """ARN of the job, which looks for its inputs itself and runs once at a time."""
    bucket_arn: pulumi.Input[str]
    """ARN of the bucket, which tells EventBridge of its objects."""
    keys: Mapping[str, object]
    """Keys of the objects that call for a run, as an event pattern says it: `{"prefix": "incoming/"}`."""
    interval_seconds: int
    """All objects that arrive within this time are left to one run, so that there is at most one an interval."""
    daily_arguments: NotRequired[Mapping[str, str]]
    """Arguments of the run that is called for daily, which does what one without them does and more; none: no such
    run is."""
    deployed: NotRequired[pulumi.Input[str]]
    """A text that changes when the job has something to do though no object comes, such as a digest of what it follows:
    a run is called for then, and when the starter is made; none: no such run is."""


class JobStarter(pulumi.ComponentResource):
    """A rule, a function and one-time schedules: a thousand objects are one run, and one that comes during a run is
    left to the next. The daily run takes the place of the one that its interval would have.
    """

    function_name: pulumi.Output[str]
    """Name of the function."""

    def __init__(self, name: str, args: JobStarterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:JobStarter", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        group = aws.scheduler.ScheduleGroup(f"{name}-schedules", opts=self._child)
        function, role = self._function(name, args, group)
        call_for_objects(
            name,
            "New objects that call for a run of a Glue job",
            args["bucket_arn"],
            [CREATED],
            function,
            self._child,
            args["keys"],
        )
        if "daily_arguments" in args:
            self._daily(name, args["daily_arguments"], group, function, role)
        if "deployed" in args:
            self._call_when_deployed(name, args["deployed"], function)
        self.function_name = function.function_name
        self.register_outputs({"function_name": self.function_name})

    def _function(
        self, name: str, args: JobStarterArgs, group: aws.scheduler.ScheduleGroup
    ) -> tuple[LambdaFunction, ServiceRole]:
        """The function, and the role with which schedules invoke it."""
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
                "description": "Starts a Glue job once for all that calls for it within an interval",
                "code": lambda_code.archive("job_starter", []),
                "environment": {
                    "JOB_NAME": arn.resource_name(args["job_arn"]),
                    "INTERVAL_SECONDS": str(args["interval_seconds"]),
                    "SCHEDULE_GROUP": group.name,
                    "SCHEDULE_ROLE_ARN": role.arn,
                },
                "memory_mb": MEMORY_MB,
                "timeout_seconds": TIMEOUT_SECONDS,
                "runtime": args.get("runtime", {}),
                "statements": [
                    {"actions": ["glue:StartJobRun"], "resources": [args["job_arn"]]},
                    {
                        # https://docs.aws.amazon.com/scheduler/latest/UserGuide/security_iam_id-based-policies.html
                        "actions": [
                            "scheduler:CreateSchedule",
                            *(["scheduler:UpdateSchedule"] if "daily_arguments" in args else []),
                        ],
                        "resources": [arn.sibling(group.arn, pulumi.Output.concat("schedule/", group.name, "/*"))],
                    },
                    {"actions": ["iam:PassRole"], "resources": [role.arn]},
                ],
            },
            self._child,
        )
        resolve(function.arn)
        return function, role

    def _daily(
        self,
        name: str,
        arguments: Mapping[str, str],
        group: aws.scheduler.ScheduleGroup,
        function: LambdaFunction,
        role: ServiceRole,
    ) -> None:
        aws.scheduler.Schedule(
            f"{name}-daily",
            description="Calls for the daily run of a Glue job",
            group_name=group.name,
            schedule_expression=DAILY,
            flexible_time_window={"mode": "OFF"},
            target={"arn": function.arn, "role_arn": role.arn, "input": json.dumps({"call": dict(arguments)})},
            # Scheduler tries the role when the schedule is made.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )

    def _call_when_deployed(self, name: str, deployed: pulumi.Input[str], function: LambdaFunction) -> None:
        """Invoke the function when the text is another than at the last deployment, and only then."""
        aws.lambda_.Invocation(
            f"{name}-deployed",
            function_name=function.function_name,
            input=json.dumps({"deployed": {}}),
            triggers={"deployed": deployed},
            # With its role's policy, of which IAM may tell late.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function]),
        )
