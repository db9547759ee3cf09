"""Kinesis: data streams. What makes a replacement: internal/service/kinesis/stream.go."""

from __future__ import annotations

from typing import Any

from rapid.local.clients import ACCOUNT_ID
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import AutoName, ResourceType, UpdateRule, tags

_RENAMES = {
    "kmsKeyId": "KeyId",
    "retentionPeriod": "RetentionPeriodHours",
    "shardCount": "TargetShardCount",
}
_DEFAULT_RETENTION_HOURS = 24
_PROVISIONED, _ON_DEMAND = "PROVISIONED", "ON_DEMAND"


def _create(creation: Creation) -> Created:
    name, hours = creation.need("name"), creation.take("retentionPeriod")
    encryption = _encryption(creation)
    shards, mode = creation.take("shardCount"), creation.take_object("streamModeDetails")
    _check_shards(shards, mode)
    asked = {"name": name, **creation.rest(), **_given("shardCount", shards), **_given("streamModeDetails", mode)}
    retention = _retention(creation, "IncreaseStreamRetentionPeriod", hours) if hours is not None else {}
    parameters = creation.convert("CreateStream", asked, {"name": "StreamName"})
    creation.call("CreateStream", **parameters)
    arn = creation.begun = f"arn:aws:kinesis:{creation.cloud.region}:{ACCOUNT_ID}:stream/{name}"
    if retention:
        creation.call("IncreaseStreamRetentionPeriod", StreamName=name, **retention)
    if encryption:
        creation.call("StartStreamEncryption", StreamName=name, **encryption)
    return Created(arn, {"arn": arn})


def _given(name: str, value: Any) -> dict[str, Any]:
    return {name: value} if value else {}


def _check_shards(shards: Any, mode: dict[str, Any]) -> None:
    """As the provider does before it asks AWS."""
    if mode.get("streamMode", _PROVISIONED) == _ON_DEMAND:
        if shards:
            raise PropertyError("shardCount", f"must not be set when streamModeDetails.streamMode is {_ON_DEMAND}")
    elif not shards:
        raise PropertyError("shardCount", f"must be at least 1 when streamModeDetails.streamMode is {_PROVISIONED}")


def _encryption(work: Creation) -> dict[str, Any]:
    kind, key = work.take("encryptionType") or "NONE", work.take("kmsKeyId")
    parameters = work.convert("StartStreamEncryption", {"encryptionType": kind, "kmsKeyId": key or ""}, _RENAMES)
    if kind == "NONE":
        return {}
    if not key:
        raise PropertyError("kmsKeyId", "is missing; encryptionType KMS needs it")
    return parameters


def _retention(work: Creation, operation: str, hours: Any) -> dict[str, Any]:
    return work.convert(operation, {"retentionPeriod": hours}, _RENAMES)


def _update_shards(update: Update) -> None:
    mode_before = update.before("streamModeDetails") or {}
    # A mode or a record size that the program names no longer stays as it is.
    shards, mode = update.take("shardCount"), update.take_object("streamModeDetails") or mode_before
    _check_shards(shards, mode)
    before, after = (each.get("streamMode", _PROVISIONED) for each in (mode_before, mode))
    if before != after:
        update.call("UpdateStreamMode", StreamARN=update.id, StreamModeDetails={"StreamMode": after})
    if after == _PROVISIONED and "shardCount" in update.changed:
        target = update.convert("UpdateShardCount", {"shardCount": shards}, _RENAMES)
        update.call("UpdateShardCount", StreamName=update.before("name"), ScalingType="UNIFORM_SCALING", **target)


def _update_retention(update: Update) -> None:
    before = int(update.before("retentionPeriod") or _DEFAULT_RETENTION_HOURS)
    after = _retention(
        update, "IncreaseStreamRetentionPeriod", update.take("retentionPeriod") or _DEFAULT_RETENTION_HOURS
    )
    is_longer = after["RetentionPeriodHours"] > before
    operation = "IncreaseStreamRetentionPeriod" if is_longer else "DecreaseStreamRetentionPeriod"
    update.call(operation, StreamName=update.before("name"), **after)


def _update_encryption(update: Update) -> None:
    encryption, name = _encryption(update), update.before("name")
    if encryption:
        update.call("StartStreamEncryption", StreamName=name, **encryption)
    elif update.before("kmsKeyId"):
        update.call("StopStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId=update.before("kmsKeyId"))


def _update_record_size(update: Update) -> None:
    size = update.take("maxRecordSizeInKib")
    if size is not None:
        parameters = update.convert("UpdateMaxRecordSize", {"maxRecordSizeInKib": size})
        update.call("UpdateMaxRecordSize", StreamARN=update.id, **parameters)


def _delete(deletion: Deletion) -> None:
    enforce = bool(deletion.value("enforceConsumerDeletion"))
    deletion.call("DeleteStream", StreamName=deletion.value("name"), EnforceConsumerDeletion=enforce)


ROWS = (
    ResourceType(
        "aws:kinesis/stream:Stream",
        "kinesis",
        _create,
        _delete,
        AutoName(128),
        replace_on=("name",),
        updates=(
            UpdateRule(("streamModeDetails", "shardCount"), _update_shards),
            UpdateRule(("retentionPeriod",), _update_retention),
            UpdateRule(("encryptionType", "kmsKeyId"), _update_encryption),
            UpdateRule(("maxRecordSizeInKib",), _update_record_size),
            tags("AddTagsToStream", "RemoveTagsFromStream", "name"),
        ),
        end_only=("enforceConsumerDeletion",),
    ),
)
