"""How far a stack has moved."""

from enum import StrEnum
from typing import TypedDict


class Phase(StrEnum):
    """What feeds what while a stack moves from its first lake to the streaming one."""

    SIDE_BY_SIDE = "side_by_side"
    """Doors write to the delivery streams as ever; what comes there is mirrored onto the data streams, which feed the
    streaming lake."""
    CUT_OVER = "cut_over"
    """Doors write to the data streams, which feed both lakes; dashboards read the streaming one."""
    DECOMMISSIONED = "decommissioned"
    """Nothing feeds the first lake any more, which stays until its data is deleted."""


class MigrationPlan(TypedDict):
    """Whether a stack moves, and how wide its data streams are."""

    phase: Phase | None
    """How far it has moved; None: it does not, and there is nothing of what follows."""
    stream_shards: int
    """Shards of each source's data stream, each of which takes 1 MB and 1,000 records a second."""


DEFAULT_SHARDS = 1
MAX_SHARDS = 500
"""What an account may have at first in the largest regions, in all its streams together
(https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html)."""
