"""SNS: topics, their policies and subscriptions.

What makes a replacement: internal/service/sns/topic.go, topic_policy.go and topic_subscription.go.
"""

from __future__ import annotations

import json

from rapid.local.clients import ACCOUNT_ID
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import AutoName, ResourceType, UpdateRule, created, deleted, tags

# What each attribute is where it is not given: https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
_TOPIC_ATTRIBUTES = {
    "displayName": ("DisplayName", ""),
    "kmsMasterKeyId": ("KmsMasterKeyId", ""),
    "policy": ("Policy", ...),
    "signatureVersion": ("SignatureVersion", "1"),
    "tracingConfig": ("TracingConfig", "PassThrough"),
}
_TOPIC_RENAMES = {name: f"Attributes.{attribute}" for name, (attribute, _) in _TOPIC_ATTRIBUTES.items()}
_PENDING = "pending confirmation"


def _set_attributes(update: Update) -> None:
    """Each attribute has a call of its own."""
    defaults = {name: default for name, (_, default) in _TOPIC_ATTRIBUTES.items() if default is not ...}
    for name, value in update.pick(_TOPIC_ATTRIBUTES, defaults).items():
        converted = update.convert("SetTopicAttributes", {"attributeValue": value}, within=name)
        attribute = _TOPIC_ATTRIBUTES[name][0]
        update.call("SetTopicAttributes", TopicArn=update.id, AttributeName=attribute, **converted)


def _put_policy(creation: Creation) -> Created:
    arn, policy = creation.need("arn"), creation.need("policy")
    value = creation.convert("SetTopicAttributes", {"attributeValue": policy, **creation.rest()})
    creation.call("SetTopicAttributes", TopicArn=arn, AttributeName="Policy", **value)
    return Created(arn, {"owner": ACCOUNT_ID})


def _delete_policy(deletion: Deletion) -> None:
    """A topic is never without a policy, so it gets the one that lets its owner in, as the provider does it."""
    actions = (
        "AddPermission",
        "DeleteTopic",
        "GetTopicAttributes",
        "ListSubscriptionsByTopic",
        "Publish",
        "RemovePermission",
        "SetTopicAttributes",
        "Subscribe",
    )
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": deletion.id,
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT_ID}},
    }
    policy = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    deletion.call("SetTopicAttributes", TopicArn=deletion.id, AttributeName="Policy", AttributeValue=json.dumps(policy))


def _subscribe(creation: Creation) -> Created:
    parameters = creation.convert("Subscribe", creation.rest(), {"topic": "TopicArn"})
    arn = creation.call("Subscribe", **parameters, ReturnSubscriptionArn=True)["SubscriptionArn"]
    creation.begun = arn
    found = creation.call("GetSubscriptionAttributes", SubscriptionArn=arn)["Attributes"]
    return Created(
        arn,
        {
            "arn": arn,
            "confirmationWasAuthenticated": found.get("ConfirmationWasAuthenticated") == "true",
            "ownerId": ACCOUNT_ID,
            "pendingConfirmation": found.get("PendingConfirmation") == "true",
        },
    )


def _unsubscribe(deletion: Deletion) -> None:
    """One that was never confirmed cannot be ended, and goes with its topic: so the provider leaves it."""
    try:
        deletion.call("Unsubscribe", SubscriptionArn=deletion.id)
    except DeployError as error:
        if _PENDING not in str(error):
            raise


def _find_subscription(made: Deletion) -> list[str]:
    found = made.call("ListSubscriptionsByTopic", TopicArn=made.value("topic")).get("Subscriptions", [])
    wanted = (made.value("protocol"), made.value("endpoint"))
    return [item["SubscriptionArn"] for item in found if (item["Protocol"], item["Endpoint"]) == wanted]


ROWS = (
    ResourceType(
        "aws:sns/topic:Topic",
        "sns",
        created("CreateTopic", "{TopicArn}", _TOPIC_RENAMES, {"arn": "{TopicArn}", "owner": "{account}"}),
        deleted("DeleteTopic", TopicArn="id"),
        AutoName(256),
        replace_on=("fifoTopic", "name", "namePrefix"),
        updates=(UpdateRule(tuple(_TOPIC_ATTRIBUTES), _set_attributes), tags()),
        find=lambda made: [
            topic["TopicArn"]
            for topic in made.call("ListTopics").get("Topics", [])
            if topic["TopicArn"].endswith(f":{made.value('name')}")
        ],
    ),
    ResourceType(
        "aws:sns/topicPolicy:TopicPolicy",
        "sns",
        _put_policy,
        _delete_policy,
        id_property="arn",
        replace_on=("arn",),
        update=_put_policy,
    ),
    ResourceType(
        "aws:sns/topicSubscription:TopicSubscription",
        "sns",
        _subscribe,
        _unsubscribe,
        replace_on=("endpoint", "protocol", "topic"),
        # How long the provider waits for the endpoint to confirm by itself, which no mailbox does.
        end_only=("confirmationTimeoutInMinutes", "endpointAutoConfirms"),
        find=_find_subscription,
    ),
)
