"""What a shard takes and gives in a second.

https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
"""

import threading
from collections.abc import Callable

from ..quotas import Tank

WRITE_RECORDS = 1_000
WRITE_BYTES = 1024 * 1024
READ_CALLS = 5
READ_BYTES = 2 * 1024 * 1024
ITERATOR_CALLS = 5
"""All of them a second, of one shard. Bytes that are written include partition keys."""


class ShardLimits:
    """Admits what a shard may do now. Safe for several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._records = Tank(WRITE_RECORDS, clock)
        self._written = Tank(WRITE_BYTES, clock)
        self._reads = Tank(READ_CALLS, clock)
        self._read = Tank(READ_BYTES, clock)
        self._iterators = Tank(ITERATOR_CALLS, clock)
        self._must_rest = False
        self._lock = threading.Lock()

    def admits_write(self, size: int) -> bool:
        """Whether a record of so many bytes may be written; counts it if so.

        A record of more than a second's bytes empties the tank, and is made up for afterwards:
        https://docs.aws.amazon.com/streams/latest/dev/large-records.html
        """
        with self._lock:
            room = self._written.level
            if self._records.level < 1 or (room < size if size <= WRITE_BYTES else room <= 0):
                return False
            self._records.take(1)
            self._written.take(size)
        return True

    def admits_read(self) -> bool:
        """Whether GetRecords may be called; counts the call if so.

        "If a call to GetRecords returns 10 MB, subsequent calls made within the next 5 seconds throw an exception."
        """
        with self._lock:
            level = self._read.level
            self._must_rest = self._must_rest and level < READ_BYTES
            if self._reads.level < 1 or self._must_rest:
                return False
            self._reads.take(1)
        return True

    def count_read(self, size: int) -> None:
        """Count the bytes that a call of GetRecords gave."""
        with self._lock:
            level = self._read.level
            self._read.take(size)
            self._must_rest = self._must_rest or size > level

    def admits_iterator(self) -> bool:
        """Whether GetShardIterator may be called; counts the call if so."""
        with self._lock:
            if self._iterators.level < 1:
                return False
            self._iterators.take(1)
        return True
