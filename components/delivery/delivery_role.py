"""What Firehose may do for one delivery stream.

Each statement is one that AWS asks for, narrowed to this source's prefixes:
https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
"""

from collections.abc import Sequence

import pulumi

from components import arn
from components.lakehouse.lakehouse import LakehouseArns
from components.service_role import ServiceRole, Statement

READ_DATA_STREAM = ("kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards")
"""What Firehose asks a data stream for that it reads: "Grant Firehose access to a Kinesis data stream" there. AWS's own
key for Kinesis may be used by whoever may read the stream."""


def delivery_role(
    name: str,
    source: str,
    lakehouse: LakehouseArns,
    transform_arn: pulumi.Input[str],
    log_stream_arns: Sequence[pulumi.Input[str]],
    data_stream_arn: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> ServiceRole:
    """The role that Firehose assumes for the delivery stream of a source into a lakehouse.

    `transform_arn` is without version; the log streams are those for delivery errors; the data stream is what the
    delivery stream reads, None where it is put onto.
    """
    raw, processed = lakehouse["raw_bucket"], lakehouse["processed_bucket"]
    statements: list[Statement] = [
        {
            "actions": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "resources": [raw, processed],
        },
        {
            "actions": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            "resources": [
                arn.under(raw, f"/{source}/*"),
                arn.under(processed, f"/{source}/*"),
                arn.under(processed, f"/errors/{source}/*"),
            ],
        },
        {
            "actions": ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
            "resources": arn.with_tables(lakehouse["database"], [lakehouse["tables"][source]]),
        },
        {
            "actions": ["lambda:InvokeFunction", "lambda:GetFunctionConfiguration"],
            "resources": [transform_arn, arn.under(transform_arn, ":$LATEST")],
        },
        {"actions": ["logs:PutLogEvents"], "resources": log_stream_arns},
    ]
    if data_stream_arn is not None:
        statements.append({"actions": READ_DATA_STREAM, "resources": [data_stream_arn]})
    return ServiceRole(name, {"service": "firehose.amazonaws.com", "statements": statements}, opts)
