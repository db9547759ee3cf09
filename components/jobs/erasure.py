"""Erasing persons: the Glue job that alone may rewrite what was stored, and delete old versions of it."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi

from components import arn, job_code
from components.glue_job import GlueJob
from components.ingest.ingest_api import IngestApi
from components.jobs.curation import Curation
from components.jobs.file_ingest import FileIngest
from components.lakehouse.lakehouse import Lakehouse
from components.private_bucket import PrivateBucket
from components.service_role import Statement
from contracts import Contract, folders

TIMEOUT_MINUTES = 24 * 60
"""A run reads all that the stack keeps of a source. One that is ended is gone through again by the next."""

_SCRIPT = "forget_job.py"
_REWRITTEN = {
    "raw": ("*",),
    "processed": ("*",),
    "quarantine": ("*",),
    "files": ("reports/*", "detected/*"),
    "curated": ("tables/*", "ledgers/*", f"{folders.ERASURE_REQUESTS}/*", f"{folders.ERASURES}/*"),
}
_DELETED = {"files": ("incoming/*", "exports/*"), "results": ("*",)}


class ErasingArgs(TypedDict):
    """What all erasures of a stack have in common."""

    contracts: Sequence[Contract]
    """The sources that persons are erased from."""
    files: FileIngest
    """Where files land."""
    ingest: IngestApi
    """What keeps events on a dead-letter queue."""


class ErasureArgs(ErasingArgs):
    """Inputs of Erasure."""

    lakehouse: Lakehouse
    """Where events are stored."""
    curation: Curation
    """What writes the curated tables: its runs are waited for, and its code is this job's as well."""


class Erasure(pulumi.ComponentResource):
    """A Glue job with a role of its own: no other role of the stack may delete a version of an object."""

    job_name: pulumi.Output[str]
    """Name of the job."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: ErasureArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Erasure", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        code = args["curation"].code
        job = GlueJob(
            name,
            {
                "description": "Erases a person from a source, wherever the stack keeps events",
                "script_uri": code.store(f"{name}-job.py", _SCRIPT, job_code.script(_SCRIPT), child),
                "arguments": {**code.arguments, **_places(args)},
                "timeout_minutes": TIMEOUT_MINUTES,
                "runtime": code.runtime,
                "statements": _statements(args),
            },
            child,
        )
        self.job_name = job.job_name
        self.outputs = {"erasure_job": self.job_name}
        self.register_outputs(self.outputs)


def _buckets(args: ErasureArgs) -> dict[str, PrivateBucket]:
    return {**args["lakehouse"].buckets, "files": args["files"].bucket}


def _places(args: ErasureArgs) -> dict[str, pulumi.Input[str]]:
    """Arguments of the job's script: where to look."""
    key_arn = args["lakehouse"].arns.get("pseudonym_key")
    return {
        **{f"--{zone}_bucket": bucket.bucket for zone, bucket in _buckets(args).items()},
        "--database": args["lakehouse"].database,
        "--dead_letter_queue_url": args["ingest"].dead_letter_queue_url,
        "--curate_job": args["curation"].job_name,
        **({"--pseudonym_key_arn": key_arn} if key_arn is not None else {}),
    }


def _statements(args: ErasureArgs) -> list[Statement]:
    """What the job may do: look at every version, rewrite or delete it, and commit to the curated tables."""
    buckets = {zone: bucket.arn for zone, bucket in _buckets(args).items()}
    database, key_arn = args["lakehouse"].arns["database"], args["lakehouse"].arns.get("pseudonym_key")
    tables = [arn.table(database, contract.curated_table) for contract in args["contracts"]]
    statements: list[Statement] = [
        {"actions": ["s3:ListBucket"], "resources": [buckets[zone] for zone in ("processed", "curated", "files")]},
        {"actions": ["s3:ListBucketVersions"], "resources": list(buckets.values())},
        {
            "actions": ["s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
            "resources": _under(buckets, _REWRITTEN),
        },
        {
            "actions": ["s3:DeleteObjectVersion", "s3:GetObjectVersion"],
            "resources": _under(buckets, _DELETED),
        },
        # Files of tables are written in parts:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
        {"actions": ["s3:AbortMultipartUpload"], "resources": [arn.under(buckets["curated"], "/tables/*")]},
        {"actions": ["s3:GetObject"], "resources": [args["curation"].code.objects_arn]},
        {
            "actions": ["glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"],
            "resources": arn.with_tables(database, tables),
        },
        {"actions": ["glue:GetJobRuns"], "resources": [args["curation"].job_arn]},
        {
            "actions": [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:ReceiveMessage",
                "sqs:SendMessage",
            ],
            "resources": [args["ingest"].dead_letter_queue_arn],
        },
    ]
    if key_arn is not None:
        statements.append({"actions": ["kms:GenerateMac"], "resources": [key_arn]})
    return statements


def _under(buckets: Mapping[str, pulumi.Input[str]], folders: Mapping[str, Sequence[str]]) -> list[pulumi.Output[str]]:
    return [arn.under(buckets[zone], f"/{folder}") for zone, parts in folders.items() for folder in parts]
