"""Shard iterators of Kinesis: where in a shard a reader is. On AWS they are opaque; here they are a line in Base64.

Who may read is decided by the stream that an iterator names, before Kinesis looks at it.
"""

import base64
import binascii
from typing import NamedTuple

_PARTS = 5


class ShardIterator(NamedTuple):
    """A place in a shard: the number there of the record to read next, counted from 1."""

    created_ms: int
    """When it was given out, epoch milliseconds."""
    stream: str
    shard: int
    shard_created: int
    """Epoch seconds; it tells a stream from an earlier one of its name."""
    position: int

    def __str__(self) -> str:
        """As readers are given it."""
        line = f"{self.created_ms}/{self.stream}/{self.shard}/{self.shard_created}/{self.position}"
        return base64.b64encode(line.encode()).decode()


def read(text: str) -> ShardIterator:
    """An iterator as a reader gives it back. Raises ValueError if it is none."""
    try:
        parts = base64.b64decode(text, validate=True).decode().split("/")
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if len(parts) != _PARTS or not all(parts[at].isascii() and parts[at].isdecimal() for at in (0, 2, 3, 4)):
        raise ValueError("not a shard iterator")
    return ShardIterator(int(parts[0]), parts[1], *map(int, parts[2:]))
