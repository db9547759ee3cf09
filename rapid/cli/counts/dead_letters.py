"""The events on the dead-letter queue, read without taking them off it."""

from collections import defaultdict
from typing import Any, NamedTuple

from ..dead_letter_queue import DeadLetterQueue
from .fates import Side
from .lines import side


class DeadLetters(NamedTuple):
    """The events by source, and how many messages could not be seen because somebody else is reading them."""

    by_source: dict[str, Side]
    unseen_messages: int


def read(sqs: Any, queue_url: str) -> DeadLetters:
    """Read all messages and give them back."""
    records: dict[str, list[bytes]] = defaultdict(list)
    with DeadLetterQueue(sqs, queue_url) as queue:
        for letter in queue.letters():
            records[letter.source].append(letter.record)
    return DeadLetters({source: side(data) for source, data in records.items()}, queue.hidden_messages)
