"""SQS: queues and their policies. What makes a replacement: internal/service/sqs/queue.go, queue_policy.go."""

from __future__ import annotations

from rapid.local.deploy.operations import Deletion
from rapid.local.deploy.resource_type import AutoName, ResourceType, changed, created, deleted, tags

# What each attribute is where it is not given, and its name in the API:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_ATTRIBUTES = {
    "delaySeconds": (0, "DelaySeconds"),
    "kmsMasterKeyId": ("", "KmsMasterKeyId"),
    "maxMessageSize": (1_048_576, "MaximumMessageSize"),
    "messageRetentionSeconds": (345_600, "MessageRetentionPeriod"),
    "policy": ("", "Policy"),
    "receiveWaitTimeSeconds": (0, "ReceiveMessageWaitTimeSeconds"),
    "redrivePolicy": ("", "RedrivePolicy"),
    "sqsManagedSseEnabled": (..., "SqsManagedSseEnabled"),
    "visibilityTimeoutSeconds": (30, "VisibilityTimeout"),
}
_RENAMES = {"name": "QueueName", **{name: f"Attributes.{member}" for name, (_, member) in _ATTRIBUTES.items()}}

_put_policy = created("SetQueueAttributes", "{QueueUrl}", {"policy": "Attributes.Policy"})


def _delete_policy(deletion: Deletion) -> None:
    deletion.call("SetQueueAttributes", QueueUrl=deletion.id, Attributes={"Policy": ""})


ROWS = (
    ResourceType(
        "aws:sqs/queue:Queue",
        "sqs",
        created(
            "CreateQueue",
            "{QueueUrl}",
            _RENAMES,
            {"arn": "arn:aws:sqs:{region}:{account}:{QueueName}", "url": "{QueueUrl}"},
        ),
        deleted("DeleteQueue", QueueUrl="id"),
        AutoName(80),
        replace_on=("name", "namePrefix"),
        updates=(
            changed(
                "SetQueueAttributes",
                {"QueueUrl": "id"},
                {name: default for name, (default, _) in _ATTRIBUTES.items()},
                _RENAMES,
            ),
            tags("TagQueue", "UntagQueue", "url"),
        ),
        find=lambda made: [made.call("GetQueueUrl", QueueName=made.value("name")).get("QueueUrl", "")],
    ),
    ResourceType(
        "aws:sqs/queuePolicy:QueuePolicy",
        "sqs",
        _put_policy,
        _delete_policy,
        replace_on=("queueUrl",),
        update=_put_policy,
        id_property="queueUrl",
    ),
)
