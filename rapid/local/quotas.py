"""What several services have of quotas: rates that are held to, and the regions that have more than others."""

from collections.abc import Callable

LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
"""https://docs.aws.amazon.com/firehose/latest/dev/limits.html,
https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html"""


class Tank:
    """Holds what is allowed now, and fills up by `rate` a second to `size`, or to a second's. Starts full.

    `clock` gives seconds. Not safe for several threads.
    """

    def __init__(self, rate: float, clock: Callable[[], float], size: float | None = None) -> None:
        self._rate = rate
        self._size = rate if size is None else size
        self._clock = clock
        self._level = float(self._size)
        self._filled_at = clock()

    @property
    def level(self) -> float:
        """What is allowed now; less than nothing while a burst is being made up for."""
        now = self._clock()
        self._level = min(self._size, self._level + max(0.0, now - self._filled_at) * self._rate)
        self._filled_at = now
        return self._level

    def take(self, amount: float) -> None:
        """Use some of it, or more than there is."""
        self._level -= amount
