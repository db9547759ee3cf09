"""What QuickSight may do when it asks Athena for a dashboard.

Actions: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSQuicksightAthenaAccess.html, narrowed to
one workgroup, its results, and what the data sets read. How QuickSight uses the role:
https://docs.aws.amazon.com/quicksight/latest/user/datasource-run-as-role.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import pulumi

from components import arn
from components.lakehouse.lakehouse import LakehouseArns
from components.operations.operations_data import table_name
from components.service_role import ServiceRole, Statement
from contracts import Contract, aggregates, folders, views

Place = tuple[Literal["processed_bucket", "curated_bucket"], str]
"""The bucket of the lakehouse in which the objects of a table lie, and the folder there, without slashes around."""

OPERATIONS: Mapping[str, Place] = {
    table_name(folder): ("curated_bucket", folder) for folder in (folders.OPERATIONS_HOURS, folders.OPERATIONS_COSTS)
}
"""The tables of figures of operations, by name."""


def dashboard_role(
    name: str,
    lakehouse: LakehouseArns,
    contracts: Sequence[Contract],
    asked: Sequence[views.View],
    opts: pulumi.ResourceOptions,
) -> ServiceRole:
    """The role that a data source's queries run as: it reads the views `asked`, and what lies under them."""
    names = {view.name for view in asked} | _read(asked, contracts)
    places = {**_places(contracts), **OPERATIONS}
    read = dict.fromkeys(places[table] for table in sorted(names) if table in places)
    buckets = sorted({bucket for bucket, _ in read}, reverse=True)
    results = lakehouse["results_bucket"]
    tables = [arn.table(lakehouse["database"], table) for table in sorted(names)]
    # Athena asks for the database of this name, whichever it queries, and for none of its tables:
    # https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    default = arn.sibling(lakehouse["database"], "database/default")
    return ServiceRole(
        name,
        {
            "service": "quicksight.amazonaws.com",
            "statements": [
                _run_queries(lakehouse["workgroup"]),
                {
                    "actions": ["glue:GetDatabase", "glue:GetTable", "glue:GetTables"],
                    "resources": arn.with_tables(lakehouse["database"], [default, *tables]),
                },
                {
                    "actions": ["s3:GetBucketLocation", "s3:ListBucket"],
                    "resources": [results, *(lakehouse[bucket] for bucket in buckets)],
                },
                {
                    "actions": ["s3:GetObject"],
                    "resources": [arn.under(lakehouse[bucket], f"/{folder}/*") for bucket, folder in read],
                },
                {
                    "actions": [
                        "s3:GetObject",
                        "s3:PutObject",
                        "s3:AbortMultipartUpload",
                        "s3:ListMultipartUploadParts",
                    ],
                    "resources": [arn.under(results, "/*")],
                },
                {"actions": ["s3:ListBucketMultipartUploads"], "resources": [results]},
            ],
        },
        opts,
    )


def _read(asked: Iterable[views.View], contracts: Iterable[Contract]) -> set[str]:
    """The tables and views that some views read, theirs in turn among them."""
    text = "\n".join(view.sql for view in asked)
    return {*views.read_by(text, contracts), *({*re.findall(r"\w+", text)} & OPERATIONS.keys())}


def _places(contracts: Iterable[Contract]) -> dict[str, Place]:
    """Where the tables of sources lie, by their names; a view lies nowhere."""
    found: dict[str, Place] = {}
    for contract in contracts:
        found[contract.table] = ("processed_bucket", contract.source)
        found[contract.curated_table] = ("curated_bucket", f"tables/{contract.source}")
        for table in aggregates.tables(contract):
            found[table] = ("curated_bucket", f"aggregates/{contract.source}")
    return found


def _run_queries(workgroup_arn: pulumi.Input[str]) -> Statement:
    return {
        "actions": [
            "athena:BatchGetQueryExecution",
            "athena:GetDataCatalog",
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetQueryResultsStream",
            "athena:GetWorkGroup",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
        ],
        "resources": [workgroup_arn, arn.sibling(workgroup_arn, "datacatalog/AwsDataCatalog")],
    }
