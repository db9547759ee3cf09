"""What is done with records: PutRecord, PutRecords, GetShardIterator, GetRecords.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html,
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
"""

import base64
import binascii
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from .. import shard_iterators
from ..clients import ACCOUNT_ID
from ..input_constraints import violation
from ..service_error import ServiceError
from ..shard_iterators import ShardIterator
from . import billing, sequence
from .errors import THROTTLED, invalid_argument, no_shard, throttled
from .stream import HASH_KEYS, Shard, Stream, shard_id
from .streams import Document, Streams

_log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 10 * 1024 * 1024
"""Of all records of a PutRecords request, partition keys included; it has up to 500 of them."""
MAX_READ_RECORDS = 10_000
MAX_READ_BYTES = 10 * 1024 * 1024
ITERATOR_MS = 300_000
_AT_SEQUENCE_NUMBERS = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


class Records:
    """Answers the operations, given their parameters as the API has them. Raises ServiceError.

    Data is Base64 in what is given and answered. `clock` gives epoch seconds.
    """

    def __init__(self, streams: Streams, clock: Callable[[], float]) -> None:
        self._streams = streams
        self._clock = clock

    def put_record(self, asked: Mapping[str, Any]) -> Document:
        """PutRecord."""
        began = time.perf_counter()
        stream = self._streams.find(asked)
        key, hash_key, data = _record(asked, stream, "")
        try:
            written = stream.put(key, hash_key, data)
        except ServiceError:
            stream.metrics.add({"PutRecord.Success": 0, "WriteProvisionedThroughputExceeded": 1})
            raise
        self._streams.tell(stream)
        size = len(key.encode()) + len(data)
        billing.count_put(stream.name, stream.settings.mode, [size])
        stream.metrics.add(
            {
                "IncomingBytes": size,
                "IncomingRecords": 1,
                "PutRecord.Bytes": size,
                "PutRecord.Latency": (time.perf_counter() - began) * 1000,
                "PutRecord.Success": 1,
                "WriteProvisionedThroughputExceeded": 0,
            }
        )
        return {"ShardId": written.shard_id, "SequenceNumber": written.sequence_number, **_encryption(stream)}

    def put_records(self, asked: Mapping[str, Any]) -> Document:
        """PutRecords: each record is kept or not for itself."""
        began = time.perf_counter()
        stream = self._streams.find(asked)
        records = [
            _record(entry, stream, f"records.{position}.member.") for position, entry in enumerate(asked["Records"], 1)
        ]
        sizes = [len(key.encode()) + len(data) for key, _, data in records]
        if sum(sizes) > MAX_REQUEST_BYTES:
            raise invalid_argument("Records size exceeds 10 MB limit")
        results: list[Document] = []
        kept: list[int] = []
        for (key, hash_key, data), size in zip(records, sizes, strict=True):
            try:
                written = stream.put(key, hash_key, data)
            except ServiceError as error:
                results.append({"ErrorCode": error.code, "ErrorMessage": error.message})
            except OSError:
                # The disk is full, or there is no file to be had: of one record, and the others are not to suffer.
                _log.exception("A record of the stream %s could not be written", stream.name)
                results.append({"ErrorCode": "InternalFailure", "ErrorMessage": "Internal Service Failure"})
            else:
                kept.append(size)
                results.append({"SequenceNumber": written.sequence_number, "ShardId": written.shard_id})
        if kept:
            self._streams.tell(stream)
        failed = len(records) - len(kept)
        throttled_records = sum(result.get("ErrorCode") == THROTTLED for result in results)
        billing.count_put(stream.name, stream.settings.mode, kept)
        stream.metrics.add(
            {
                "IncomingBytes": sum(kept),
                "IncomingRecords": len(kept),
                "PutRecords.Bytes": sum(kept),
                "PutRecords.FailedRecords": failed - throttled_records,
                "PutRecords.Latency": (time.perf_counter() - began) * 1000,
                "PutRecords.Success": 1 if kept else 0,
                "PutRecords.SuccessfulRecords": len(kept),
                "PutRecords.ThrottledRecords": throttled_records,
                "PutRecords.TotalRecords": len(records),
                "WriteProvisionedThroughputExceeded": throttled_records,
            }
        )
        return {"FailedRecordCount": failed, "Records": results, **_encryption(stream)}

    def get_shard_iterator(self, asked: Mapping[str, Any]) -> Document:
        """GetShardIterator."""
        stream = self._streams.find(asked)
        shard = stream.shard(asked["ShardId"])
        if not shard.limits.admits_iterator():
            raise throttled(shard.id, stream.name)
        position = self._position(stream, shard, asked)
        return {"ShardIterator": self._iterator(stream, shard, position)}

    def get_records(self, asked: Mapping[str, Any]) -> Document:
        """GetRecords."""
        began = time.perf_counter()
        stream, shard, iterator = self._place(asked)
        if not shard.limits.admits_read():
            stream.metrics.add({"GetRecords.Success": 0, "ReadProvisionedThroughputExceeded": 1})
            raise throttled(shard.id, stream.name)
        # Whether it was closed is asked first: what comes between is read then, or the next time.
        is_closed = shard.closed is not None
        records = shard.log.read(iterator.position, asked.get("Limit") or MAX_READ_RECORDS, MAX_READ_BYTES)
        position = records[-1].number + 1 if records else max(iterator.position, shard.log.first)
        size = sum(len(record.data) + len(record.partition_key.encode()) for record in records)
        shard.limits.count_read(size)
        billing.count_read(stream.name, stream.settings.mode, size)
        behind = self._millis_behind(shard, position)
        age = max(0, int(self._clock() * 1000) - records[-1].arrival_ms) if records else 0
        stream.metrics.add(
            {
                "GetRecords.Bytes": size,
                "GetRecords.IteratorAgeMilliseconds": age if behind else 0,
                "GetRecords.Latency": (time.perf_counter() - began) * 1000,
                "GetRecords.Records": len(records),
                "GetRecords.Success": 1,
                "ReadProvisionedThroughputExceeded": 0,
            }
        )
        answer: Document = {
            "Records": [
                {
                    "SequenceNumber": shard.sequence_number(record.number, record.arrival_ms),
                    "ApproximateArrivalTimestamp": record.arrival_ms / 1000,
                    "Data": base64.b64encode(record.data).decode(),
                    "PartitionKey": record.partition_key,
                    **({"EncryptionType": "KMS"} if record.is_encrypted else {}),
                }
                for record in records
            ],
            "MillisBehindLatest": behind,
        }
        if is_closed and position >= shard.log.next:
            answer["ChildShards"] = [_child(child) for child in shard.children]
        else:
            answer["NextShardIterator"] = self._iterator(stream, shard, position)
        return answer

    def unread(self, iterators: Iterable[str]) -> int:
        """How many records lie behind iterators, expired or not: in their shards, and in those that came of these."""
        positions: dict[str, int] = {}
        shards: dict[str, Shard] = {}
        for text in iterators:
            try:
                iterator = shard_iterators.read(text)
                shard = self._streams.by_name(iterator.stream).shard(shard_id(iterator.shard))
            except (ServiceError, ValueError):
                continue
            if shard.created == iterator.shard_created:
                shards[shard.id], positions[shard.id] = shard, iterator.position
        waiting = list(shards.values())
        while waiting:
            for child in waiting.pop().children:
                if child.id not in shards:
                    shards[child.id] = child
                    waiting.append(child)
        return sum(shard.log.next - max(positions.get(shard.id, 0), shard.log.first) for shard in shards.values())

    def _place(self, asked: Mapping[str, Any]) -> tuple[Stream, Shard, ShardIterator]:
        try:
            iterator = shard_iterators.read(asked["ShardIterator"])
        except ValueError:
            raise invalid_argument("Invalid ShardIterator.") from None
        now_ms = int(self._clock() * 1000)
        if now_ms - iterator.created_ms > ITERATOR_MS:
            raise ServiceError(
                "ExpiredIteratorException",
                f"Iterator expired. The iterator was created at time {_moment(iterator.created_ms)} while right now it "
                f"is {_moment(now_ms)} which is further in the future than the tolerated delay of {ITERATOR_MS} "
                "milliseconds.",
            )
        stream = self._streams.by_name(iterator.stream)
        if asked.get("StreamARN") not in (None, stream.arn):
            raise invalid_argument("Invalid ShardIterator.")
        shard = stream.shard(shard_id(iterator.shard))
        if shard.created != iterator.shard_created:
            raise no_shard(shard.id, stream.name)
        return stream, shard, iterator

    def _iterator(self, stream: Stream, shard: Shard, position: int) -> str:
        created_ms = int(self._clock() * 1000)
        return str(ShardIterator(created_ms, stream.name, shard.number, shard.created, position))

    def _position(self, stream: Stream, shard: Shard, asked: Mapping[str, Any]) -> int:
        kind, given = asked["ShardIteratorType"], asked.get("StartingSequenceNumber")
        if (kind in _AT_SEQUENCE_NUMBERS) != (given is not None):
            also = "and no" if given is None else "and also a"
            raise invalid_argument(
                "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "
                "(2) TRIM_HORIZON or LATEST or AT_TIMESTAMP and no StartingSequenceNumber. "
                f"Request specified {kind} {also} StartingSequenceNumber."
            )
        match kind:
            case "TRIM_HORIZON":
                return shard.log.first
            case "LATEST":
                return shard.log.next
            case "AT_TIMESTAMP":
                return self._position_at(shard, asked.get("Timestamp"))
        number = _number_in(str(given), stream, shard)
        return number if kind == "AT_SEQUENCE_NUMBER" else number + 1

    def _position_at(self, shard: Shard, moment: Any) -> int:
        if not isinstance(moment, int | float):
            raise invalid_argument("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP.")
        now_ms, moment_ms = int(self._clock() * 1000), int(moment * 1000)
        if moment_ms > now_ms:
            raise invalid_argument(
                "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
                f"timestampInMillis: {moment_ms}, currentTimestampInMillis: {now_ms}"
            )
        return shard.log.position_at(moment_ms)

    def _millis_behind(self, shard: Shard, position: int) -> int:
        """How old the next record is; 0 where all are read."""
        arrival_ms = shard.log.arrival_of(position)
        return 0 if arrival_ms is None else max(0, int(self._clock() * 1000) - arrival_ms)


def _record(entry: Mapping[str, Any], stream: Stream, at: str) -> tuple[str, int | None, bytes]:
    """The partition key, the explicit hash key and the data of a record that is put. Raises ServiceError."""
    key = entry.get("PartitionKey")
    if key is None:
        raise ServiceError("ValidationException", violation(None, f"{at}partitionKey", "Member must not be null"))
    explicit = entry.get("ExplicitHashKey")
    if explicit is not None and int(explicit) >= HASH_KEYS:
        raise invalid_argument(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            f"Specified value was {explicit}"
        )
    try:
        data = base64.b64decode(entry["Data"], validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ServiceError("SerializationException", f"Data is not Base64: {error}") from None
    limit = stream.settings.max_record_kib * 1024
    if len(data) + len(key.encode()) > limit:
        raise ServiceError(
            "ValidationException",
            f"1 validation error detected: Value at '{at}data' failed to satisfy constraint: "
            f"Member must have length less than or equal to {limit}",
        )
    return key, None if explicit is None else int(explicit), data


def _number_in(text: str, stream: Stream, shard: Shard) -> int:
    """The number of a record in its shard, by its sequence number. Raises ServiceError."""
    used = (
        f"StartingSequenceNumber {text} used in GetShardIterator on shard {shard.id} in stream {stream.name} "
        f"under account {ACCOUNT_ID} is invalid"
    )
    try:
        found = sequence.read(text)
    except ValueError:
        raise invalid_argument(f"{used}.") from None
    if found.shard != shard.number:
        raise invalid_argument(
            f"Invalid StartingSequenceNumber. It encodes {shard_id(found.shard)}, while it was used in a call to a "
            f"shard with {shard.id}"
        )
    if found.shard_created != shard.created:
        raise invalid_argument(f"{used} because it did not come from this stream.")
    return found.number


def _child(shard: Shard) -> Document:
    first, last = shard.hash_keys
    return {
        "ShardId": shard.id,
        "ParentShards": list(shard.parents),
        "HashKeyRange": {"StartingHashKey": str(first), "EndingHashKey": str(last)},
    }


def _encryption(stream: Stream) -> Document:
    return {"EncryptionType": "KMS" if stream.settings.key_id else "NONE"}


def _moment(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
