"""The destination of a delivery stream: transform, conversion to Parquet, raw backup, error logs."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import arn
from components.lakehouse.lakehouse import LakehouseArns
from contracts import Contract, folders

DESTINATION_BUFFER_MB = 64
"""Firehose's minimum with format conversion (https://docs.aws.amazon.com/firehose/latest/dev/enable-record-format-conversion.html)."""
BACKUP_BUFFER_MB = 64

_BY_HOUR = "!{timestamp:yyyy/MM/dd/HH}/"


class DestinationArgs(TypedDict):
    """Inputs of configuration."""

    contract: Contract
    """The source."""
    lakehouse: LakehouseArns
    """Where the events are delivered to."""
    role_arn: pulumi.Input[str]
    """ARN of the role that Firehose assumes."""
    transform_arn: pulumi.Input[str]
    """ARN of the transform function, without version."""
    interval_seconds: pulumi.Input[int]
    """Longest time that events wait in a buffer."""
    delivery_log: aws.cloudwatch.LogStream
    """Log stream for errors of the destination."""
    backup_log: aws.cloudwatch.LogStream
    """Log stream for errors of the backup."""


def configuration(args: DestinationArgs) -> aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationArgsDict:
    """The extended S3 destination. Prefixes: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html."""
    source = args["contract"].source
    return {
        "bucket_arn": args["lakehouse"]["processed_bucket"],
        "role_arn": args["role_arn"],
        "prefix": f"{source}/{_BY_HOUR}",
        "error_output_prefix": f"{folders.ERRORS}/{source}/!{{firehose:error-output-type}}/{_BY_HOUR}",
        "buffering_size": DESTINATION_BUFFER_MB,
        "buffering_interval": args["interval_seconds"],
        "cloudwatch_logging_options": _log(args["delivery_log"]),
        "processing_configuration": _transform(args["transform_arn"]),
        "data_format_conversion_configuration": _conversion(args),
        "s3_backup_mode": "Enabled",
        "s3_backup_configuration": {
            "bucket_arn": args["lakehouse"]["raw_bucket"],
            "role_arn": args["role_arn"],
            "prefix": f"{source}/{_BY_HOUR}",
            "compression_format": "GZIP",
            "buffering_size": BACKUP_BUFFER_MB,
            "buffering_interval": args["interval_seconds"],
            "cloudwatch_logging_options": _log(args["backup_log"]),
        },
    }


def _log(
    stream: aws.cloudwatch.LogStream,
) -> aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationCloudwatchLoggingOptionsArgsDict:
    return {"enabled": True, "log_group_name": stream.log_group_name, "log_stream_name": stream.name}


def _transform(
    function_arn: pulumi.Input[str],
) -> aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationArgsDict:
    # The buffer hints stay at AWS's defaults, 1 MB and 60 s, and are left out: the provider does not read defaults
    # back, so that naming them would show a difference at every preview.
    return {
        "enabled": True,
        "processors": [
            {
                "type": "Lambda",
                "parameters": [
                    {"parameter_name": "LambdaArn", "parameter_value": arn.under(function_arn, ":$LATEST")},
                ],
            }
        ],
    }


def _conversion(
    args: DestinationArgs,
) -> aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationArgsDict:
    return {
        "enabled": True,
        "input_format_configuration": {"deserializer": {"open_x_json_ser_de": {}}},
        "output_format_configuration": {"serializer": {"parquet_ser_de": {"compression": "SNAPPY"}}},
        "schema_configuration": {
            "database_name": arn.resource_name(args["lakehouse"]["database"]),
            "table_name": args["contract"].table,
            "role_arn": args["role_arn"],
        },
    }
