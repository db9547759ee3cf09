"""The mails of SNS, in its words. Links lead to the local cloud.

https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
"""

from email.headerregistry import Address
from urllib.parse import urlencode

from .topics import Subscription, Topic

PATH = "/_aws/sns/"
CONFIRMATION, UNSUBSCRIPTION = "confirmation.html", "unsubscribe.html"
_DISPLAY_NAME = "AWS Notifications"
_RULE = "--"


def sender(topic: Topic) -> Address:
    """Who mails of a topic are from: SNS, under the topic's display name where it has one."""
    return Address(topic.attributes.get("DisplayName") or _DISPLAY_NAME, "no-reply", "sns.amazonaws.com")


def confirmation(endpoint_url: str, subscription: Subscription) -> tuple[str, str]:
    """Subject and text of the mail that asks whether a mailbox wants to be told."""
    asked = {
        "TopicArn": subscription.topic_arn,
        "Token": subscription.token,
        "Endpoint": subscription.endpoint,
    }
    link = f"{endpoint_url}{PATH}{CONFIRMATION}?{urlencode(asked)}"
    text = f"""You have chosen to subscribe to the topic:
{subscription.topic_arn}

To confirm this subscription, click or visit the link below (If this was in error no action is necessary):
{link}

Please do not reply directly to this email. If you wish to remove yourself from receiving all future SNS subscription confirmation requests please send an email to sns-opt-out
"""  # noqa: E501
    return "AWS Notification - Subscription Confirmation", text


def notification(endpoint_url: str, subscription: Subscription, subject: str | None, message: str) -> tuple[str, str]:
    """Subject and text of a mail with a message."""
    asked = {"SubscriptionArn": subscription.arn, "Endpoint": subscription.endpoint}
    link = f"{endpoint_url}{PATH}{UNSUBSCRIPTION}?{urlencode(asked)}"
    text = f"""{message}

{_RULE}
If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:
{link}

Please do not reply directly to this email. If you have any questions or comments regarding this email, please contact us at https://aws.amazon.com/support
"""  # noqa: E501
    return subject or "AWS Notification Message", text
