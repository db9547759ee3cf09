"""CloudWatch Logs: log groups and streams."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ANY_PROPERTY, ResourceType, UpdateRule
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import Update


def _log_group(creation: Creation) -> Created:
    creation.take("skipDestroy")  # speaks of the log group's end, which creation does not meet
    retention = creation.take("retentionInDays")
    parameters = creation.convert("CreateLogGroup", creation.rest(), {"name": "logGroupName"})
    name = parameters["logGroupName"]
    creation.call("CreateLogGroup", **parameters)
    creation.begin(Created(name))
    if retention:  # 0 means for ever, to the provider; the API says so by having no policy
        policy = creation.convert("PutRetentionPolicy", {"retentionInDays": retention})
        creation.call("PutRetentionPolicy", logGroupName=name, **policy)
    arn = f"arn:aws:logs:{creation.cloud.region}:{creation.cloud.account_id}:log-group:{name}"
    return Created(name, {"arn": arn})


def _log_stream(creation: Creation) -> Created:
    parameters = creation.convert("CreateLogStream", creation.rest(), {"name": "logStreamName"})
    creation.call("CreateLogStream", **parameters)
    group, name = parameters["logGroupName"], parameters["logStreamName"]
    place = f"{creation.cloud.region}:{creation.cloud.account_id}"
    return Created(name, {"arn": f"arn:aws:logs:{place}:log-group:{group}:log-stream:{name}"})


def _retention(update: Update) -> None:
    retention = update.take("retentionInDays")
    if retention:
        policy = update.convert("PutRetentionPolicy", {"retentionInDays": retention})
        update.call("PutRetentionPolicy", logGroupName=update.id, **policy)
    else:
        update.call("DeleteRetentionPolicy", logGroupName=update.id)


def _key(update: Update) -> None:
    key = update.take("kmsKeyId")
    if key:
        update.call("AssociateKmsKey", logGroupName=update.id, kmsKeyId=key)
    else:
        update.call("DisassociateKmsKey", logGroupName=update.id)


def _delete_group(deletion: Deletion) -> None:
    if not deletion.value("skipDestroy"):
        deletion.call("DeleteLogGroup", logGroupName=deletion.id)


def _delete_stream(deletion: Deletion) -> None:
    deletion.call("DeleteLogStream", logGroupName=deletion.value("logGroupName"), logStreamName=deletion.id)


# What makes a replacement: internal/service/logs/group.go and stream.go.
ROWS = (
    ResourceType(
        "aws:cloudwatch/logGroup:LogGroup",
        "logs",
        _log_group,
        _delete_group,
        AutoName(512),
        replace_on=("logGroupClass", "name", "namePrefix"),
        updates=(UpdateRule(("retentionInDays",), _retention), UpdateRule(("kmsKeyId",), _key), tags()),
        end_only=("skipDestroy",),
    ),
    ResourceType(
        "aws:cloudwatch/logStream:LogStream",
        "logs",
        _log_stream,
        _delete_stream,
        AutoName(512),
        replace_on=(ANY_PROPERTY,),
    ),
)
