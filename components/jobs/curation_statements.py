"""What the curate job may do: read what was delivered, write its own tables."""

from collections.abc import Sequence

import pulumi

from components import arn
from components.job_code import JobCode
from components.lakehouse.lakehouse import LakehouseArns
from components.service_role import Statement
from contracts import Contract, aggregates


def curation_statements(contracts: Sequence[Contract], lakehouse: LakehouseArns, code: JobCode) -> list[Statement]:
    """The statements of the role that Glue assumes for a run of the job."""
    processed, curated = lakehouse["processed_bucket"], lakehouse["curated_bucket"]
    sources = [contract.source for contract in contracts]
    aggregated = [contract.source for contract in contracts if contract.aggregates]
    return [
        # What was delivered is found by listing, and so are orphans. A missing object is answered 404, not
        # 403, only to those who may list: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        {"actions": ["s3:ListBucket"], "resources": [processed, curated, code.bucket.arn]},
        {
            "actions": ["s3:GetObject"],
            "resources": [code.objects_arn, *(arn.under(processed, f"/{source}/*") for source in sources)],
        },
        # Data, metadata and ledgers are written, read again, and deleted when nothing refers to them any more.
        # Files are written in parts:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
        {
            "actions": ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            "resources": [
                arn.under(curated, path)
                for path in [*_paths(sources, "tables", "ledgers"), *_paths(aggregated, "aggregates")]
            ],
        },
        {"actions": ["s3:PutObject"], "resources": [arn.under(curated, f"/reports/{it}/*") for it in sources]},
        # A commit is one UpdateTable; before it creates a table, the Iceberg library looks at the table's database.
        {
            "actions": ["glue:CreateTable", "glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"],
            "resources": curated_tables(contracts, lakehouse),
        },
    ]


def curated_tables(contracts: Sequence[Contract], lakehouse: LakehouseArns) -> list[pulumi.Input[str]]:
    """The tables that the job makes, as a right on them is asked for."""
    names = [table for contract in contracts for table in (contract.curated_table, *aggregates.tables(contract))]
    return arn.with_tables(lakehouse["database"], [arn.table(lakehouse["database"], name) for name in names])


def _paths(sources: Sequence[str], *folders: str) -> list[str]:
    return [f"/{folder}/{source}/*" for source in sources for folder in folders]
