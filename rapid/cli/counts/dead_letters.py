"""The events on the dead-letter queue, read without taking them off it."""

import base64
import json
from collections import defaultdict
from typing import Any, NamedTuple

from .fates import Side
from .lines import side

_BATCH = 10
"""The most messages that SQS gives at once."""
_HIDDEN_SECONDS = 120
"""How long a message that was read stays hidden, should this program die before it gives it back."""
_EMPTY_ANSWERS = 3
"""So many answers without a message mean that there is none left: a short poll asks a part of SQS's servers only.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""


class DeadLetters(NamedTuple):
    """The events by source, and how many messages could not be seen because somebody else is reading them."""

    by_source: dict[str, Side]
    unseen_messages: int


def read(sqs: Any, queue_url: str) -> DeadLetters:
    """Read all messages and give them back."""
    waiting = _messages(sqs, queue_url, "ApproximateNumberOfMessagesNotVisible")
    receipts: dict[str, str] = {}
    records: dict[str, list[bytes]] = defaultdict(list)
    empty = 0
    try:
        while empty < _EMPTY_ANSWERS:
            found = sqs.receive_message(
                QueueUrl=queue_url, MaxNumberOfMessages=_BATCH, VisibilityTimeout=_HIDDEN_SECONDS
            ).get("Messages", [])
            empty = 0 if found else empty + 1
            for message in found:
                if message["MessageId"] not in receipts:
                    content = json.loads(message["Body"])
                    records[content["source"]].append(base64.b64decode(content["record"]))
                receipts[message["MessageId"]] = message["ReceiptHandle"]
    finally:
        _give_back(sqs, queue_url, list(receipts.values()))
    return DeadLetters({source: side(data) for source, data in records.items()}, waiting)


def _messages(sqs: Any, queue_url: str, attribute: str) -> int:
    return int(sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[attribute])["Attributes"][attribute])


def _give_back(sqs: Any, queue_url: str, receipts: list[str]) -> None:
    for start in range(0, len(receipts), _BATCH):
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
            for number, receipt in enumerate(receipts[start : start + _BATCH])
        ]
        sqs.change_message_visibility_batch(QueueUrl=queue_url, Entries=entries)
