"""SQS: queues."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ResourceType, UpdateRule, whole
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import KEPT, Update

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html lists the attributes.
_QUEUE_RENAMES = {
    "name": "QueueName",
    "contentBasedDeduplication": "Attributes.ContentBasedDeduplication",
    "deduplicationScope": "Attributes.DeduplicationScope",
    "delaySeconds": "Attributes.DelaySeconds",
    "fifoQueue": "Attributes.FifoQueue",
    "fifoThroughputLimit": "Attributes.FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "Attributes.KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "Attributes.KmsMasterKeyId",
    "maxMessageSize": "Attributes.MaximumMessageSize",
    "messageRetentionSeconds": "Attributes.MessageRetentionPeriod",
    "policy": "Attributes.Policy",
    "receiveWaitTimeSeconds": "Attributes.ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "Attributes.RedriveAllowPolicy",
    "redrivePolicy": "Attributes.RedrivePolicy",
    "sqsManagedSseEnabled": "Attributes.SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "Attributes.VisibilityTimeout",
}


def _queue(creation: Creation) -> Created:
    parameters = creation.convert("CreateQueue", creation.rest(), _QUEUE_RENAMES)
    url = creation.call("CreateQueue", **parameters)["QueueUrl"]
    arn = f"arn:aws:sqs:{creation.cloud.region}:{creation.cloud.account_id}:{parameters['QueueName']}"
    return Created(url, {"arn": arn, "url": url})


def _queue_policy(creation: Creation) -> Created:
    parameters = creation.convert("SetQueueAttributes", creation.rest(), {"policy": "Attributes.Policy"})
    creation.call("SetQueueAttributes", **parameters)
    return Created(parameters["QueueUrl"])


# What each attribute is where it is not given, by the same page.
_WHEN_REMOVED = {
    "contentBasedDeduplication": False,
    "deduplicationScope": KEPT,
    "delaySeconds": 0,
    "fifoThroughputLimit": KEPT,
    "kmsDataKeyReusePeriodSeconds": KEPT,
    "kmsMasterKeyId": "",
    "maxMessageSize": 1_048_576,
    "messageRetentionSeconds": 345_600,
    "policy": "",
    "receiveWaitTimeSeconds": 0,
    "redriveAllowPolicy": "",
    "redrivePolicy": "",
    "sqsManagedSseEnabled": KEPT,
    "visibilityTimeoutSeconds": 30,
}
_ATTRIBUTES = tuple(name for name in _QUEUE_RENAMES if name not in ("name", "fifoQueue"))


def _attributes(update: Update) -> None:
    values = update.pick(_ATTRIBUTES, _WHEN_REMOVED)
    if values:
        parameters = update.convert("SetQueueAttributes", values, _QUEUE_RENAMES)
        update.call("SetQueueAttributes", QueueUrl=update.id, **parameters)


def _delete_queue(deletion: Deletion) -> None:
    deletion.call("DeleteQueue", QueueUrl=deletion.id)


def _delete_policy(deletion: Deletion) -> None:
    deletion.call("SetQueueAttributes", QueueUrl=deletion.id, Attributes={"Policy": ""})


# What makes a replacement: internal/service/sqs/queue.go and queue_policy.go.
ROWS = (
    ResourceType(
        "aws:sqs/queue:Queue",
        "sqs",
        _queue,
        _delete_queue,
        AutoName(80),
        replace_on=("fifoQueue", "name", "namePrefix"),
        updates=(UpdateRule(_ATTRIBUTES, _attributes), tags("TagQueue", "UntagQueue", "url")),
        find=lambda made: [made.call("GetQueueUrl", QueueName=made.value("name")).get("QueueUrl", "")],
    ),
    ResourceType(
        "aws:sqs/queuePolicy:QueuePolicy",
        "sqs",
        _queue_policy,
        _delete_policy,
        replace_on=("queueUrl",),
        updates=(UpdateRule(("policy",), whole(_queue_policy)),),
        id_property="queueUrl",
    ),
)
