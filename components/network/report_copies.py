"""Reports and logs of the jobs on the shared file system: Glue cannot mount it, a function can."""

import json
from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, glue_job, lambda_code
from components.lambda_function import LambdaFunction
from components.log_group import retention_days
from components.network.shared_files import MOUNT_PATH, SharedFiles
from components.runtime import RuntimeArgs
from components.service_role import ServiceRole, Statement

MEMORY_MB = 256
TIMEOUT_SECONDS = 300
HOURLY = "cron(10 * * * ? *)"


class Reports(TypedDict):
    """Where a job stores reports of its runs, by day."""

    bucket_arn: pulumi.Input[str]
    """ARN of the bucket."""
    prefixes: Sequence[str]
    """What keys of reports begin with; year, month and day follow."""


class ReportCopiesArgs(RuntimeArgs):
    """Inputs of ReportCopies, which copies the logs of every GlueJob that the program has made before it."""

    files: SharedFiles
    """Where copies go."""
    reports: Sequence[Reports]
    """Reports that are copied. Those of files and erasures are not to be: they may hold what persons have sent, which
    only an erasure of their bucket reaches."""


class ReportCopies(pulumi.ComponentResource):
    """A function that copies once an hour what is new, and keeps copies as long as logs are kept."""

    function_name: pulumi.Output[str]
    """Name of the function."""

    def __init__(self, name: str, args: ReportCopiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:ReportCopies", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        runtime, reports = args.get("runtime", {}), args["reports"]
        log_groups = [group for job in glue_job.MADE.so_far() for group in job.log_groups]
        function = LambdaFunction(
            name,
            {
                "description": "Copies reports and logs of the Glue jobs to the shared file system",
                "code": lambda_code.archive("report_copies", []),
                "environment": {
                    "DIRECTORY": MOUNT_PATH,
                    "KEEP_DAYS": pulumi.Output.from_input(retention_days(runtime)).apply(lambda days: str(int(days))),
                    "REPORTS": pulumi.Output.json_dumps(
                        [
                            {"bucket": arn.resource_name(place["bucket_arn"]), "prefixes": [*place["prefixes"]]}
                            for place in reports
                        ]
                    ),
                    "LOG_GROUPS": pulumi.Output.json_dumps([group.name for group in log_groups]),
                },
                "memory_mb": MEMORY_MB,
                "timeout_seconds": TIMEOUT_SECONDS,
                "runtime": runtime,
                "files": args["files"],
                "statements": _statements(reports, log_groups),
            },
            child,
        )
        role = ServiceRole(
            f"{name}-schedule",
            {
                "service": "scheduler.amazonaws.com",
                "statements": [{"actions": ["lambda:InvokeFunction"], "resources": [function.arn]}],
            },
            child,
        )
        aws.scheduler.Schedule(
            f"{name}-hourly",
            description="Has reports and logs copied",
            schedule_expression=HOURLY,
            flexible_time_window={"mode": "OFF"},
            target={"arn": function.arn, "role_arn": role.arn, "input": json.dumps({})},
            # Scheduler tries the role when the schedule is made.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.function_name = function.function_name
        self.register_outputs({"function_name": self.function_name})


def _statements(reports: Sequence[Reports], log_groups: Sequence[aws.cloudwatch.LogGroup]) -> list[Statement]:
    """What the function may do: find and read what it copies."""
    return [
        {"actions": ["s3:ListBucket"], "resources": [place["bucket_arn"] for place in reports]},
        {
            "actions": ["s3:GetObject"],
            "resources": [
                arn.under(place["bucket_arn"], f"/{prefix}*") for place in reports for prefix in place["prefixes"]
            ],
        },
        {
            "actions": ["logs:DescribeLogStreams", "logs:GetLogEvents"],
            "resources": [arn.under(group.arn, ":*") for group in log_groups],
        },
    ]
