"""The way of one source's events from the API into the lakehouse: delivery stream and transform function."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, lambda_code
from components.delivery import delivery_destination
from components.delivery.delivery_role import delivery_role
from components.lambda_function import LambdaFunction
from components.service_role import Statement
from contracts import Contract

TRANSFORM_MEMORY_MB = 1024
TRANSFORM_TIMEOUT_SECONDS = 300
"""The longest that Firehose waits for a transform (https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html)."""


class DeliveryPipelineArgs(TypedDict):
    """Inputs of DeliveryPipeline."""

    contract: Contract
    """The source."""
    raw_bucket_arn: pulumi.Input[str]
    """ARN of the bucket for events as they came."""
    processed_bucket_arn: pulumi.Input[str]
    """ARN of the bucket for Parquet, and for what could not be delivered."""
    quarantine_bucket_arn: pulumi.Input[str]
    """ARN of the bucket for events that break their contract."""
    database: pulumi.Input[str]
    """Name of the Glue database that holds the source's table."""
    table_arn: pulumi.Input[str]
    """ARN of the source's processed table, whose columns the events are converted to."""
    pseudonym_key_arn: pulumi.Input[str] | None
    """ARN of the KMS key of the pseudonyms; needed where the contract hashes a field."""
    delivery_interval_seconds: pulumi.Input[int]
    """Longest time that events wait before they are written, 0 to 900."""
    log_retention_days: pulumi.Input[int]
    """Days that log lines are kept."""


class DeliveryPipeline(pulumi.ComponentResource):
    """A delivery stream that backs events up raw, checks and converts them, and writes Parquet."""

    stream: pulumi.Output[str]
    """Name of the delivery stream."""
    stream_arn: pulumi.Output[str]
    """ARN of the delivery stream."""

    def __init__(self, name: str, args: DeliveryPipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:DeliveryPipeline", name, {}, opts)
        transform = self._transform(name, args)
        logs = self._log_streams(name, args)
        role = delivery_role(
            f"{name}-delivery",
            {
                "source": args["contract"].source,
                "raw_bucket_arn": args["raw_bucket_arn"],
                "processed_bucket_arn": args["processed_bucket_arn"],
                "table_arn": args["table_arn"],
                "database": args["database"],
                "transform_arn": transform.arn,
                "log_stream_arns": [stream.arn for stream in logs.values()],
            },
            pulumi.ResourceOptions(parent=self),
        )
        stream = aws.kinesis.FirehoseDeliveryStream(
            f"{name}-stream",
            destination="extended_s3",
            server_side_encryption={"enabled": True, "key_type": "AWS_OWNED_CMK"},
            extended_s3_configuration=delivery_destination.configuration(
                {
                    "contract": args["contract"],
                    "role_arn": role.arn,
                    "raw_bucket_arn": args["raw_bucket_arn"],
                    "processed_bucket_arn": args["processed_bucket_arn"],
                    "database": args["database"],
                    "transform_arn": transform.arn,
                    "interval_seconds": args["delivery_interval_seconds"],
                    "delivery_log": logs["delivery"],
                    "backup_log": logs["backup"],
                }
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.stream, self.stream_arn = stream.name, stream.arn
        self.register_outputs({"stream": self.stream, "stream_arn": self.stream_arn})

    def _transform(self, name: str, args: DeliveryPipelineArgs) -> LambdaFunction:
        contract, quarantine = args["contract"], arn.resource_name(args["quarantine_bucket_arn"])
        key_arn = args["pseudonym_key_arn"] if contract.hashed else None
        return LambdaFunction(
            f"{name}-transform",
            {
                "description": f"Checks and normalises the events of {contract.source}; bad ones go to quarantine",
                "code": lambda_code.archive("transform", [contract]),
                "environment": {
                    "SOURCE": contract.source,
                    "QUARANTINE_BUCKET": quarantine,
                    **({"PSEUDONYM_KEY_ARN": key_arn} if key_arn is not None else {}),
                },
                "memory_mb": TRANSFORM_MEMORY_MB,
                "timeout_seconds": TRANSFORM_TIMEOUT_SECONDS,
                "log_retention_days": args["log_retention_days"],
                "statements": _statements(args, key_arn),
            },
            pulumi.ResourceOptions(parent=self),
        )

    def _log_streams(self, name: str, args: DeliveryPipelineArgs) -> dict[str, aws.cloudwatch.LogStream]:
        """Firehose writes its errors to log streams that exist, and creates none."""
        group = aws.cloudwatch.LogGroup(
            f"{name}-delivery-logs",
            retention_in_days=args["log_retention_days"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        return {
            what: aws.cloudwatch.LogStream(
                f"{name}-{what}-log",
                name=what,
                log_group_name=group.name,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for what in ("delivery", "backup")
        }


def _statements(args: DeliveryPipelineArgs, key_arn: pulumi.Input[str] | None) -> list[Statement]:
    """What the transform may do: keep bad events and ids of filtered ones, ask for the key that it hashes with."""
    contract = args["contract"]
    prefixes = ("", *(["filtered/"] if contract.filter else []))
    kept = [arn.under(args["quarantine_bucket_arn"], f"/{prefix}{contract.source}/*") for prefix in prefixes]
    statements: list[Statement] = [{"actions": ["s3:PutObject"], "resources": kept}]
    if key_arn is not None:
        statements.append({"actions": ["kms:GenerateMac"], "resources": [key_arn]})
    return statements
