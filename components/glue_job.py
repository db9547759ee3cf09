"""A Glue job in Python with a role and log groups of its own."""

from collections.abc import Mapping, Sequence
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from components import arn, names
from components.log_group import log_group
from components.made import Made
from components.network.placement import job_statements
from components.runtime import RuntimeArgs
from components.service_role import ServiceRole, Statement

GLUE_VERSION = "5.1"
WORKER_TYPE = "G.1X"
MIN_WORKERS = 2
"""The fewest that a Spark job of Glue is given (https://docs.aws.amazon.com/glue/latest/dg/add-job.html)."""


class GlueJobArgs(RuntimeArgs):
    """Inputs of GlueJob."""

    description: pulumi.Input[str]
    """What the job does."""
    script_uri: pulumi.Input[str]
    """S3 URI of the script."""
    arguments: Mapping[str, pulumi.Input[str]]
    """Arguments of a run that is given no others, such as `--task`."""
    max_workers: NotRequired[pulumi.Input[int]]
    """Most workers that a run may have, which gets as many as Spark has tasks for; MIN_WORKERS unless it is given."""
    timeout_minutes: pulumi.Input[int]
    """Longest time that one run may take."""
    statements: Sequence[Statement]
    """What the job may do beside writing its logs."""


class GlueJob(pulumi.ComponentResource):
    """A job that runs once at a time and may do what its statements say, nothing else."""

    job_name: pulumi.Output[str]
    """Name of the job."""
    arn: pulumi.Output[str]
    """ARN of the job."""
    log_groups: Sequence[aws.cloudwatch.LogGroup]
    """What its runs print goes there."""

    def __init__(self, name: str, args: GlueJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:GlueJob", name, {}, opts)
        network = args.get("runtime", {}).get("network")
        log_prefix, self.log_groups = self._logs(name, args)
        role = ServiceRole(
            f"{name}-execution",
            {
                "service": "glue.amazonaws.com",
                "statements": [
                    *args["statements"],
                    _write_logs(self.log_groups),
                    *(job_statements(network) if network else ()),
                ],
            },
            pulumi.ResourceOptions(parent=self),
        )
        job = aws.glue.Job(
            f"{name}-job",
            description=args["description"],
            role_arn=role.arn,
            glue_version=GLUE_VERSION,
            worker_type=WORKER_TYPE,
            number_of_workers=args.get("max_workers", MIN_WORKERS),
            timeout=args["timeout_minutes"],
            # Two runs at once would be right, but one of them in vain: both find the same work.
            execution_property={"max_concurrent_runs": 1},
            command={"name": "glueetl", "python_version": "3", "script_location": args["script_uri"]},
            default_arguments={
                **args["arguments"],
                "--custom-logGroup-prefix": log_prefix,
                # The number of workers is the most, then; those with nothing to do are let go, and no longer paid for:
                # https://docs.aws.amazon.com/glue/latest/dg/auto-scaling.html
                "--enable-auto-scaling": "true",
            },
            connections=[network["job_connection"]] if network else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role, *(network["ready"] if network else ())]),
        )
        self.job_name, self.arn = job.name, job.arn
        MADE.add(self)
        self.register_outputs({"job_name": self.job_name, "arn": self.arn})

    def _logs(self, name: str, args: GlueJobArgs) -> tuple[str, list[aws.cloudwatch.LogGroup]]:
        """The prefix of the job's two log groups, named as Glue names them, and the groups.

        https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
        """
        child = pulumi.ResourceOptions(parent=self)
        prefix = f"/aws-glue/{names.prefix()}-{name}"
        return prefix, [
            log_group(f"{name}-{stream}-logs", args.get("runtime", {}), child, f"{prefix}/{stream}")
            for stream in ("output", "error")
        ]


MADE: Made[GlueJob] = Made()
"""Every job of the program."""


def _write_logs(log_groups: Sequence[aws.cloudwatch.LogGroup]) -> Statement:
    """Glue asks for CreateLogGroup too, though the groups exist.

    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSGlueServiceRole.html
    """
    return {
        "actions": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "resources": [arn.under(group.arn, ":*") for group in log_groups],
    }
