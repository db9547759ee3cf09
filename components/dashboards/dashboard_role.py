"""What QuickSight may do when it asks Athena for a dashboard.

Actions: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSQuicksightAthenaAccess.html, narrowed to
one workgroup, its results, and the tables shown. How QuickSight uses the role:
https://docs.aws.amazon.com/quicksight/latest/user/datasource-run-as-role.html
"""

from collections.abc import Mapping

import pulumi

from components import arn
from components.lakehouse.lakehouse import LakehouseArns
from components.service_role import ServiceRole, Statement


def dashboard_role(
    name: str, lakehouse: LakehouseArns, table_arns: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> ServiceRole:
    """The role that a data source's queries run as; `table_arns` are the tables of the sources that are shown."""
    results, processed = lakehouse["results_bucket"], lakehouse["processed_bucket"]
    return ServiceRole(
        name,
        {
            "service": "quicksight.amazonaws.com",
            "statements": [
                _run_queries(lakehouse["workgroup"]),
                {
                    "actions": ["glue:GetDatabase", "glue:GetTable", "glue:GetTables"],
                    "resources": arn.with_tables(lakehouse["database"], table_arns.values()),
                },
                {"actions": ["s3:GetBucketLocation", "s3:ListBucket"], "resources": [results, processed]},
                {
                    "actions": ["s3:GetObject"],
                    "resources": [arn.under(processed, f"/{source}/*") for source in table_arns],
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
