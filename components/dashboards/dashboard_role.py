"""What QuickSight may do when it asks Athena for a dashboard.

Actions: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSQuicksightAthenaAccess.html, narrowed to
one workgroup, its results, and the tables shown. How QuickSight uses the role:
https://docs.aws.amazon.com/quicksight/latest/user/datasource-run-as-role.html
"""

from collections.abc import Mapping
from typing import TypedDict

import pulumi

from components import arn
from components.service_role import ServiceRole, Statement


class DashboardRoleArgs(TypedDict):
    """Inputs of dashboard_role."""

    workgroup_arn: pulumi.Input[str]
    """ARN of the workgroup that runs the queries."""
    results_bucket_arn: pulumi.Input[str]
    """ARN of the bucket for query results."""
    processed_bucket_arn: pulumi.Input[str]
    """ARN of the bucket that holds the tables' data."""
    database: pulumi.Input[str]
    """Name of the Glue database."""
    table_arns: Mapping[str, pulumi.Input[str]]
    """ARN of the table of each source shown."""


def dashboard_role(name: str, args: DashboardRoleArgs, opts: pulumi.ResourceOptions) -> ServiceRole:
    """The role that a data source's queries run as."""
    results, processed = args["results_bucket_arn"], args["processed_bucket_arn"]
    return ServiceRole(
        name,
        {
            "service": "quicksight.amazonaws.com",
            "statements": [
                _run_queries(args["workgroup_arn"]),
                _read_tables(args),
                {"actions": ["s3:GetBucketLocation", "s3:ListBucket"], "resources": [results, processed]},
                {
                    "actions": ["s3:GetObject"],
                    "resources": [arn.under(processed, f"/{source}/*") for source in args["table_arns"]],
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


def _read_tables(args: DashboardRoleArgs) -> Statement:
    """Glue asks for the right on a table's database and catalog too.

    https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
    """
    tables = list(args["table_arns"].values())
    return {
        "actions": ["glue:GetDatabase", "glue:GetTable", "glue:GetTables"],
        "resources": [
            arn.sibling(tables[0], "catalog"),
            arn.sibling(tables[0], pulumi.Output.concat("database/", args["database"])),
            *tables,
        ],
    }
