"""The dead-letter queue: messages of the ingest function, each a packed record of one source's envelopes."""

import base64
import json
from collections.abc import Collection, Iterator
from typing import Any

from etl.forget import looks
from etl.forget.person import Person
from etl.forget.places import Found

PLACE = "dead-letter queue"
_BATCH = 10
_HIDDEN_SECONDS = 120
_EMPTY_ANSWERS = 3
"""So many answers without a message mean that there is none left: a short poll asks a part of SQS's servers only.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""


class DeadLetterQueue:
    """The queue of the stack, as far as it holds events of one source."""

    def __init__(self, sqs: Any, url: str, source: str, person: Person) -> None:
        self._sqs, self._url, self._source, self._person = sqs, url, source, person

    def search(self) -> Found:
        """Look at every message, and leave it. What another reader holds at the moment is not seen."""
        return self._through(frozenset())

    def erase(self, names: Collection[str]) -> None:
        """Send each message that a search named again without the person, if more is in it, and delete it."""
        if names:
            self._through(names)

    def _through(self, erased: Collection[str]) -> Found:
        found = Found(PLACE)
        receipts: dict[str, str] = {}
        for message in self._messages():
            known = message["MessageId"] in receipts
            receipts[message["MessageId"]] = message["ReceiptHandle"]
            if known:
                continue
            found.objects += 1
            found.bytes += len(message["Body"])
            look, rest = self._look(message["Body"])
            if look.is_hit:
                found.ids |= look.ids
                found.others.append(f"message {message['MessageId']}")
                if found.others[-1] in erased:
                    # Killed between the two, it leaves the events of others twice, with the ids that they have.
                    if rest is not None:
                        self._sqs.send_message(QueueUrl=self._url, MessageBody=rest)
                    self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipts.pop(message["MessageId"]))
        for receipt in receipts.values():
            self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=0)
        return found

    def _messages(self) -> Iterator[dict[str, Any]]:
        empty = 0
        while empty < _EMPTY_ANSWERS:
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=_BATCH, VisibilityTimeout=_HIDDEN_SECONDS
            )
            found = answer.get("Messages", [])
            empty = 0 if found else empty + 1
            yield from found

    def _look(self, body: str) -> tuple[looks.Look, str | None]:
        """What is in a message, and the message without it."""
        try:
            content = json.loads(body)
            record = base64.b64decode(content["record"], validate=True)
            source = content["source"]
        except (ValueError, TypeError, KeyError, RecursionError):
            # Nobody but the ingest function writes there; whatever it is, it is of no source.
            is_hit = self._person.is_in_text(body.encode(errors="replace"))
            return looks.Look(is_hit=is_hit), None
        if source != self._source:
            return looks.Look(), body
        look = looks.in_lines(self._person, record)
        if look.rest is None:
            return look, None
        return look, json.dumps({**content, "record": base64.b64encode(look.rest).decode()})
