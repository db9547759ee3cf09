"""Topics and their subscriptions, as the API of SNS has them.

https://docs.aws.amazon.com/sns/latest/api/API_Operations.html
"""

import json
import re
import secrets
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError, unsupported

_NAME = re.compile(r"[\w-]{1,256}", re.ASCII)
_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
_PROTOCOLS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")
SETTABLE = ("DisplayName", "KmsMasterKeyId", "Policy", "SignatureVersion", "TracingConfig")
_MAX_DISPLAY_NAME = 100
_DEFAULT_ACTIONS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)


@dataclass
class Topic:
    """A topic. `attributes` are those that were set."""

    arn: str
    attributes: dict[str, str]
    tags: dict[str, str]
    deleted_subscriptions: int = 0

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition(":")[2]

    @property
    def policy(self) -> str:
        """Its policy, the default one where none was set."""
        return self.attributes.get("Policy") or json.dumps(_default_policy(self.arn))


@dataclass
class Subscription:
    """A mailbox that is told of what a topic has, once it has confirmed."""

    arn: str
    topic_arn: str
    protocol: str
    endpoint: str
    token: str = field(default_factory=lambda: secrets.token_hex(144))
    is_confirmed: bool = False

    def shown(self) -> dict[str, Any]:
        """As lists of subscriptions show it."""
        return {
            "SubscriptionArn": self.arn if self.is_confirmed else "PendingConfirmation",
            "Owner": ACCOUNT_ID,
            "Protocol": self.protocol,
            "Endpoint": self.endpoint,
            "TopicArn": self.topic_arn,
        }


class Topics:
    """The topics of a region. Safe for several threads."""

    def __init__(self, region: str) -> None:
        self._prefix = f"arn:aws:sns:{region}:{ACCOUNT_ID}:"
        self._topics: dict[str, Topic] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._lock = threading.RLock()

    def create(self, name: str, attributes: Mapping[str, str], tags: Mapping[str, str]) -> Topic:
        """Make a topic, or find the one of this name. Raises ServiceError."""
        if not _NAME.fullmatch(name):
            raise _invalid("Topic Name")
        for attribute, value in attributes.items():
            _check(attribute, value)
        with self._lock:
            arn = self._prefix + name
            known = self._topics.get(arn)
            if known and dict(attributes) != known.attributes:
                raise _invalid("Attributes Reason: Topic already exists with different attributes")
            return self._topics.setdefault(arn, Topic(arn, dict(attributes), dict(tags)))

    def find(self, arn: str) -> Topic:
        """A topic. Raises ServiceError if there is none."""
        topic = self._topics.get(arn)
        if topic is None:
            raise ServiceError("NotFound", "Topic does not exist", 404)
        return topic

    def set(self, arn: str, name: str, value: str) -> None:
        """Set an attribute. Raises ServiceError."""
        topic = self.find(arn)
        _check(name, value)
        if value:
            topic.attributes[name] = value
        else:
            topic.attributes.pop(name, None)

    def delete(self, arn: str) -> None:
        """Forget a topic and its subscriptions; one that is not there is forgotten already."""
        with self._lock:
            self._topics.pop(arn, None)
            for subscription in self.subscriptions(arn):
                del self._subscriptions[subscription.arn]

    def all(self) -> list[Topic]:
        """All topics."""
        with self._lock:
            return [self._topics[arn] for arn in sorted(self._topics)]

    def subscribe(self, topic_arn: str, protocol: str, endpoint: str) -> tuple[Subscription, bool]:
        """A mailbox's subscription, and whether it still has to be confirmed. Raises ServiceError."""
        self.find(topic_arn)
        if protocol not in _PROTOCOLS:
            raise _invalid("Does not support this protocol string: " + protocol)
        if protocol != "email":
            raise unsupported(f"subscriptions of the protocol {protocol}, but email alone")
        if not _ADDRESS.fullmatch(endpoint):
            raise _invalid("Email address")
        with self._lock:
            for known in self.subscriptions(topic_arn):
                if (known.protocol, known.endpoint) == (protocol, endpoint):
                    return known, not known.is_confirmed
            made = Subscription(f"{topic_arn}:{uuid.uuid4()}", topic_arn, protocol, endpoint)
            self._subscriptions[made.arn] = made
            return made, True

    def confirm(self, topic_arn: str, token: str) -> Subscription:
        """Confirm the subscription with a token. Raises ServiceError."""
        self.find(topic_arn)
        with self._lock:
            for subscription in self.subscriptions(topic_arn):
                if secrets.compare_digest(subscription.token.encode(), token.encode()):
                    subscription.is_confirmed = True
                    return subscription
        raise _invalid("Token")

    def unsubscribe(self, arn: str) -> None:
        """End a subscription; one that is not there is ended already. Raises ServiceError for an unconfirmed one."""
        with self._lock:
            known = self._subscriptions.get(arn)
            if known and not known.is_confirmed:
                raise _invalid(
                    "This operation can not be performed on subscription that is pending confirmation",
                    "SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation",
                )
            if known:
                del self._subscriptions[arn]
                self.find(known.topic_arn).deleted_subscriptions += 1

    def subscription(self, arn: str) -> Subscription:
        """A subscription. Raises ServiceError if there is none."""
        if arn not in self._subscriptions:
            raise ServiceError("NotFound", "Subscription does not exist", 404)
        return self._subscriptions[arn]

    def subscriptions(self, topic_arn: str | None = None) -> list[Subscription]:
        """The subscriptions to a topic, or to all."""
        with self._lock:
            return [each for each in self._subscriptions.values() if topic_arn in (None, each.topic_arn)]


def _check(name: str, value: str) -> None:
    if name not in SETTABLE:
        raise unsupported(f"the attribute {name} of a topic")
    if name == "DisplayName" and len(value) > _MAX_DISPLAY_NAME:
        raise _invalid("DisplayName: Display Name must be at most 100 characters long")
    if name == "Policy" and value:
        try:
            statements = json.loads(value)["Statement"]
        except (ValueError, KeyError, TypeError):
            raise _invalid("Policy Error: null") from None
        for statement in statements if isinstance(statements, list) else [statements]:
            if "Principal" not in statement and "NotPrincipal" not in statement:
                raise _invalid("Policy statement must have a Principal")


def _default_policy(arn: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html: the topic's owner alone."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _DEFAULT_ACTIONS],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT_ID}},
    }
    return {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}


def _invalid(what: str, more: str = "") -> ServiceError:
    return ServiceError("InvalidParameter", f"Invalid parameter: {more or what}")
