"""While a stack moves on, its events are in two lakes: what one lake's delivery stream takes goes to the other, too.

The other lake is fed from a data stream of Kinesis. What clients put onto this lake's delivery stream is put onto the
data stream as it came, before any check; what comes from there was put there by a door and belongs here, or was put
there by this function, so that this lake has it already.

All may happen more than once, and both lakes count an event once, by its id.
"""

import hashlib
import os
import random
import time
from binascii import a2b_base64
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from shared import kinesis
from shared.limits import MAX_RECORD_BYTES

KEY_PREFIX = "mirrored-"
"""Begins the partition key of records that a transform puts: eight digits of the lake and the record's id follow."""
_MAX_KEY_CHARACTERS = 256
_ENVELOPE = b'{"id":'
"""What a record begins with that a door made."""
MAX_SECONDS = 60.0
"""No attempt begins later than this after the invocation: what is over a shard's 1 MB a second has time to go through,
and the rest of the 300 s that Firehose waits is for the transform."""
BASE_DELAY_SECONDS, MAX_DELAY_SECONDS = 0.1, 2.0


class NotMirroredError(Exception):
    """Records that the data stream did not take. Firehose repeats the invocation, or keeps them as errors."""


class Passed(NamedTuple):
    """What is left to do of a batch: records for this lake, and the answers of those that it has already."""

    records: list[dict[str, Any]]
    answers: list[dict[str, str]]


class _Packed(NamedTuple):
    key: str
    data: bytes


class Mirror:
    """Puts what a lake takes onto a data stream. `lake` tells its records from those of another lake."""

    def __init__(
        self,
        client: Any,
        stream: str,
        lake: str,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`client` is one of Kinesis."""
        self._client, self._stream, self._sleep, self._clock = client, stream, sleep, clock
        self._prefix = f"{KEY_PREFIX}{_digest(lake)[:8]}-"

    def passed(self, records: list[dict[str, Any]]) -> Passed:
        """Mirror the records of a batch that clients put. Raises NotMirroredError."""
        here: list[dict[str, Any]] = []
        answers: list[dict[str, str]] = []
        put: list[dict[str, Any]] = []
        for record in records:
            metadata = record.get("kinesisRecordMetadata")
            if metadata is None:
                put.append(record)
            elif metadata["partitionKey"].startswith(self._prefix):
                answers.append({"recordId": record["recordId"], "result": "Dropped", "data": ""})
                continue
            here.append(record)
        self._put(self._packed(put))
        return Passed(here, answers)

    def _packed(self, records: Iterable[dict[str, Any]]) -> list[_Packed]:
        """Envelopes that follow each other in records of up to MAX_RECORD_BYTES, since a shard takes 1,000 a second.

        The partition key is the same when Firehose repeats the batch. Of what is no envelope it says which record it
        was, so that its place in it names it in both lakes (general.py).
        """
        packed: list[_Packed] = []
        parts: list[bytes] = []
        key, size, goes_on = "", 0, False
        for record in records:
            data = a2b_base64(record["data"])
            is_envelope = data.startswith(_ENVELOPE)
            if not (goes_on and is_envelope and size + len(data) <= MAX_RECORD_BYTES):
                packed += [_Packed(key, b"".join(parts))] if parts else []
                key, parts, size = self._key(record["recordId"]), [], 0
            parts.append(data)
            size += len(data)
            goes_on = is_envelope and data.endswith(b"\n")
        return packed + ([_Packed(key, b"".join(parts))] if parts else [])

    def _key(self, record_id: str) -> str:
        key = self._prefix + record_id
        return key if len(key) <= _MAX_KEY_CHARACTERS else self._prefix + _digest(record_id)

    def _put(self, packed: list[_Packed]) -> None:
        until = self._clock() + MAX_SECONDS
        for call in _calls(packed):
            pending, reason, attempt = call, "", 0
            while pending:
                # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
                delay = random.uniform(0, min(MAX_DELAY_SECONDS, BASE_DELAY_SECONDS * 2**attempt)) if attempt else 0.0
                if self._clock() + delay > until:
                    raise NotMirroredError(f"{self._stream} did not take {len(pending)} records: {reason or 'no time'}")
                if attempt:
                    self._sleep(delay)
                pending, reason = self._put_once(pending)
                attempt += 1

    def _put_once(self, packed: list[_Packed]) -> tuple[list[_Packed], str]:
        """The records that were not taken, and why the first of them was not."""
        entries = [{"Data": one.data, "PartitionKey": one.key} for one in packed]
        try:
            answers = self._client.put_records(StreamName=self._stream, Records=entries)["Records"]
        except (ClientError, BotoCoreError) as error:
            return packed, str(error)
        failed = [(one, answer) for one, answer in zip(packed, answers, strict=True) if answer.get("ErrorCode")]
        reason = f"{failed[0][1]['ErrorCode']}: {failed[0][1].get('ErrorMessage', '')}" if failed else ""
        return [one for one, _ in failed], reason


def of_function() -> Mirror:
    """The mirror that the function's environment asks for."""
    return Mirror(kinesis.Kinesis(os.environ), os.environ["MIRROR_STREAM"], os.environ["QUARANTINE_BUCKET"])


def original_id(key: str) -> str | None:
    """The id that a record had before it was mirrored, by its partition key; None of what a door put."""
    return key.split("-", 2)[-1] if key.startswith(KEY_PREFIX) else None


def _calls(packed: list[_Packed]) -> list[list[_Packed]]:
    calls: list[list[_Packed]] = []
    size = 0
    for one in packed:
        length = len(one.data) + len(one.key)
        if not calls or len(calls[-1]) == kinesis.MAX_CALL_RECORDS or size + length > kinesis.MAX_CALL_BYTES:
            calls.append([])
            size = 0
        calls[-1].append(one)
        size += length
    return calls


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
