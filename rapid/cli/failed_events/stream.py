"""Putting lines onto a stream: packed as the ingest function packs them, the failed records put again."""

import random
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from contracts.limits import MAX_RECORD_BYTES

from ..backoff import Backoff
from ..errors import CommandError

MAX_LINE_BYTES = 1000 * 1024
"""The longest record that Firehose takes (https://docs.aws.amazon.com/firehose/latest/dev/limits.html), whether it is
put there or read from a data stream, which takes longer ones."""
MAX_CALL_BYTES = 4 * 1024 * 1024
MAX_CALL_RECORDS = 500
"""Of PutRecordBatch, by the same page; PutRecords of Kinesis takes 5 MiB
(https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html)."""

_PASSING = frozenset(
    {
        "ServiceUnavailableException",
        "LimitExceededException",
        "ThrottlingException",
        "Throttling",
        "ProvisionedThroughputExceededException",
        "KMSThrottlingException",
    }
)


class _Record(NamedTuple):
    data: bytes
    indexes: tuple[int, ...]


class EventStream(ABC):
    """One source's stream, of either service: what takes lines."""

    def __init__(
        self,
        client: Any,
        name: str,
        sleep: Callable[[float], None] = time.sleep,
        randomness: random.Random | None = None,
    ) -> None:
        """`client` is one of boto3; `sleep` and `randomness` serve the backoff."""
        self.name = name
        """The stream's name."""
        self._client, self._sleep, self._random = client, sleep, randomness

    def put(self, lines: Sequence[bytes]) -> dict[int, str]:
        """Put lines, of at most MAX_LINE_BYTES each; those that were not taken, by index, with the reason.

        Raises CommandError where another attempt cannot help.
        """
        refused: dict[int, str] = {}
        for call in _calls(_packed(lines)):
            for record, reason in self._put(call).items():
                refused |= dict.fromkeys(record.indexes, reason)
        return refused

    def _put(self, records: list[_Record]) -> dict[_Record, str]:
        pending, backoff = dict.fromkeys(records, ""), Backoff(self._sleep, self._random)
        while True:
            before = len(pending)
            pending = self._put_once(list(pending))
            if 0 < len(pending) < before:
                # A shard takes a part of it each second.
                backoff = Backoff(self._sleep, self._random)
            if not pending or not backoff.again():
                return pending

    def _put_once(self, records: list[_Record]) -> dict[_Record, str]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answers = self._answers(records)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status < 500 and error.response["Error"]["Code"] not in _PASSING:
                raise CommandError(f"the stream {self.name}: {error.response['Error'].get('Message')}") from None
            return dict.fromkeys(records, str(error))
        except BotoCoreError as error:
            return dict.fromkeys(records, str(error))
        return {
            record: f"{answer['ErrorCode']}: {answer.get('ErrorMessage', '')}"
            for record, answer in zip(records, answers, strict=True)
            if answer.get("ErrorCode")
        }

    @abstractmethod
    def _answers(self, records: list[_Record]) -> list[dict[str, Any]]:
        """What the service answers for each record."""


class DeliveryStream(EventStream):
    """A delivery stream of Firehose that takes puts."""

    def _answers(self, records: list[_Record]) -> list[dict[str, Any]]:
        data = [{"Data": record.data} for record in records]
        answer = self._client.put_record_batch(DeliveryStreamName=self.name, Records=data)
        found: list[dict[str, Any]] = answer["RequestResponses"]
        return found


class DataStream(EventStream):
    """A data stream of Kinesis; random partition keys give each shard as much."""

    def _answers(self, records: list[_Record]) -> list[dict[str, Any]]:
        data = [{"Data": record.data, "PartitionKey": f"put-{uuid.uuid4()}"} for record in records]
        found: list[dict[str, Any]] = self._client.put_records(StreamName=self.name, Records=data)["Records"]
        return found


def _packed(lines: Sequence[bytes]) -> list[_Record]:
    records, pending, size = [], list[int](), 0
    for index, line in enumerate(lines):
        if pending and size + len(line) > MAX_RECORD_BYTES:
            records.append(_Record(b"".join(lines[i] for i in pending), tuple(pending)))
            pending, size = [], 0
        pending.append(index)
        size += len(line)
    if pending:
        records.append(_Record(b"".join(lines[i] for i in pending), tuple(pending)))
    return records


def _calls(records: list[_Record]) -> list[list[_Record]]:
    calls: list[list[_Record]] = []
    size = 0
    for record in records:
        if not calls or len(calls[-1]) == MAX_CALL_RECORDS or size + len(record.data) > MAX_CALL_BYTES:
            calls.append([])
            size = 0
        calls[-1].append(record)
        size += len(record.data)
    return calls
