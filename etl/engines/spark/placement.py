"""Which task writes which rows: small days share a task, a large day is shared out among several."""

from collections import Counter
from collections.abc import Iterable

from etl.engines.spark.work import Settled

WRITE_BYTES = 256 * 1024**2
"""Rows in memory that one task sorts and writes."""


class Placement:
    """The task, from 0, for each day and bucket: the same whenever and wherever it is asked for."""

    tasks: int
    """How many there are."""

    def __init__(self, settled: Iterable[Settled], write_bytes: int = WRITE_BYTES) -> None:
        sizes: Counter[int] = Counter()
        for item in settled:
            sizes[item.day] += item.size_bytes
        self._days: dict[int, tuple[int, int]] = {}
        self.tasks, room = 0, -1
        for day in sorted(sizes):
            if sizes[day] > write_bytes:
                shares = -(-sizes[day] // write_bytes)
                self._days[day] = (self.tasks, shares)
                self.tasks, room = self.tasks + shares, -1
                continue
            if sizes[day] > room:
                self.tasks, room = self.tasks + 1, write_bytes
            self._days[day] = (self.tasks - 1, 1)
            room -= sizes[day]

    def place(self, settled: Settled) -> tuple[int, bytes]:
        """A block under the number of the task that writes it."""
        return self.task_of(settled.day, settled.bucket), settled.block

    def task_of(self, day: int, bucket: int) -> int:
        """The number of the task that writes the rows of a bucket on a day."""
        first, shares = self._days[day]
        return first + bucket % shares
