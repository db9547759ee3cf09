"""From tables of databases to files: a Glue job that exports them, and a secret for each connection."""

import json
from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, job_code
from components.glue_job import GlueJob
from components.job_code import JobCode
from components.network.report_copies import Reports
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
    code: JobCode
    """What the Glue jobs run."""


class DatabaseExports(pulumi.ComponentResource):
    """A Glue job that puts what changed in databases where files land. The secrets are made empty: whoever runs the
    stack puts host and password into them, so that neither is in the program or its state.
    """

    reports: Reports
    """Where the job stores what a run exported of each table."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: DatabaseExportsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:DatabaseExports", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        tables = [(contract, contract.database) for contract in args["contracts"] if contract.database]
        secret_arns = {
            connection: aws.secretsmanager.Secret(
                f"{name}-{connection}",
                description=f"Where the database of the connection {connection} is, and who asks it: docs/databases.md",
                opts=self._child,
            ).arn
            for connection in sorted({table.connection for _, table in tables})
        }
        compiled = [exports.document(contract, table) for contract, table in tables]
        script, code = job_code.script(_SCRIPT), args["code"]
        job = GlueJob(
            name,
            {
                "description": "Exports what changed in tables of databases to where files land",
                "script_uri": code.store(f"{name}-{_SCRIPT}", _SCRIPT, script, self._child),
                "arguments": {
                    "--extra-py-files": code.package_uri,
                    "--additional-python-modules": job_code.python_modules(_PYTHON_MODULES),
                    "--exports_uri": code.store(f"{name}-{_TABLES}", _TABLES, json.dumps(compiled), self._child),
                    "--secret_arns": pulumi.Output.json_dumps(secret_arns),
                    "--files_bucket": arn.resource_name(args["files_bucket_arn"]),
                },
                "timeout_minutes": TIMEOUT_MINUTES,
                "runtime": code.runtime,
                "statements": _statements(args, list(secret_arns.values())),
            },
            self._child,
        )
        self.reports = {
            "bucket_arn": args["files_bucket_arn"],
            "prefixes": [f"exports/{contract.source}/reports/" for contract in args["contracts"]],
        }
        self.outputs = {"exports_job": job.job_name, "database_secrets": secret_arns}
        self.register_outputs(self.outputs)


def _statements(args: DatabaseExportsArgs, secret_arns: Sequence[pulumi.Input[str]]) -> list[Statement]:
    """What the job may do: read its secrets, stage parts, and put them where files land."""
    bucket, sources = args["files_bucket_arn"], [contract.source for contract in args["contracts"]]
    return [
        # A missing object is answered 404, not 403, only to those who may list:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        {"actions": ["s3:ListBucket"], "resources": [bucket]},
        {"actions": ["s3:GetObject"], "resources": [args["code"].objects_arn]},
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
