"""Firehose: delivery streams to S3."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ResourceType, UpdateRule
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import Update

_STREAM_RENAMES = {
    "name": "DeliveryStreamName",
    "extendedS3Configuration": "ExtendedS3DestinationConfiguration",
    "*.bufferingInterval": "BufferingHints.IntervalInSeconds",
    "*.bufferingSize": "BufferingHints.SizeInMBs",
    "*.kmsKeyArn": "EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN",
    "extendedS3Configuration.dynamicPartitioningConfiguration.retryDuration": "RetryOptions.DurationInSeconds",
}


def _delivery_stream(creation: Creation) -> Created:
    destination = creation.need("destination")
    if destination != "extended_s3":
        raise PropertyError("destination", f"does not take {destination!r}; only extended_s3 is supported here")
    encryption = _encryption(creation)
    parameters = creation.convert("CreateDeliveryStream", creation.rest(), _STREAM_RENAMES)
    _enable_conversion(parameters.get("ExtendedS3DestinationConfiguration", {}))
    arn = creation.call("CreateDeliveryStream", **parameters, **encryption)["DeliveryStreamARN"]
    return Created(arn, {"arn": arn, "destinationId": "destinationId-000000000001", "versionId": "1"})


def _encryption(creation: Creation) -> dict[str, Any]:
    properties = creation.take_object("serverSideEncryption")
    if not properties.pop("enabled", False):
        return {}
    configuration = creation.convert(
        "CreateDeliveryStream.DeliveryStreamEncryptionConfigurationInput",
        {"keyType": "AWS_OWNED_CMK", **properties},
        within="serverSideEncryption",
    )
    return {"DeliveryStreamEncryptionConfigurationInput": configuration}


def _enable_conversion(s3: dict[str, Any]) -> None:
    # The provider's default; the API has none.
    if "DataFormatConversionConfiguration" in s3:
        s3["DataFormatConversionConfiguration"].setdefault("Enabled", True)


def _update_destination(update: Update) -> dict[str, Any]:
    name = update.need("name")
    renames = {
        **_STREAM_RENAMES,
        "extendedS3Configuration": "ExtendedS3DestinationUpdate",
        "extendedS3Configuration.s3BackupConfiguration": "S3BackupUpdate",
    }
    configuration = update.need("extendedS3Configuration")
    parameters = update.convert("UpdateDestination", {"extendedS3Configuration": configuration}, renames)
    _enable_conversion(parameters["ExtendedS3DestinationUpdate"])
    described = _described(update, name)
    update.call(
        "UpdateDestination",
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId=described["VersionId"],
        DestinationId=described["Destinations"][0]["DestinationId"],
        **parameters,
    )
    return {"versionId": _described(update, name)["VersionId"]}


def _update_encryption(update: Update) -> dict[str, Any]:
    name, encryption = update.before("name"), _encryption(update)
    if encryption:
        update.call("StartDeliveryStreamEncryption", DeliveryStreamName=name, **encryption)
    else:
        update.call("StopDeliveryStreamEncryption", DeliveryStreamName=name)
    return {"versionId": _described(update, name)["VersionId"]}


def _described(update: Update, name: str) -> dict[str, Any]:
    described: dict[str, Any] = update.call("DescribeDeliveryStream", DeliveryStreamName=name)
    stream: dict[str, Any] = described["DeliveryStreamDescription"]
    return stream


def _delete(deletion: Deletion) -> None:
    deletion.call("DeleteDeliveryStream", DeliveryStreamName=deletion.value("name"))


# What makes a replacement: internal/service/firehose/delivery_stream.go.
ROWS = (
    ResourceType(
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "firehose",
        _delivery_stream,
        _delete,
        AutoName(64),
        replace_on=("destination", "extendedS3Configuration.dynamicPartitioningConfiguration.enabled", "name"),
        updates=(
            UpdateRule(("extendedS3Configuration",), _update_destination),
            UpdateRule(("serverSideEncryption",), _update_encryption),
            tags("TagDeliveryStream", "UntagDeliveryStream", "name"),
        ),
        volatile_outputs=("versionId",),
    ),
)
