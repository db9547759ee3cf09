"""From a file to processed events: the bucket where files land, and the Glue job that reads them."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, job_code, lambda_code
from components.glue_job import GlueJob
from components.ingest.ingest_api import FileDoor
from components.job_code import JobCode
from components.job_starter import JobStarter
from components.lakehouse.lakehouse import LakehouseArns
from components.lambda_function import LambdaFunction
from components.private_bucket import DataPolicy, PrivateBucket, archivals
from components.service_role import Statement
from contracts import Contract, folders, limits

INCOMING, REPORTS, DETECTED, STARTED = "incoming/", "reports/", "detected/", "started/"
"""First parts of keys in the bucket: files as they came, what became of each, contracts that were proposed for files
without one, and the hour that an old file's rows go under."""
FUNCTION_MEMORY_MB = 512
"""A file of Lambda's 6 MB is in memory a few times: as Base64, in JSON, and as it is."""
TIMEOUT_MINUTES = 60
"""A run that is ended goes on, at the next one, with the first file that has no report."""
INTERVAL_SECONDS = 60
"""Files that arrive within it are left to one run."""

_SCRIPT = "files_job.py"


class FileIngestArgs(TypedDict):
    """Inputs of FileIngest."""

    contracts: Sequence[Contract]
    """The sources whose files become events; files of other sources are kept as they are."""
    lakehouse: LakehouseArns
    """Where rows go, valid ones and those that break their contract: a Lakehouse's `arns`."""
    code: JobCode
    """What the job runs."""
    data_policy: NotRequired[DataPolicy]
    """What may become of the files."""


class FileIngest(pulumi.ComponentResource):
    """A function that takes files, a bucket that tells EventBridge of each, a job that turns them into events, and
    what starts it.
    """

    bucket: PrivateBucket
    """Files under `incoming/<source>/<file id>/`, and what became of them under `reports/<source>/<file id>.json`."""
    door: FileDoor
    """What stands behind the API's path for files."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: FileIngestArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:FileIngest", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.bucket = PrivateBucket(
            name,
            {
                "data_policy": args.get("data_policy", {}),
                "expirations": [
                    {"prefix": f"{INCOMING}{contract.source}/", "days": contract.retention_days}
                    for contract in args["contracts"]
                ],
                "archivals": archivals(args["contracts"], INCOMING),
            },
            self._child,
        )
        aws.s3.BucketNotification(f"{name}-notification", bucket=self.bucket.bucket, eventbridge=True, opts=self._child)
        function = self._function(name, args)
        self.door = {"function_name": function.function_name, "invoke_arn": function.invoke_arn}
        job = self._job(name, args)
        self.outputs = {"files_bucket": self.bucket.bucket, "files_job": job.job_name}
        JobStarter(
            f"{name}-starter",
            {
                "job_arn": job.arn,
                "bucket_arn": self.bucket.arn,
                "keys": {"prefix": INCOMING},
                "interval_seconds": INTERVAL_SECONDS,
                "runtime": args["code"].runtime,
            },
            self._child,
        )
        self.register_outputs({**self.outputs, "door": self.door})

    def _function(self, name: str, args: FileIngestArgs) -> LambdaFunction:
        incoming = arn.under(self.bucket.arn, f"/{INCOMING}*")
        return LambdaFunction(
            f"{name}-door",
            {
                "description": "Stores small files, and tells clients how to upload larger ones to S3",
                "code": lambda_code.archive("files", []),
                "environment": {"FILES_BUCKET": self.bucket.bucket},
                "memory_mb": FUNCTION_MEMORY_MB,
                "timeout_seconds": limits.GATEWAY_SECONDS,
                "runtime": args["code"].runtime,
                # Forms and links that the function signs let a client do what the function may.
                "statements": [
                    {"actions": ["s3:PutObject", "s3:ListMultipartUploadParts"], "resources": [incoming]},
                    {"actions": ["s3:ListBucket", "s3:ListBucketMultipartUploads"], "resources": [self.bucket.arn]},
                ],
            },
            self._child,
        )

    def _job(self, name: str, args: FileIngestArgs) -> GlueJob:
        lakehouse, code = args["lakehouse"], args["code"]
        return GlueJob(
            name,
            {
                "description": "Turns the files that arrived into processed events, and puts bad rows into quarantine",
                "script_uri": code.store(f"{name}-job.py", _SCRIPT, job_code.script(_SCRIPT), self._child),
                "arguments": {
                    **code.arguments,
                    "--files_bucket": self.bucket.bucket,
                    "--processed_bucket": arn.resource_name(lakehouse["processed_bucket"]),
                    "--quarantine_bucket": arn.resource_name(lakehouse["quarantine_bucket"]),
                },
                "timeout_minutes": TIMEOUT_MINUTES,
                "runtime": args["code"].runtime,
                "statements": _statements(self.bucket.arn, args),
            },
            self._child,
        )


def _statements(bucket_arn: pulumi.Output[str], args: FileIngestArgs) -> list[Statement]:
    """What the job may do: read files, write what became of them.

    It lists where it writes, for what an ended run left must be replaced.
    """
    processed, quarantine = args["lakehouse"]["processed_bucket"], args["lakehouse"]["quarantine_bucket"]
    return [
        {
            "actions": ["s3:ListBucket"],
            "resources": [bucket_arn, processed, quarantine, args["code"].bucket.arn],
        },
        {
            "actions": ["s3:GetObject"],
            "resources": [
                args["code"].objects_arn,
                *(arn.under(bucket_arn, f"/{prefix}*") for prefix in (INCOMING, REPORTS, STARTED)),
            ],
        },
        {
            "actions": ["s3:PutObject"],
            "resources": [
                *(arn.under(bucket_arn, f"/{prefix}*") for prefix in (REPORTS, DETECTED, STARTED)),
                *(arn.under(processed, f"/{contract.source}/*") for contract in args["contracts"]),
                *(arn.under(quarantine, f"/{prefix}/*") for prefix in (folders.BAD_ROWS, folders.FILTERED)),
            ],
        },
    ]
