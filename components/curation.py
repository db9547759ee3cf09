"""From processed events to curated tables: the Glue job that adds each event once, its code and its role."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, curation_code
from components.curation_role import curation_role
from components.data_protection import DataProtection
from components.private_bucket import PrivateBucket
from contracts import Contract

GLUE_VERSION = "5.1"
WORKER_TYPE = "G.1X"
WORKERS = 2
"""The fewest that a Spark job of Glue has (https://docs.aws.amazon.com/glue/latest/dg/add-job.html)."""
TIMEOUT_MINUTES = 60
"""A run that is ended goes on, at the next one, from its last commit."""
LOOKBACK_DAYS = 3
"""Days of arrival that a run looks through; Firehose retries a delivery for one."""

_PREFIX = "curation/"


class CurationArgs(TypedDict):
    """Inputs of Curation."""

    contracts: Sequence[Contract]
    """The sources to curate."""
    processed_bucket_arn: pulumi.Input[str]
    """ARN of the bucket that the delivery streams write to."""
    curated_bucket_arn: pulumi.Input[str]
    """ARN of the bucket for tables, ledgers and reports."""
    database_arn: pulumi.Input[str]
    """ARN of the Glue database that holds the curated tables."""
    log_retention_days: pulumi.Input[int]
    """Days that log lines are kept."""


class Curation(pulumi.ComponentResource):
    """A Glue job that curates or maintains the tables of all sources; the job makes and evolves the tables itself."""

    job_name: pulumi.Output[str]
    """Name of the job."""
    artifacts_bucket: pulumi.Output[str]
    """Name of the bucket that holds the job's code and the compiled contracts."""

    def __init__(self, name: str, args: CurationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Curation", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        artifacts = PrivateBucket(
            f"{name}-artifacts",
            # Code and contracts come from the repository again: they are not data to protect.
            {"expirations": [], "data_protection": DataProtection.DESTROY},
            self._child,
        )
        arguments = self._code(name, artifacts, args["contracts"])
        log_prefix, log_groups = self._logs(name, args)
        role = curation_role(
            f"{name}-execution",
            {
                "contracts": args["contracts"],
                "processed_bucket_arn": args["processed_bucket_arn"],
                "curated_bucket_arn": args["curated_bucket_arn"],
                "database_arn": args["database_arn"],
                "artifacts_bucket_arn": artifacts.arn,
                "artifacts_prefix": _PREFIX,
                "log_group_arns": [group.arn for group in log_groups],
            },
            self._child,
        )
        job = aws.glue.Job(
            f"{name}-job",
            description="Curates or maintains the tables of all sources, or of one",
            role_arn=role.arn,
            glue_version=GLUE_VERSION,
            worker_type=WORKER_TYPE,
            number_of_workers=WORKERS,
            timeout=TIMEOUT_MINUTES,
            # Two runs at once would be right, but one of them in vain: the table takes one commit at a time.
            execution_property={"max_concurrent_runs": 1},
            command={"name": "glueetl", "python_version": "3", "script_location": _uri(artifacts, "job.py")},
            default_arguments={**arguments, **_places(args), "--custom-logGroup-prefix": log_prefix},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.job_name, self.artifacts_bucket = job.name, artifacts.bucket
        self.register_outputs({"job_name": self.job_name, "artifacts_bucket": self.artifacts_bucket})

    def _code(self, name: str, artifacts: PrivateBucket, contracts: Sequence[Contract]) -> dict[str, pulumi.Input[str]]:
        """Store what the job runs; the arguments that say where."""
        text = {"job.py": curation_code.script(), "contracts.json": curation_code.compiled_contracts(contracts)}
        for file, content in text.items():
            aws.s3.BucketObjectv2(
                f"{name}-{file}",
                bucket=artifacts.bucket,
                key=_PREFIX + file,
                content=content,
                opts=self._child,
            )
        aws.s3.BucketObjectv2(
            f"{name}-etl.zip",
            bucket=artifacts.bucket,
            key=f"{_PREFIX}etl.zip",
            source=curation_code.package(),
            opts=self._child,
        )
        return {
            "--extra-py-files": _uri(artifacts, "etl.zip"),
            "--contracts_uri": _uri(artifacts, "contracts.json"),
            "--additional-python-modules": curation_code.python_modules(),
        }

    def _logs(self, name: str, args: CurationArgs) -> tuple[str, list[aws.cloudwatch.LogGroup]]:
        """The prefix of the job's two log groups, named as Glue names them, and the groups.

        https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
        """
        prefix = f"/aws-glue/{pulumi.get_project()}-{pulumi.get_stack()}-{name}"
        return prefix, [
            aws.cloudwatch.LogGroup(
                f"{name}-{stream}-logs",
                name=f"{prefix}/{stream}",
                retention_in_days=args["log_retention_days"],
                opts=self._child,
            )
            for stream in ("output", "error")
        ]


def _places(args: CurationArgs) -> dict[str, pulumi.Input[str]]:
    """Arguments of the job's script: what to do unless a run says otherwise, and where."""
    return {
        "--task": "curate",
        "--source": "all",
        "--lookback_days": str(LOOKBACK_DAYS),
        "--database": arn.resource_name(args["database_arn"]),
        "--processed_bucket": arn.resource_name(args["processed_bucket_arn"]),
        "--curated_bucket": arn.resource_name(args["curated_bucket_arn"]),
    }


def _uri(artifacts: PrivateBucket, file: str) -> pulumi.Output[str]:
    return pulumi.Output.concat("s3://", artifacts.bucket, f"/{_PREFIX}{file}")
