"""How far copying has come: objects, bytes, rate, time left."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..console import activity, number_of

_SECONDS_APART = 5.0
"""Between two lines where there is no terminal."""


class Progress:
    """Counts what is done of a number of objects and bytes, and says so now and then."""

    def __init__(self, objects: int, size_bytes: int) -> None:
        self._objects, self._bytes = objects, size_bytes
        self.done_objects = self.done_bytes = 0
        self._started = self._said = time.monotonic()
        self._tell: Callable[[str], None] = _nobody

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._started

    def advance(self, size_bytes: int) -> None:
        """One more object is done."""
        self.done_objects += 1
        self.done_bytes += size_bytes
        now = time.monotonic()
        if sys.stderr.isatty() or now - self._said >= _SECONDS_APART:
            self._said = now
            self._tell(self.text)

    @property
    def text(self) -> str:
        """`1,200 of 12,000 objects, 24.0 MB of 240.0 MB, 310 objects/s, 6.2 MB/s, 35 s left`."""
        seconds = max(self.seconds, 1e-9)
        left = self.seconds_left
        return (
            f"{self.done_objects:,} of {number_of(self._objects, 'object')}, {size(self.done_bytes)} of "
            f"{size(self._bytes)}, {self.done_objects / seconds:,.0f} objects/s, "
            f"{size(self.done_bytes / seconds)}/s" + (f", {duration(left)} left" if left is not None else "")
        )

    @property
    def seconds_left(self) -> float | None:
        """At the rate so far, by objects or by bytes, whichever takes longer; None before anything is done.

        A total that has grown meanwhile takes no time.
        """
        if not self.done_objects:
            return None
        shares = [self._objects / self.done_objects]
        if self.done_bytes:
            shares.append(self._bytes / self.done_bytes)
        return max(0.0, self.seconds * (max(shares) - 1))

    @contextmanager
    def shown(self, title: str) -> Iterator[None]:
        """Show it while something is done."""
        with activity(title) as tell:
            self._tell = tell
            try:
                yield
            finally:
                if self.done_objects:
                    tell(self.text)
                self._tell = _nobody


def _nobody(_text: str) -> None:
    """Where nothing is shown."""


def size(number: float) -> str:
    """Bytes for people, in powers of 1000: `512 bytes`, `24.0 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:,.0f} {unit}" if unit == "bytes" else f"{number:,.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"


def duration(seconds: float) -> str:
    """A time for people: `35 s`, `12 min`, `3.5 h`."""
    if seconds < 100:
        return f"{seconds:,.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 6000 else f"{seconds / 3600:,.1f} h"
