"""What Firehose may do for one delivery stream.

Each statement is one that AWS asks for, narrowed to this source's prefixes:
https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
"""

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from components import arn
from components.service_role import ServiceRole, Statement


class DeliveryRoleArgs(TypedDict):
    """Inputs of delivery_role."""

    source: str
    """Name of the source, which is the first part of its objects' keys."""
    raw_bucket_arn: pulumi.Input[str]
    """ARN of the bucket for the source record backup."""
    processed_bucket_arn: pulumi.Input[str]
    """ARN of the destination bucket."""
    database: pulumi.Input[str]
    """Name of the Glue database."""
    table_arn: pulumi.Input[str]
    """ARN of the table whose columns records are converted to."""
    transform_arn: pulumi.Input[str]
    """ARN of the transform function, without version."""
    log_stream_arns: Sequence[pulumi.Input[str]]
    """ARNs of the log streams for delivery errors."""


def delivery_role(name: str, args: DeliveryRoleArgs, opts: pulumi.ResourceOptions) -> ServiceRole:
    """The role that Firehose assumes for one delivery stream."""
    source, processed = args["source"], args["processed_bucket_arn"]
    return ServiceRole(
        name,
        {
            "service": "firehose.amazonaws.com",
            "statements": [
                _list_buckets([args["raw_bucket_arn"], processed]),
                _write_objects(
                    [
                        arn.under(args["raw_bucket_arn"], f"/{source}/*"),
                        arn.under(processed, f"/{source}/*"),
                        arn.under(processed, f"/errors/{source}/*"),
                    ]
                ),
                _read_schema(args["table_arn"], args["database"]),
                {
                    "actions": ["lambda:InvokeFunction", "lambda:GetFunctionConfiguration"],
                    "resources": [args["transform_arn"], arn.under(args["transform_arn"], ":$LATEST")],
                },
                {"actions": ["logs:PutLogEvents"], "resources": args["log_stream_arns"]},
            ],
        },
        opts,
    )


def _list_buckets(bucket_arns: Sequence[pulumi.Input[str]]) -> Statement:
    return {
        "actions": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        "resources": bucket_arns,
    }


def _write_objects(object_arns: Sequence[pulumi.Input[str]]) -> Statement:
    return {"actions": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], "resources": object_arns}


def _read_schema(table_arn: pulumi.Input[str], database: pulumi.Input[str]) -> Statement:
    """Glue asks for the right on a table's database and catalog too.

    https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
    """
    return {
        "actions": ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
        "resources": [
            arn.sibling(table_arn, "catalog"),
            arn.sibling(table_arn, pulumi.Output.concat("database/", database)),
            table_arn,
        ],
    }
