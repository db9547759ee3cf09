"""From a file to processed events: the bucket where files land, and the Glue job that reads them."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, curation_code
from components.data_protection import DataProtection
from components.glue_job import GlueJob
from components.private_bucket import PrivateBucket
from components.service_role import Statement
from contracts import Contract

INCOMING, REPORTS, DETECTED, STARTED = "incoming/", "reports/", "detected/", "started/"
"""First parts of keys in the bucket: files as they came, what became of each, contracts that were proposed for files
without one, and the hour that an old file's rows go under."""
TIMEOUT_MINUTES = 60
"""A run that is ended goes on, at the next one, with the first file that has no report."""

_SCRIPT = "files_job.py"


class FileIngestArgs(TypedDict):
    """Inputs of FileIngest."""

    contracts: Sequence[Contract]
    """The sources whose files become events; files of other sources are kept as they are."""
    processed_bucket_arn: pulumi.Input[str]
    """ARN of the bucket for valid rows."""
    quarantine_bucket_arn: pulumi.Input[str]
    """ARN of the bucket for rows that break their contract."""
    artifacts_bucket_arn: pulumi.Input[str]
    """ARN of the bucket that holds the code of the Glue jobs."""
    artifacts_prefix: str
    """First part of the keys of that code."""
    code_arguments: Mapping[str, pulumi.Input[str]]
    """Arguments of a Glue job that runs the package `etl` with the compiled contracts."""
    data_protection: DataProtection
    """What happens to the files when the stack is destroyed."""
    log_retention_days: pulumi.Input[int]
    """Days that log lines are kept."""


class FileIngest(pulumi.ComponentResource):
    """A bucket that tells EventBridge of each new file, and a job that turns files without a report into events."""

    bucket: PrivateBucket
    """Files under `incoming/<source>/<file id>/`, and what became of them under `reports/<source>/<file id>.json`."""
    job_name: pulumi.Output[str]
    """Name of the job."""
    job_arn: pulumi.Output[str]
    """ARN of the job."""

    def __init__(self, name: str, args: FileIngestArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:FileIngest", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.bucket = PrivateBucket(
            name,
            {
                "expirations": [
                    {"prefix": f"{INCOMING}{contract.source}/", "days": contract.retention_days}
                    for contract in args["contracts"]
                ],
                "data_protection": args["data_protection"],
            },
            self._child,
        )
        aws.s3.BucketNotification(f"{name}-notification", bucket=self.bucket.bucket, eventbridge=True, opts=self._child)
        job = self._job(name, args)
        self.job_name, self.job_arn = job.job_name, job.arn
        self.register_outputs({"bucket": self.bucket.bucket, "job_name": self.job_name, "job_arn": self.job_arn})

    def _job(self, name: str, args: FileIngestArgs) -> GlueJob:
        artifacts, key = arn.resource_name(args["artifacts_bucket_arn"]), args["artifacts_prefix"] + _SCRIPT
        aws.s3.BucketObjectv2(
            f"{name}-job.py", bucket=artifacts, key=key, content=curation_code.script(_SCRIPT), opts=self._child
        )
        return GlueJob(
            name,
            {
                "description": "Turns the files that arrived into processed events, and puts bad rows into quarantine",
                "script_uri": pulumi.Output.concat("s3://", artifacts, "/", key),
                "arguments": {
                    **args["code_arguments"],
                    "--files_bucket": self.bucket.bucket,
                    "--processed_bucket": arn.resource_name(args["processed_bucket_arn"]),
                    "--quarantine_bucket": arn.resource_name(args["quarantine_bucket_arn"]),
                },
                "timeout_minutes": TIMEOUT_MINUTES,
                "log_retention_days": args["log_retention_days"],
                "statements": _statements(self.bucket.arn, args),
            },
            self._child,
        )


def _statements(bucket_arn: pulumi.Output[str], args: FileIngestArgs) -> list[Statement]:
    """What the job may do: read files, write what became of them.

    It lists where it writes, for what an ended run left must be replaced.
    """
    processed, quarantine = args["processed_bucket_arn"], args["quarantine_bucket_arn"]
    return [
        {
            "actions": ["s3:ListBucket"],
            "resources": [bucket_arn, processed, quarantine, args["artifacts_bucket_arn"]],
        },
        {
            "actions": ["s3:GetObject"],
            "resources": [
                arn.under(args["artifacts_bucket_arn"], f"/{args['artifacts_prefix']}*"),
                *(arn.under(bucket_arn, f"/{prefix}*") for prefix in (INCOMING, REPORTS, STARTED)),
            ],
        },
        {
            "actions": ["s3:PutObject"],
            "resources": [
                *(arn.under(bucket_arn, f"/{prefix}*") for prefix in (REPORTS, DETECTED, STARTED)),
                *(arn.under(processed, f"/{contract.source}/*") for contract in args["contracts"]),
                arn.under(quarantine, "/files/*"),
            ],
        },
    ]
