"""Where records wait: bytes only, in memory up to a bound and in a temporary file past it."""

import struct
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

SPOOL_MEMORY_BYTES = 256 * 1024
_FRAME = struct.Struct(">QQIII")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record stood in the data stream that it was read from."""

    shard_id: str
    sequence_number: str
    partition_key: str

    @classmethod
    def of(cls, packed: bytes) -> "Origin | None":
        """What `packed` gave; None of nothing."""
        return cls(*packed.decode().split(" ", 2)) if packed else None

    def packed(self) -> bytes:
        """As bytes; the partition key is last, for it alone may have spaces."""
        return f"{self.shard_id} {self.sequence_number} {self.partition_key}".encode()


@dataclass(frozen=True, slots=True)
class Record:
    """A record, from the moment that a delivery stream has it."""

    arrival_ms: int
    """When it was put: onto the delivery stream, or onto the data stream it was read from; epoch milliseconds."""
    taken_ms: int
    """When the delivery stream got it, from which time on it is buffered; epoch milliseconds."""
    data: bytes
    source_bytes: int
    """How long it was when it arrived."""
    origin: Origin | None = None
    """None of a record that was put onto the delivery stream itself."""


class Spool:
    """Bytes of records, one after the other as Firehose concatenates them: no separator is added.

    Past `SPOOL_MEMORY_BYTES` they lie in a temporary file.
    """

    def __init__(self) -> None:
        # SpooledTemporaryFile is a BinaryIO in all but name.
        self.file = cast(BinaryIO, tempfile.SpooledTemporaryFile(SPOOL_MEMORY_BYTES))  # noqa: SIM115
        self.record_count = 0
        self.data_bytes = 0
        self.source_bytes = 0
        self.oldest_arrival_ms: int | None = None
        self.oldest_taken_ms: int | None = None

    def append(self, record: Record) -> None:
        """Adds a record at the end."""
        self._write(record)
        self.record_count += 1
        self.data_bytes += len(record.data)
        self.source_bytes += record.source_bytes
        if self.oldest_arrival_ms is None or record.arrival_ms < self.oldest_arrival_ms:
            self.oldest_arrival_ms = record.arrival_ms
        if self.oldest_taken_ms is None or record.taken_ms < self.oldest_taken_ms:
            self.oldest_taken_ms = record.taken_ms

    def close(self) -> None:
        """Gives memory and disk back."""
        self.file.close()

    def _write(self, record: Record) -> None:
        self.file.write(record.data)


class FramedSpool(Spool):
    """Like Spool, but keeps where each record begins, when it arrived and where it came from."""

    def records(self) -> Iterator[Record]:
        """The records, in order."""
        self.file.seek(0)
        while header := self.file.read(_FRAME.size):
            arrival_ms, taken_ms, length, source_bytes, origin_length = _FRAME.unpack(header)
            data, origin = self.file.read(length), self.file.read(origin_length)
            yield Record(arrival_ms, taken_ms, data, source_bytes, Origin.of(origin))

    def _write(self, record: Record) -> None:
        origin = record.origin.packed() if record.origin else b""
        lengths = len(record.data), record.source_bytes, len(origin)
        self.file.write(_FRAME.pack(record.arrival_ms, record.taken_ms, *lengths))
        self.file.write(record.data)
        self.file.write(origin)


class ArrivalBuffer:
    """Records in order of arrival, in batches for the transform. Not safe for use by several threads."""

    def __init__(self) -> None:
        self._batches: deque[FramedSpool] = deque()
        self.first_position = 0
        """Position of the first record among all that have ever been in the buffer."""
        self.record_count = 0
        self.data_bytes = 0

    @property
    def oldest_taken_ms(self) -> int | None:
        """Since when the first record is buffered, None when there is none."""
        return self._batches[0].oldest_taken_ms if self._batches else None

    def append(self, record: Record, max_batch_bytes: int) -> None:
        """Adds a record at the end, to the last batch if it fits."""
        if not self._batches or self._batches[-1].data_bytes + len(record.data) > max_batch_bytes:
            self._batches.append(FramedSpool())
        self._batches[-1].append(record)
        self.record_count += 1
        self.data_bytes += len(record.data)

    def first_batch(self) -> list[Record]:
        """The oldest records; they stay in the buffer, and nothing is added to them any more."""
        if not self._batches:
            return []
        if len(self._batches) == 1:
            self._batches.append(FramedSpool())
        return list(self._batches[0].records())

    def remove_first_batch(self) -> None:
        """Takes out what `first_batch` gave."""
        batch = self._batches.popleft()
        self.first_position += batch.record_count
        self.record_count -= batch.record_count
        self.data_bytes -= batch.data_bytes
        batch.close()
        if not self._batches[0].record_count:
            self._batches.popleft().close()

    def drained(self) -> Iterator[Record]:
        """All records, each batch taken out after its last one."""
        while batch := self.first_batch():
            yield from batch
            self.remove_first_batch()

    def close(self) -> None:
        """Gives up what is buffered."""
        while self._batches:
            self._batches.popleft().close()
