"""Many events in one Firehose record: Firehose bills each record as a multiple of 5 KB.

https://aws.amazon.com/firehose/pricing/ (Direct PUT: "rounded up to the nearest 5KB").
"""

from typing import NamedTuple

from shared.limits import MAX_RECORD_BYTES


class Record(NamedTuple):
    """The data of one Firehose record, and the indexes of the events in it."""

    data: bytes
    indexes: tuple[int, ...]


def records(lines: dict[int, bytes]) -> list[Record]:
    """Join lines (by event index; each at most MAX_RECORD_BYTES long) into as few records as fit, in order."""
    packed: list[Record] = []
    pending: list[bytes] = []
    indexes: list[int] = []
    size = 0
    for index, line in lines.items():
        if pending and size + len(line) > MAX_RECORD_BYTES:
            packed.append(Record(b"".join(pending), tuple(indexes)))
            pending, indexes, size = [], [], 0
        pending.append(line)
        indexes.append(index)
        size += len(line)
    if pending:
        packed.append(Record(b"".join(pending), tuple(indexes)))
    return packed
