"""From processed events to curated tables: the Glue job that adds each event once, its code and its role."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, job_code
from components.glue_job import GlueJob
from components.job_starter import JobStarter
from components.jobs.curation_statements import curation_statements
from components.jobs.table_optimizers import TableMaintenance, TableOptimizers
from components.private_bucket import DataProtection, PrivateBucket
from contracts import Contract

TIMEOUT_MINUTES = 60
"""A run that is ended goes on, at the next one, from its last commit."""
MAX_WORKERS = 10
"""A driver and nine executors; pyarrow, and maintenance, need the driver alone."""
LOOKBACK_DAYS = 3
"""Days of arrival that a run looks through; Firehose retries a delivery for one."""

DAILY_ARGUMENTS = {"--task": "daily"}
"""Of the daily run, which looks through all that was ever delivered, and maintains the tables."""

PREFIX = "curation/"
"""First part of the keys of the code, which every job of the stack reads."""


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
    interval_minutes: int
    """Least time between the starts of two runs that nobody started by hand."""
    table_maintenance: TableMaintenance
    """Who maintains the tables day by day."""
    log_retention_days: pulumi.Input[int]
    """Days that log lines are kept."""


class Curation(pulumi.ComponentResource):
    """A Glue job that curates or maintains the tables of all sources, and what starts it; the job makes and evolves
    the tables itself.
    """

    job_name: pulumi.Output[str]
    """Name of the job."""
    job_arn: pulumi.Output[str]
    """ARN of the job."""
    log_retention_days: pulumi.Input[int]
    """Days that log lines are kept."""
    artifacts_bucket: PrivateBucket
    """The bucket that holds the job's code and the compiled contracts."""
    code_arguments: dict[str, pulumi.Output[str]]
    """Arguments of a Glue job that runs the package `etl` with the compiled contracts."""

    def __init__(self, name: str, args: CurationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Curation", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.artifacts_bucket = PrivateBucket(
            f"{name}-artifacts",
            # Code and contracts come from the repository again: they are not data to protect.
            {"expirations": [], "data_protection": DataProtection.DESTROY},
            self._child,
        )
        self.code_arguments = self._code(name, args["contracts"])
        optimizers = self._optimizers(name, args)
        job = GlueJob(
            name,
            {
                "description": "Curates or maintains the tables of all sources, or of one",
                "script_uri": _uri(self.artifacts_bucket, "job.py"),
                "arguments": {
                    **self.code_arguments,
                    **_places(args),
                    **({"--optimizer_role_arn": optimizers.role_arn} if optimizers else {}),
                },
                "max_workers": MAX_WORKERS,
                "timeout_minutes": TIMEOUT_MINUTES,
                "log_retention_days": args["log_retention_days"],
                "statements": curation_statements(
                    {
                        "contracts": args["contracts"],
                        "processed_bucket_arn": args["processed_bucket_arn"],
                        "curated_bucket_arn": args["curated_bucket_arn"],
                        "database_arn": args["database_arn"],
                        "artifacts_bucket_arn": self.artifacts_bucket.arn,
                        "artifacts_prefix": PREFIX,
                        "optimizing": optimizers.statements if optimizers else (),
                    }
                ),
            },
            self._child,
        )
        self.job_name, self.job_arn = job.job_name, job.arn
        self.log_retention_days = args["log_retention_days"]
        JobStarter(
            f"{name}-starter",
            {
                "job_arn": job.arn,
                "bucket": arn.resource_name(args["processed_bucket_arn"]),
                # What could not be delivered lies there too, and is nothing to curate.
                "keys": {"anything-but": {"prefix": "errors/"}},
                "interval_seconds": args["interval_minutes"] * 60,
                "daily_arguments": DAILY_ARGUMENTS,
                "log_retention_days": args["log_retention_days"],
            },
            self._child,
        )
        self.register_outputs(
            {
                "job_name": self.job_name,
                "artifacts_bucket": self.artifacts_bucket.bucket,
                "code_arguments": self.code_arguments,
            }
        )

    def _optimizers(self, name: str, args: CurationArgs) -> TableOptimizers | None:
        if args["table_maintenance"] is TableMaintenance.JOB:
            return None
        return TableOptimizers(
            f"{name}-optimizers",
            {
                "contracts": args["contracts"],
                "curated_bucket_arn": args["curated_bucket_arn"],
                "database_arn": args["database_arn"],
            },
            self._child,
        )

    def _code(self, name: str, contracts: Sequence[Contract]) -> dict[str, pulumi.Output[str]]:
        """Store what the job runs; the arguments that say where."""
        artifacts = self.artifacts_bucket
        text = {
            "job.py": job_code.script("curate_job.py"),
            "contracts.json": job_code.compiled_contracts(contracts),
        }
        for file, content in text.items():
            aws.s3.BucketObjectv2(
                f"{name}-{file}",
                bucket=artifacts.bucket,
                key=PREFIX + file,
                content=content,
                opts=self._child,
            )
        aws.s3.BucketObjectv2(
            f"{name}-etl.zip",
            bucket=artifacts.bucket,
            key=f"{PREFIX}etl.zip",
            source=job_code.package(),
            opts=self._child,
        )
        return {
            "--extra-py-files": _uri(artifacts, "etl.zip"),
            "--contracts_uri": _uri(artifacts, "contracts.json"),
            "--additional-python-modules": pulumi.Output.from_input(job_code.python_modules()),
        }


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
    return pulumi.Output.concat("s3://", artifacts.bucket, f"/{PREFIX}{file}")
