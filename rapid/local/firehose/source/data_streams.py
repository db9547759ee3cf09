"""What the local Kinesis tells Firehose within the process, and nobody by its API."""

from collections.abc import Callable, Iterable
from typing import Protocol


class DataStreams(Protocol):
    """The data streams there are. Safe for several threads."""

    def watch(self, stream_arn: str, arrived: Callable[[], None]) -> Callable[[], None]:
        """Calls `arrived` after each put onto a stream, be it there yet or not, and when it is deleted.

        Answers what ends that.
        """

    def unread(self, iterators: Iterable[str]) -> int:
        """How many records lie behind shard iterators, expired or not, of one stream.

        That is in their shards, and in those that came of these by splitting or merging. A shard that is no more has 0.
        """
