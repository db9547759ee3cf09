"""What a Flink application may do that reads the data streams and writes the streaming lake's Iceberg tables."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import arn
from components.lakehouse.lakehouse import LakehouseArns
from components.service_role import ServiceRole
from contracts import Contract

CODE = "flink/"
"""Folder of the artifacts bucket for the application's code."""


def flink_role(
    name: str,
    contracts: Sequence[Contract],
    lakehouse: LakehouseArns,
    stream_arns: Sequence[pulumi.Input[str]],
    code_bucket_arn: pulumi.Input[str],
    log_group: aws.cloudwatch.LogGroup,
    log_stream: aws.cloudwatch.LogStream,
    opts: pulumi.ResourceOptions,
) -> ServiceRole:
    """The role that Amazon Managed Service for Apache Flink assumes: it appends to tables that the curate job made,
    and writes its log.

    It reads shards by GetRecords, and so registers no consumers. Of the first lake it may do nothing.
    """
    curated, database = lakehouse["curated_bucket"], lakehouse["database"]
    streamed = [contract for contract in contracts if contract.streamed]
    return ServiceRole(
        name,
        {
            "service": "kinesisanalytics.amazonaws.com",
            "statements": [
                # https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/datastream/kinesis/
                {
                    "actions": [
                        "kinesis:DescribeStreamSummary",
                        "kinesis:GetRecords",
                        "kinesis:GetShardIterator",
                        "kinesis:ListShards",
                    ],
                    "resources": stream_arns,
                },
                # Before it writes a file, the Iceberg library asks whether there is one. A missing object is answered
                # 404, not 403, only to those who may list: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
                {"actions": ["s3:ListBucket"], "resources": [curated]},
                # Data and metadata; what a commit could not be made of is deleted again. Files are written in parts:
                # https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
                {
                    "actions": ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
                    "resources": [arn.under(curated, f"/tables/{contract.source}/*") for contract in streamed],
                },
                # A commit is one UpdateTable.
                {
                    "actions": ["glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"],
                    "resources": arn.with_tables(database, [arn.table(database, it.curated_table) for it in streamed]),
                },
                {"actions": ["s3:GetObject"], "resources": [arn.under(code_bucket_arn, f"/{CODE}*")]},
                # The service looks for the log stream, then writes to it:
                # https://docs.aws.amazon.com/managed-flink/latest/java/how-zeppelin-appendix-iam.html#how-zeppelin-iam-cw
                {"actions": ["logs:DescribeLogGroups"], "resources": ["*"]},
                {"actions": ["logs:DescribeLogStreams"], "resources": [arn.under(log_group.arn, ":*")]},
                {"actions": ["logs:PutLogEvents"], "resources": [log_stream.arn]},
            ],
        },
        opts,
    )
