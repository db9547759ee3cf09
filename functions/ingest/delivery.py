"""Handing records to a stream; what it does not take after retries goes to the dead-letter queue."""

import base64
import json
import random
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from pack import Record
from stream import Stream

QUEUE_ATTEMPTS = 4
BASE_DELAY_SECONDS = 0.1
MAX_DELAY_SECONDS = 2.0
STREAM_SECONDS = 15.0
QUEUE_SECONDS = 22.0
"""No attempt on the stream, or on the dead-letter queue, begins later than this after a request. One takes at most 5 s
(the function's client), so the answer is there before API Gateway gives up after 29 s
(https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""
MAX_BATCH_RECORDS = 14
"""14 records of 256 KiB stay under PutRecordBatch's 4 MiB (https://docs.aws.amazon.com/firehose/latest/dev/limits.html)
and under the 5 MiB of Kinesis' PutRecords (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html)."""


class Outcome(NamedTuple):
    """Where records went: onto the stream, onto the dead-letter queue, or nowhere."""

    delivered: list[Record]
    dead_lettered: list[Record]
    lost: list[Record]


class Delivery:
    """Sends packed records onto streams; `sqs` makes a client when a record must go to the queue."""

    def __init__(
        self,
        stream: Stream,
        sqs: Callable[[], Any],
        queue_url: str,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._sqs, self._queue_url, self._sleep, self._clock = stream, sqs, queue_url, sleep, clock

    def send(self, source: str, stream: str, records: list[Record], request_id: str) -> Outcome:
        """Store every record of a request somewhere, or say which could not be stored."""
        outcome, started = Outcome([], [], []), self._clock()
        for start in range(0, len(records), MAX_BATCH_RECORDS):
            batch = records[start : start + MAX_BATCH_RECORDS]
            failed = self._put(stream, batch, request_id, started + STREAM_SECONDS)
            outcome.delivered.extend(record for record in batch if record not in failed)
            for record, reason in failed.items():
                stored = self._dead_letter(source, record, reason, started + QUEUE_SECONDS)
                (outcome.dead_lettered if stored else outcome.lost).append(record)
        return outcome

    def _put(self, stream: str, records: Iterable[Record], request_id: str, until: float) -> dict[Record, str]:
        """Put records, naming only the failed ones again; returns those that failed for good, with the reason."""
        pending: dict[Record, str] = dict.fromkeys(records, "no time was left to try")
        attempt = 0
        while pending and self._may_try(attempt, self._stream.attempts, until):
            pending = self._put_once(stream, list(pending), request_id)
            attempt += 1
        return pending

    def _may_try(self, attempt: int, attempts: int, until: float) -> bool:
        """Wait for an attempt, counted from 0; False where there is to be none."""
        # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        delay = random.uniform(0, min(MAX_DELAY_SECONDS, BASE_DELAY_SECONDS * 2**attempt)) if attempt else 0.0
        if attempt >= attempts or self._clock() + delay > until:
            return False
        if attempt:
            self._sleep(delay)
        return True

    def _put_once(self, stream: str, records: list[Record], request_id: str) -> dict[Record, str]:
        try:
            answers = self._stream.put(stream, records, request_id)
        except (ClientError, BotoCoreError) as error:
            return dict.fromkeys(records, str(error))
        return {
            record: f"{answer['ErrorCode']}: {answer.get('ErrorMessage', '')}"
            for record, answer in zip(records, answers, strict=True)
            if answer.get("ErrorCode")
        }

    def _dead_letter(self, source: str, record: Record, reason: str, until: float) -> bool:
        # Base64, because SQS refuses some characters that JSON allows.
        message = {"source": source, "reason": reason, "record": base64.b64encode(record.data).decode()}
        body, attempt = json.dumps(message), 0
        while self._may_try(attempt, QUEUE_ATTEMPTS, until):
            try:
                self._sqs().send_message(QueueUrl=self._queue_url, MessageBody=body)
                return True
            except (ClientError, BotoCoreError) as error:
                print(json.dumps({"level": "ERROR", "message": "dead-letter queue", "reason": str(error)}))
                attempt += 1
        return False
