"""Firehose: delivery streams to S3."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.naming import AutoName

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
    s3 = parameters.get("ExtendedS3DestinationConfiguration", {})
    if "DataFormatConversionConfiguration" in s3:
        s3["DataFormatConversionConfiguration"].setdefault("Enabled", True)
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


ROWS = (
    ResourceType(
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", "firehose", _delivery_stream, AutoName(64)
    ),
)
