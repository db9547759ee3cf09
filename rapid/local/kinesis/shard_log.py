"""The records of one shard, in the order in which they came: bytes in temporary files, and an index in memory.

Six hours' records, or 64 MiB of them, share a file, which goes when the last of them is older than the retention
period. A record takes 16 bytes of memory, so that a day of many does not fill it.
"""

import bisect
import os
import tempfile
import threading
from array import array
from collections import deque
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple, cast

_SEGMENT_BYTES = 64 * 1024 * 1024
_SEGMENT_MS = 6 * 3_600_000
_ENCRYPTED = 0x8000
"""Set in the two bytes before each record, beside the length of its partition key (256 characters at most)."""


def _temporary_file() -> BinaryIO:
    # It is closed with its last reader.
    return cast(BinaryIO, tempfile.TemporaryFile(buffering=0))


class Record(NamedTuple):
    """A record as it is read."""

    number: int
    """Its place in the shard, from 1."""
    arrival_ms: int
    partition_key: str
    data: bytes
    is_encrypted: bool


@dataclass
class _Segment:
    first: int
    """The number of its first record."""
    file: BinaryIO = field(default_factory=_temporary_file)
    ends: "array[int]" = field(default_factory=lambda: array("Q"))
    """Where each record ends in the file."""
    arrivals: "array[int]" = field(default_factory=lambda: array("Q"))

    @property
    def after(self) -> int:
        return self.first + len(self.ends)

    def start_of(self, index: int) -> int:
        return self.ends[index - 1] if index else 0


class ShardLog:
    """Appends records and reads them by number. Safe for several threads."""

    def __init__(self) -> None:
        self._segments: deque[_Segment] = deque()
        self._lock = threading.Lock()
        self.first = 1
        """The number of the oldest record that can still be read; that of the next one where there is none."""
        self.next = 1
        """The number that the next record gets."""
        self._last_arrival_ms = 0

    def append(self, partition_key: str, data: bytes, now_ms: int, *, is_encrypted: bool) -> tuple[int, int]:
        """Add a record; its number, and when it arrived: times never go back within a shard."""
        key = partition_key.encode()
        head = (len(key) | (_ENCRYPTED if is_encrypted else 0)).to_bytes(2, "big")
        frame = b"".join((head, key, data))
        with self._lock:
            arrival_ms = self._last_arrival_ms = max(now_ms, self._last_arrival_ms)
            segment = self._writable(arrival_ms)
            end = segment.start_of(len(segment.ends)) + len(frame)
            _write(segment.file, frame, end - len(frame))
            segment.ends.append(end)
            segment.arrivals.append(arrival_ms)
            number, self.next = self.next, self.next + 1
        return number, arrival_ms

    def read(self, position: int, limit: int, max_bytes: int) -> list[Record]:
        """The records from a number on, or from the oldest: at least one where there is one, else within the bounds.

        `max_bytes` bounds data and partition keys together.
        """
        found: list[Record] = []
        with self._lock:
            position = max(position, self.first)
            parts = [
                (segment, max(position, segment.first), segment.after)
                for segment in self._segments
                if segment.after > position
            ]
        for segment, start, after in parts:
            stop = min(after, start + limit - len(found))
            index, last = start - segment.first, stop - segment.first
            offset = segment.start_of(index)
            last = max(bisect.bisect_right(segment.ends, offset + max_bytes, index, last), index + (not found))
            if last <= index:
                break
            content = os.pread(segment.file.fileno(), segment.ends[last - 1] - offset, offset)
            max_bytes -= len(content)
            found.extend(_records(segment, index, last, memoryview(content)))
            if len(found) >= limit or segment.first + last < after:
                break
        return found

    def arrival_of(self, number: int) -> int | None:
        """When a record arrived, epoch milliseconds; None if it cannot be read any more, or is not there yet."""
        with self._lock:
            for segment in self._segments:
                if segment.first <= number < segment.after:
                    return segment.arrivals[number - segment.first]
        return None

    def position_at(self, moment_ms: int) -> int:
        """The number of the first record that arrived at a moment or later."""
        with self._lock:
            for segment in self._segments:
                if segment.arrivals and segment.arrivals[-1] >= moment_ms:
                    return max(self.first, segment.first + bisect.bisect_left(segment.arrivals, moment_ms))
            return self.next

    def trim(self, before_ms: int) -> None:
        """Let go of the records that arrived before a moment."""
        with self._lock:
            while self._segments and self._segments[0].arrivals and self._segments[0].arrivals[-1] < before_ms:
                # The file goes with its last reader.
                self.first = self._segments.popleft().after
            if self._segments and self._segments[0].arrivals and self._segments[0].arrivals[0] < before_ms:
                segment = self._segments[0]
                expired = bisect.bisect_left(segment.arrivals, before_ms)
                self.first = max(self.first, segment.first + expired)

    def _writable(self, now_ms: int) -> _Segment:
        last = self._segments[-1] if self._segments else None
        # One stays empty whose first record could not be written.
        if last and (not last.ends or (last.ends[-1] < _SEGMENT_BYTES and now_ms - last.arrivals[0] < _SEGMENT_MS)):
            return last
        segment = _Segment(self.next)
        self._segments.append(segment)
        return segment


def _write(file: BinaryIO, frame: bytes, offset: int) -> None:
    """All of it or an OSError; a frame that was written by half is written over by the next."""
    done = os.pwrite(file.fileno(), frame, offset)
    while done < len(frame):
        done += os.pwrite(file.fileno(), frame[done:], offset + done)


def _records(segment: _Segment, start: int, stop: int, content: memoryview) -> list[Record]:
    base = segment.start_of(start)
    found, begin = [], 0
    for index in range(start, stop):
        end = segment.ends[index] - base
        head = int.from_bytes(content[begin : begin + 2], "big")
        key_end = begin + 2 + (head & ~_ENCRYPTED)
        found.append(
            Record(
                segment.first + index,
                segment.arrivals[index],
                str(content[begin + 2 : key_end], "utf-8"),
                bytes(content[key_end:end]),
                bool(head & _ENCRYPTED),
            )
        )
        begin = end
    return found
