"""The API of SNS, and the pages behind the links in its mails.

https://docs.aws.amazon.com/sns/latest/api/API_Operations.html
"""

import json
from collections.abc import Callable
from html import escape
from typing import Any

from werkzeug import Request, Response

from ..clients import ACCOUNT_ID, Clients
from ..moto.modelled import ModelledService
from ..outbox import Outbox
from ..server.planes import Forward
from ..service_error import ServiceError, unsupported
from . import mails
from .publishing import Publisher
from .topics import Subscription, Topic, Topics

MAX_MESSAGE_BYTES = 262_144
MAX_SUBJECT = 100
"""https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
_PAGE = 100
_UNKNOWN = ("MessageAttributes", "MessageDeduplicationId", "MessageGroupId", "PhoneNumber", "TargetArn")
Document = dict[str, Any]


class SnsService:
    """Answers requests to SNS; `publisher` publishes for services of AWS."""

    def __init__(self, clients: Clients, outbox: Outbox, now: Callable[[], float]) -> None:
        self._clients = clients
        self._outbox = outbox
        self._now = now
        self._service = ModelledService("sns")
        self._topics = topics = Topics(clients.region)
        self.publisher = Publisher(clients, topics, outbox, now)
        self._operations: dict[str, Callable[[Document], Document]] = {
            "ConfirmSubscription": self._confirm,
            "CreateTopic": self._create,
            "DeleteTopic": self._delete,
            "GetSubscriptionAttributes": self._subscription_attributes,
            "GetTopicAttributes": self._topic_attributes,
            "ListSubscriptions": lambda asked: _page("Subscriptions", _shown(topics.subscriptions()), asked),
            "ListSubscriptionsByTopic": self._list_by_topic,
            "ListTagsForResource": self._list_tags,
            "ListTopics": lambda asked: _page("Topics", [{"TopicArn": topic.arn} for topic in topics.all()], asked),
            "Publish": self._publish,
            "SetTopicAttributes": self._set,
            "Subscribe": self._subscribe,
            "TagResource": self._tag,
            "Unsubscribe": self._unsubscribe,
            "UntagResource": self._untag,
        }

    def handle(self, request: Request, _forward: Forward) -> Response:
        """Answer a request. Raises ServiceError."""
        name, asked = self._service.read(request)
        if name not in self._operations:
            raise unsupported(f"SNS's {name}")
        return self._service.answer(request, name, self._operations[name](asked))

    def page(self, request: Request) -> Response:
        """Do what a link in a mail is for, and say so; nobody signs such requests."""
        name, asked = request.path.removeprefix(mails.PATH), request.args
        try:
            if name == mails.CONFIRMATION:
                found = self._topics.confirm(asked.get("TopicArn", ""), asked.get("Token", ""))
                said = f"You have subscribed {found.endpoint} to the topic: {_name(found)}. Your subscription's id is:"
                return _html("Subscription confirmed!", said, found.arn)
            if name == mails.UNSUBSCRIPTION:
                arn = asked.get("SubscriptionArn", "")
                found = self._topics.subscription(arn)
                self._topics.unsubscribe(arn)
                return _html("Subscription removed!", f"{found.endpoint} is told no more of {_name(found)}.", arn)
        except ServiceError as error:
            return _html("Error", error.message, "", error.http_status)
        return _html("Error", f"There is no page {request.path}", "", 404)

    def _create(self, asked: Document) -> Document:
        tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags") or []}
        return {"TopicArn": self._topics.create(asked["Name"], asked.get("Attributes") or {}, tags).arn}

    def _delete(self, asked: Document) -> Document:
        self._topics.delete(asked["TopicArn"])
        return {}

    def _set(self, asked: Document) -> Document:
        self._topics.set(asked["TopicArn"], asked["AttributeName"], asked.get("AttributeValue") or "")
        return {}

    def _topic_attributes(self, asked: Document) -> Document:
        topic = self._topics.find(asked["TopicArn"])
        found = self._topics.subscriptions(topic.arn)
        confirmed = sum(subscription.is_confirmed for subscription in found)
        return {
            "Attributes": {
                "DisplayName": "",
                **topic.attributes,
                "Owner": ACCOUNT_ID,
                "Policy": topic.policy,
                "SubscriptionsConfirmed": str(confirmed),
                "SubscriptionsDeleted": str(topic.deleted_subscriptions),
                "SubscriptionsPending": str(len(found) - confirmed),
                "TopicArn": topic.arn,
            }
        }

    def _subscribe(self, asked: Document) -> Document:
        if asked.get("Attributes"):
            raise unsupported(f"subscriptions with {', '.join(sorted(asked['Attributes']))}")
        endpoint = asked.get("Endpoint") or ""
        subscription, is_pending = self._topics.subscribe(asked["TopicArn"], asked["Protocol"], endpoint)
        if is_pending:
            topic = self._topics.find(asked["TopicArn"])
            written = mails.confirmation(self._clients.endpoint_url, subscription)
            self._outbox.send(mails.sender(topic), endpoint, *written, self._now())
        shown = is_pending and not asked.get("ReturnSubscriptionArn")
        return {"SubscriptionArn": "pending confirmation" if shown else subscription.arn}

    def _confirm(self, asked: Document) -> Document:
        return {"SubscriptionArn": self._topics.confirm(asked["TopicArn"], asked["Token"]).arn}

    def _unsubscribe(self, asked: Document) -> Document:
        self._topics.unsubscribe(asked["SubscriptionArn"])
        return {}

    def _subscription_attributes(self, asked: Document) -> Document:
        found = self._topics.subscription(asked["SubscriptionArn"])
        return {
            "Attributes": {
                "ConfirmationWasAuthenticated": "false",
                "Endpoint": found.endpoint,
                "Owner": ACCOUNT_ID,
                "PendingConfirmation": str(not found.is_confirmed).lower(),
                "Protocol": found.protocol,
                "RawMessageDelivery": "false",
                "SubscriptionArn": found.arn,
                "TopicArn": found.topic_arn,
            }
        }

    def _list_by_topic(self, asked: Document) -> Document:
        topic = self._topics.find(asked["TopicArn"])
        return _page("Subscriptions", _shown(self._topics.subscriptions(topic.arn)), asked)

    def _publish(self, asked: Document) -> Document:
        for name in _UNKNOWN:
            if asked.get(name):
                raise unsupported(f"Publish with {name}")
        topic = self._topics.find(asked.get("TopicArn") or "")
        message, subject = asked["Message"], asked.get("Subject")
        if not message:
            raise _invalid("Empty message")
        if len(message.encode()) > MAX_MESSAGE_BYTES:
            raise _invalid("Message too long")
        if subject is not None and (not 0 < len(subject) <= MAX_SUBJECT or not subject.isprintable()):
            raise _invalid("Subject")
        return {"MessageId": self.publisher.deliver(topic, subject, _by_protocol(asked, message))}

    def _list_tags(self, asked: Document) -> Document:
        return {"Tags": [{"Key": key, "Value": value} for key, value in self._tagged(asked).tags.items()]}

    def _tag(self, asked: Document) -> Document:
        self._tagged(asked).tags.update({tag["Key"]: tag["Value"] for tag in asked["Tags"]})
        return {}

    def _untag(self, asked: Document) -> Document:
        for key in asked["TagKeys"]:
            self._tagged(asked).tags.pop(key, None)
        return {}

    def _tagged(self, asked: Document) -> Topic:
        try:
            return self._topics.find(asked["ResourceArn"])
        except ServiceError:
            raise ServiceError("ResourceNotFound", "Resource does not exist", 404) from None


def _by_protocol(asked: Document, message: str) -> dict[str, str]:
    match asked.get("MessageStructure"):
        case None:
            return {"default": message}
        case "json":
            try:
                found = json.loads(message)
            except ValueError:
                raise _invalid("Message Structure - JSON message body failed to parse") from None
            if not isinstance(found, dict) or not isinstance(found.get("default"), str):
                raise _invalid("Message Structure - No default entry in JSON message body")
            return {key: value for key, value in found.items() if isinstance(value, str)}
    raise _invalid("MessageStructure")


def _shown(found: list[Subscription]) -> list[Document]:
    return [subscription.shown() for subscription in found]


def _page(member: str, found: list[Document], asked: Document) -> Document:
    token = str(asked.get("NextToken") or "0")
    if not token.isdigit():
        raise _invalid("NextToken")
    start = int(token)
    answer: Document = {member: found[start : start + _PAGE]}
    if len(found) > start + _PAGE:
        answer["NextToken"] = str(start + _PAGE)
    return answer


def _name(subscription: Subscription) -> str:
    return subscription.topic_arn.rpartition(":")[2]


def _html(title: str, said: str, arn: str, status: int = 200) -> Response:
    content = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f"<body><h1>Simple Notification Service</h1>\n<h2>{escape(title)}</h2>\n"
        f"<p>{escape(said)}</p>\n<p>{escape(arn)}</p></body></html>\n"
    )
    return Response(content, status, content_type="text/html; charset=utf-8")


def _invalid(what: str) -> ServiceError:
    return ServiceError("InvalidParameter", f"Invalid parameter: {what}")
