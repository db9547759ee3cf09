"""The dead-letter queue, read to its end: a message stays on it unless it is deleted."""

import base64
import datetime
import json
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NamedTuple, Self

_BATCH = 10
"""The most messages that SQS gives at once."""
HIDDEN_SECONDS = 120
"""How long a message that was read stays hidden, should this program die before it gives it back."""
_EMPTY_ANSWERS = 3
"""So many answers without a message mean that there is none left: a short poll asks a part of SQS's servers only.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""


class Letter(NamedTuple):
    """One message: a packed record that no stream took."""

    message_id: str
    sent: datetime.datetime
    source: str
    reason: str
    record: bytes
    """The lines of the events; empty where the message is none of ours."""
    problem: str
    """What is wrong with the message; empty if nothing is."""


class DeadLetterQueue:
    """Reads messages; as a context manager, gives back at its end what was not deleted."""

    def __init__(self, sqs: Any, url: str) -> None:
        """`sqs` is a boto3 client."""
        self._sqs, self._url = sqs, url
        self._receipts: dict[str, str] = {}
        self.hidden_messages = self._hidden()
        """Messages that somebody else was reading at the beginning."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        receipts = list(self._receipts.values())
        for start in range(0, len(receipts), _BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(receipts[start : start + _BATCH])
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def letters(self) -> Iterator[Letter]:
        """Every message once."""
        empty = 0
        while empty < _EMPTY_ANSWERS:
            found = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=HIDDEN_SECONDS,
                MessageSystemAttributeNames=["SentTimestamp"],
            ).get("Messages", [])
            empty = 0 if found else empty + 1
            for message in found:
                known = message["MessageId"] in self._receipts
                self._receipts[message["MessageId"]] = message["ReceiptHandle"]
                if not known:
                    yield _letter(message)

    def delete(self, letter: Letter) -> None:
        """Take a message off the queue for good."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=self._receipts.pop(letter.message_id))

    def _hidden(self) -> int:
        name = "ApproximateNumberOfMessagesNotVisible"
        return int(self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])["Attributes"][name])


def _letter(message: dict[str, Any]) -> Letter:
    sent = datetime.datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, datetime.UTC)
    try:
        content = json.loads(message["Body"])
        record = base64.b64decode(content["record"], validate=True)
        return Letter(message["MessageId"], sent, str(content["source"]), str(content["reason"]), record, "")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        problem = f"is no message of the ingest function: {error or type(error).__name__}"
        return Letter(message["MessageId"], sent, "", problem, b"", problem)
