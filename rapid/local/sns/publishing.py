"""Publishing to topics: by callers of the API, and by services of AWS if the policies of topic and key let them.

https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from ..clients import ACCOUNT_ID, Clients
from ..iam import resource_policy
from ..outbox import Outbox
from ..service_error import ServiceError
from . import mails
from .topics import Topic, Topics

PUBLISH = "SNS:Publish"
_KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
_SERVICES_KEY = "alias/aws/sns"


class NotAuthorizedError(Exception):
    """A service may not publish; the message is SNS's."""


@dataclass(frozen=True)
class Source:
    """The service that publishes, by its principal, on behalf of a resource; `name` is how messages call it."""

    principal: str
    arn: str
    name: str
    as_owner: bool = False
    """Whether it publishes as the owner of the topic's account, whom a topic's default policy lets in."""


class Publisher:
    """Brings messages to those who subscribed."""

    def __init__(self, clients: Clients, topics: Topics, outbox: Outbox, now: Callable[[], float]) -> None:
        self._clients = clients
        self._topics = topics
        self._outbox = outbox
        self._now = now

    def deliver(self, topic: Topic, subject: str | None, messages: Mapping[str, str]) -> str:
        """Mail a message to all mailboxes that confirmed; its id. `messages` are by protocol, and `default`."""
        for subscription in self._topics.subscriptions(topic.arn):
            if subscription.is_confirmed:
                message = messages.get(subscription.protocol, messages["default"])
                written = mails.notification(self._clients.endpoint_url, subscription, subject, message)
                self._outbox.send(mails.sender(topic), subscription.endpoint, *written, self._now())
        return str(uuid.uuid4())

    def publish(self, source: Source, topic_arn: str, subject: str | None, messages: Mapping[str, str]) -> None:
        """Publish on behalf of a service. Raises NotAuthorizedError, or ServiceError if there is no such topic."""
        topic = self._topics.find(topic_arn)
        owner = {"aws:sourceowner": ACCOUNT_ID} if source.as_owner else {}
        if not resource_policy.allows(
            json.loads(topic.policy), PUBLISH, source.principal, source.arn, ACCOUNT_ID, topic_arn, owner
        ):
            raise NotAuthorizedError(
                f"Resource: {source.arn} is not authorized to perform: {PUBLISH} on resource: {topic_arn}"
            )
        key = topic.attributes.get("KmsMasterKeyId")
        if key and not self._may_use(key, source):
            raise NotAuthorizedError(
                f"{source.name} does not have authorization to access the SNS topic encryption key."
            )
        self.deliver(topic, subject, messages)

    def _may_use(self, key: str, source: Source) -> bool:
        if key.endswith(_SERVICES_KEY):
            # Its policy lets no other service in, and nobody can change it.
            return False
        kms = self._clients.client("kms")
        try:
            metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
            policy = json.loads(kms.get_key_policy(KeyId=metadata["KeyId"], PolicyName="default")["Policy"])
        except ClientError as error:
            raise ServiceError("KMSNotFound", str(error)) from None
        # A policy's wildcard in an account's principal means the account's users, not services.
        return all(
            resource_policy.allows(
                policy, action, source.principal, source.arn, ACCOUNT_ID, metadata["Arn"], services_alone=True
            )
            for action in _KEY_ACTIONS
        )
