"""Firehose: delivery streams to S3, put onto or read from a Kinesis data stream.

What makes a replacement: internal/service/firehose/delivery_stream.go.
"""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.operations import Created, Creation, Update
from rapid.local.deploy.resource_type import AutoName, ResourceType, UpdateRule, deleted, tags

_RENAMES = {
    "name": "DeliveryStreamName",
    "extendedS3Configuration": "ExtendedS3DestinationConfiguration",
    "kinesisSourceConfiguration": "KinesisStreamSourceConfiguration",
    "*.bufferingInterval": "BufferingHints.IntervalInSeconds",
    "*.bufferingSize": "BufferingHints.SizeInMBs",
}
_UPDATE_RENAMES = {
    **_RENAMES,
    "extendedS3Configuration": "ExtendedS3DestinationUpdate",
    "extendedS3Configuration.s3BackupConfiguration": "S3BackupUpdate",
}


def _delivery_stream(creation: Creation) -> Created:
    destination = creation.need("destination")
    if destination != "extended_s3":
        raise PropertyError("destination", f"does not take {destination!r}; only extended_s3 is supported here")
    encryption = _encryption(creation)
    parameters = creation.convert("CreateDeliveryStream", creation.rest(), _RENAMES)
    if "KinesisStreamSourceConfiguration" in parameters:
        if encryption:
            raise PropertyError("serverSideEncryption", "conflicts with kinesisSourceConfiguration")
        parameters["DeliveryStreamType"] = "KinesisStreamAsSource"
    _enable_conversion(parameters.get("ExtendedS3DestinationConfiguration", {}))
    arn = creation.call("CreateDeliveryStream", **parameters, **encryption)["DeliveryStreamARN"]
    return Created(arn, {"arn": arn})


def _encryption(creation: Creation) -> dict[str, Any]:
    properties = creation.take_object("serverSideEncryption")
    if not properties.pop("enabled", False):
        return {}
    member = "DeliveryStreamEncryptionConfigurationInput"
    properties = {"keyType": "AWS_OWNED_CMK", **properties}
    return {member: creation.convert(f"CreateDeliveryStream.{member}", properties, within="serverSideEncryption")}


def _enable_conversion(s3: dict[str, Any]) -> None:
    # The provider's default; the API has none.
    if "DataFormatConversionConfiguration" in s3:
        s3["DataFormatConversionConfiguration"].setdefault("Enabled", True)


def _update_destination(update: Update) -> None:
    name, configuration = update.need("name"), update.need("extendedS3Configuration")
    parameters = update.convert("UpdateDestination", {"extendedS3Configuration": configuration}, _UPDATE_RENAMES)
    _enable_conversion(parameters["ExtendedS3DestinationUpdate"])
    described = update.call("DescribeDeliveryStream", DeliveryStreamName=name)["DeliveryStreamDescription"]
    update.call(
        "UpdateDestination",
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId=described["VersionId"],
        DestinationId=described["Destinations"][0]["DestinationId"],
        **parameters,
    )


def _update_encryption(update: Update) -> None:
    encryption = _encryption(update)
    operation = "StartDeliveryStreamEncryption" if encryption else "StopDeliveryStreamEncryption"
    update.call(operation, DeliveryStreamName=update.before("name"), **encryption)


ROWS = (
    ResourceType(
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "firehose",
        _delivery_stream,
        deleted("DeleteDeliveryStream", DeliveryStreamName="name"),
        AutoName(64),
        replace_on=(
            "destination",
            "extendedS3Configuration.dynamicPartitioningConfiguration.enabled",
            "kinesisSourceConfiguration",
            "name",
        ),
        updates=(
            UpdateRule(("extendedS3Configuration",), _update_destination),
            UpdateRule(("serverSideEncryption",), _update_encryption),
            tags("TagDeliveryStream", "UntagDeliveryStream", "name"),
        ),
    ),
)
