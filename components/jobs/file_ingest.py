"""From a file to processed events: the bucket where files land, and the Glue job that reads them."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, job_code, lambda_code
from components.glue_job import MIN_WORKERS, GlueJob
from components.job_starter import JobStarter
from components.lambda_function import LambdaFunction
from components.private_bucket import BucketStatement, DataProtection, PrivateBucket, archivals
from components.service_role import Statement
from contracts import Contract, file_door

INCOMING, REPORTS, DETECTED, STARTED = "incoming/", "reports/", "detected/", "started/"
"""First parts of keys in the bucket: files as they came, what became of each, contracts that were proposed for files
without one, and the hour that an old file's rows go under."""
FUNCTION_MEMORY_MB = 512
"""A file of Lambda's 6 MB is in memory a few times: as Base64, in JSON, and as it is."""
FUNCTION_TIMEOUT_SECONDS = 29
"""The longest that API Gateway waits (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""
TIMEOUT_MINUTES = 60
"""A run that is ended goes on, at the next one, with the first file that has no report."""
INTERVAL_SECONDS = 60
"""Files that arrive within it are left to one run."""

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
    bucket_statements: NotRequired[Sequence[BucketStatement]]
    """What the bucket's policy says beside that TLS is needed."""
    data_protection: DataProtection
    """What happens to the files when the stack is destroyed."""
    log_retention_days: pulumi.Input[int]
    """Days that log lines are kept."""


class FileIngest(pulumi.ComponentResource):
    """A function that takes files, a bucket that tells EventBridge of each, a job that turns them into events, and
    what starts it.
    """

    bucket: PrivateBucket
    """Files under `incoming/<source>/<file id>/`, and what became of them under `reports/<source>/<file id>.json`."""
    function: LambdaFunction
    """What stands behind the API's path for files."""
    job_name: pulumi.Output[str]
    """Name of the job."""

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
                "archivals": archivals(args["contracts"], INCOMING),
                "statements": args.get("bucket_statements", ()),
                "data_protection": args["data_protection"],
            },
            self._child,
        )
        aws.s3.BucketNotification(f"{name}-notification", bucket=self.bucket.bucket, eventbridge=True, opts=self._child)
        self.function = self._function(name, args)
        job = self._job(name, args)
        self.job_name = job.job_name
        JobStarter(
            f"{name}-starter",
            {
                "job_arn": job.arn,
                "bucket": self.bucket.bucket,
                "keys": {"prefix": INCOMING},
                "interval_seconds": INTERVAL_SECONDS,
                "log_retention_days": args["log_retention_days"],
            },
            self._child,
        )
        self.register_outputs(
            {
                "bucket": self.bucket.bucket,
                "function": self.function.function_name,
                "job_name": self.job_name,
            }
        )

    def _function(self, name: str, args: FileIngestArgs) -> LambdaFunction:
        incoming = arn.under(self.bucket.arn, f"/{INCOMING}*")
        return LambdaFunction(
            f"{name}-door",
            {
                "description": "Stores small files, and tells clients how to upload larger ones to S3",
                "code": lambda_code.archive("files", []),
                "environment": {
                    "FILES_BUCKET": self.bucket.bucket,
                    "MAX_FILE_BYTES": str(file_door.MAX_FILE_BYTES),
                },
                "memory_mb": FUNCTION_MEMORY_MB,
                "timeout_seconds": FUNCTION_TIMEOUT_SECONDS,
                "log_retention_days": args["log_retention_days"],
                # Forms and links that the function signs let a client do what the function may.
                "statements": [
                    {"actions": ["s3:PutObject", "s3:ListMultipartUploadParts"], "resources": [incoming]},
                    {"actions": ["s3:ListBucket", "s3:ListBucketMultipartUploads"], "resources": [self.bucket.arn]},
                ],
            },
            self._child,
        )

    def _job(self, name: str, args: FileIngestArgs) -> GlueJob:
        artifacts, key = arn.resource_name(args["artifacts_bucket_arn"]), args["artifacts_prefix"] + _SCRIPT
        aws.s3.BucketObjectv2(
            f"{name}-job.py", bucket=artifacts, key=key, content=job_code.script(_SCRIPT), opts=self._child
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
                "max_workers": MIN_WORKERS,
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
                *(arn.under(quarantine, f"/{prefix}/*") for prefix in ("files", "filtered")),
            ],
        },
    ]
