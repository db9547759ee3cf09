"""From tables of databases to files: a Glue job that exports them, and a secret for each connection."""

import json
from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, job_code
from components.glue_job import MIN_WORKERS, GlueJob
from components.service_role import Statement
from contracts import Contract, exports

TIMEOUT_MINUTES = 240
"""A run that is ended leaves no export; the next one begins again."""

_SCRIPT, _TABLES = "export_job.py", "exports.json"
_PYTHON_MODULES = ("pyarrow", "adbc-driver-manager", "adbc-driver-postgresql", "pymysql")


class DatabaseExportsArgs(TypedDict):
    """Inputs of DatabaseExports."""

    contracts: Sequence[Contract]
    """The sources that are exported from databases."""
    files_bucket_arn: pulumi.Input[str]
    """ARN of the bucket where files land."""
    artifacts_bucket_arn: pulumi.Input[str]
    """ARN of the bucket that holds the code of the Glue jobs."""
    artifacts_prefix: str
    """First part of the keys of that code."""
    package_uri: pulumi.Input[str]
    """S3 URI of the package `etl` as a zip."""
    log_retention_days: pulumi.Input[int]
    """Days that log lines are kept."""


class DatabaseExports(pulumi.ComponentResource):
    """A Glue job that puts what changed in databases where files land. The secrets are made empty: whoever runs the
    stack puts host and password into them, so that neither is in the program or its state.
    """

    job_name: pulumi.Output[str]
    """Name of the job."""
    secret_arns: dict[str, pulumi.Output[str]]
    """ARN of the secret of each connection that a contract names."""

    def __init__(self, name: str, args: DatabaseExportsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:DatabaseExports", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        tables = [(contract, contract.database) for contract in args["contracts"] if contract.database]
        self.secret_arns = {
            connection: aws.secretsmanager.Secret(
                f"{name}-{connection}",
                description=f"Where the database of the connection {connection} is, and who asks it: docs/databases.md",
                opts=self._child,
            ).arn
            for connection in sorted({table.connection for _, table in tables})
        }
        compiled = [exports.document(contract, table) for contract, table in tables]
        artifacts = arn.resource_name(args["artifacts_bucket_arn"])
        uris = {
            file: self._store(name, args, file, content)
            for file, content in ((_SCRIPT, job_code.script(_SCRIPT)), (_TABLES, json.dumps(compiled)))
        }
        job = GlueJob(
            name,
            {
                "description": "Exports what changed in tables of databases to where files land",
                "script_uri": pulumi.Output.concat("s3://", artifacts, "/", uris[_SCRIPT]),
                "arguments": {
                    "--extra-py-files": args["package_uri"],
                    "--additional-python-modules": job_code.python_modules(_PYTHON_MODULES),
                    "--exports_uri": pulumi.Output.concat("s3://", artifacts, "/", uris[_TABLES]),
                    "--secret_arns": pulumi.Output.json_dumps(self.secret_arns),
                    "--files_bucket": arn.resource_name(args["files_bucket_arn"]),
                },
                "max_workers": MIN_WORKERS,
                "timeout_minutes": TIMEOUT_MINUTES,
                "log_retention_days": args["log_retention_days"],
                "statements": _statements(args, list(self.secret_arns.values())),
            },
            self._child,
        )
        self.job_name = job.job_name
        self.register_outputs({"job_name": self.job_name, "secret_arns": self.secret_arns})

    def _store(self, name: str, args: DatabaseExportsArgs, file: str, content: str) -> str:
        """Store a file of the job; its key."""
        key = args["artifacts_prefix"] + file
        aws.s3.BucketObjectv2(
            f"{name}-{file}",
            bucket=arn.resource_name(args["artifacts_bucket_arn"]),
            key=key,
            content=content,
            opts=self._child,
        )
        return key


def _statements(args: DatabaseExportsArgs, secret_arns: Sequence[pulumi.Input[str]]) -> list[Statement]:
    """What the job may do: read its secrets, stage parts, and put them where files land."""
    bucket, sources = args["files_bucket_arn"], [contract.source for contract in args["contracts"]]
    return [
        # A missing object is answered 404, not 403, only to those who may list:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        {"actions": ["s3:ListBucket"], "resources": [bucket]},
        {
            "actions": ["s3:GetObject"],
            "resources": [arn.under(args["artifacts_bucket_arn"], f"/{args['artifacts_prefix']}*")],
        },
        {
            "actions": ["s3:GetObject", "s3:PutObject"],
            "resources": [
                arn.under(bucket, f"/{folder}/{source}/*") for source in sources for folder in ("exports", "incoming")
            ],
        },
        {
            "actions": ["s3:DeleteObject"],
            "resources": [arn.under(bucket, f"/exports/{source}/staged/*") for source in sources],
        },
        {"actions": ["secretsmanager:GetSecretValue"], "resources": secret_arns},
    ]
