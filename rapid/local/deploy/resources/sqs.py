"""SQS: queues."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.naming import AutoName

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


ROWS = (
    ResourceType("aws:sqs/queue:Queue", "sqs", _queue, AutoName(80)),
    ResourceType("aws:sqs/queuePolicy:QueuePolicy", "sqs", _queue_policy),
)
