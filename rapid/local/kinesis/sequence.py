"""Sequence numbers: 186 bits in decimal, 56 digits, whose order is the order of records in a shard.

AWS does not document what is in them. The layout is the one that https://github.com/mhart/kinesalite read out of those
that AWS gives: a version, when the shard was created, the record's number, when it was written, and the shard.
"""

from typing import NamedTuple

_DIGITS = 47
_MAX_NUMBER = 0x7FFF_FFFF_FFFF_FFFF


class SequenceNumber(NamedTuple):
    """What a sequence number says; times in epoch seconds."""

    shard_created: int
    shard: int
    number: int
    """The record's number in its shard, from 1; 0 is where a shard starts."""
    written: int

    def __str__(self) -> str:
        """The number, in decimal."""
        return str(
            2 << 184
            | self.shard_created << 148
            | (self.shard & 0xF) << 144
            | self.number << 80
            | self.written << 36
            | self.shard << 4
            | 2
        )


def end(shard_created: int, shard: int, closed: int) -> SequenceNumber:
    """Where a shard ends that was closed."""
    return SequenceNumber(shard_created, shard, _MAX_NUMBER, closed)


def read(text: str) -> SequenceNumber:
    """Read a sequence number. Raises ValueError if it is none of the present version."""
    digits = f"{int(text):x}"
    if len(digits) != _DIGITS or digits[0] != "2" or digits[-1] != "2":
        raise ValueError("not a sequence number of version 2")
    number, shard = int(digits[11:27], 16), int(digits[38:46], 16)
    if number > _MAX_NUMBER:
        raise ValueError("a sequence number that is too high")
    return SequenceNumber(int(digits[1:10], 16), shard, number, int(digits[29:38], 16))
