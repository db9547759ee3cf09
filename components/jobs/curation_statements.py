"""What the curate job may do: read what was delivered, write its own tables."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from components import arn
from components.service_role import Statement
from contracts import Contract, aggregates


class CurationPlaces(TypedDict):
    """What the job reads and writes."""

    contracts: Sequence[Contract]
    """The sources that are curated."""
    processed_bucket_arn: pulumi.Input[str]
    """ARN of the bucket that the delivery streams write to."""
    curated_bucket_arn: pulumi.Input[str]
    """ARN of the bucket that holds tables, ledgers and reports."""
    database_arn: pulumi.Input[str]
    """ARN of the Glue database that holds the curated tables."""
    artifacts_bucket_arn: pulumi.Input[str]
    """ARN of the bucket that holds the job's code."""
    artifacts_prefix: str
    """First part of the keys of the job's code."""
    optimizing: Sequence[Statement]
    """What it takes to switch on the optimizers of tables; empty where the job maintains them itself."""


def curation_statements(args: CurationPlaces) -> list[Statement]:
    """The statements of the role that Glue assumes for a run of the job."""
    curated, sources = args["curated_bucket_arn"], [contract.source for contract in args["contracts"]]
    aggregated = [contract.source for contract in args["contracts"] if contract.aggregates]
    return [
        # What was delivered is found by listing, and so are orphans. A missing object is answered 404, not
        # 403, only to those who may list: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        {
            "actions": ["s3:ListBucket"],
            "resources": [args["processed_bucket_arn"], curated, args["artifacts_bucket_arn"]],
        },
        {
            "actions": ["s3:GetObject"],
            "resources": [
                arn.under(args["artifacts_bucket_arn"], f"/{args['artifacts_prefix']}*"),
                *(arn.under(args["processed_bucket_arn"], f"/{source}/*") for source in sources),
            ],
        },
        _keep_tables(curated, [*_paths(sources, "tables", "ledgers"), *_paths(aggregated, "aggregates")]),
        {"actions": ["s3:PutObject"], "resources": [arn.under(curated, f"/reports/{it}/*") for it in sources]},
        _commit(args),
        *args["optimizing"],
    ]


def _paths(sources: Sequence[str], *folders: str) -> list[str]:
    return [f"/{folder}/{source}/*" for source in sources for folder in folders]


def _keep_tables(bucket_arn: pulumi.Input[str], paths: Sequence[str]) -> Statement:
    """Data, metadata and ledgers are written, read again, and deleted when nothing refers to them any more.

    Files are written in parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
    """
    return {
        "actions": ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
        "resources": [arn.under(bucket_arn, path) for path in paths],
    }


def _commit(args: CurationPlaces) -> Statement:
    """A commit is one UpdateTable; before it creates a table, the Iceberg library looks at the table's database.

    Glue asks for the right on a table's database and catalog too:
    https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
    """
    database = args["database_arn"]
    path = arn.resource_name(database)
    return {
        "actions": ["glue:CreateTable", "glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"],
        "resources": [
            arn.sibling(database, "catalog"),
            database,
            *(
                arn.sibling(database, pulumi.Output.concat("table/", path, f"/{table}"))
                for contract in args["contracts"]
                for table in (contract.curated_table, *aggregates.tables(contract))
            ),
        ],
    }
