"""What waits for its turn, such as events for a function: taken at once, handed to threads when it is due."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from .pool import too_many_requests

_log = logging.getLogger(__name__)

MAX_QUEUED_BYTES = 268_435_456
"""Past this the local cloud takes no more events; AWS's queue has no such end."""
# Most of them wait, for a function to end or to be free; one slow function must not hold up all others.
_MAX_WORKERS = 32


class Queued(Protocol):
    """Something that waits for its turn."""

    @property
    def request_id(self) -> str:
        """What it is called in the log."""

    @property
    def size_bytes(self) -> int:
        """What it takes of the queue's room."""


_Item = TypeVar("_Item", bound=Queued)


class EventQueue(Generic[_Item]):
    """Calls `attempt` with each event when it is due; its answer is the seconds until the next attempt, or None."""

    def __init__(self, attempt: Callable[[_Item], float | None]) -> None:
        self._attempt = attempt
        self._due: list[tuple[float, int, _Item]] = []
        self._order = itertools.count()
        self._bytes = 0
        self._workers = 0
        self._idle_workers = 0
        self._stopped = False
        self._changed = threading.Condition()

    def put(self, event: _Item, wait_seconds: float = 0) -> None:
        """Accept an event, which is due after a while. Raises ServiceError (429) when there is no room."""
        with self._changed:
            if self._bytes + event.size_bytes > MAX_QUEUED_BYTES:
                raise too_many_requests("CallerRateLimitExceeded")
            self._bytes += event.size_bytes
            self._schedule(event, wait_seconds)

    def settle(self, timeout_seconds: float) -> None:
        """Wait until nothing is due and no attempt is on, or for so long."""
        with self._changed:
            self._changed.wait_for(self._is_settled, max(timeout_seconds, 0.0))

    def _is_settled(self) -> bool:
        is_due = bool(self._due) and self._due[0][0] <= time.monotonic()
        return self._stopped or (not is_due and self._idle_workers == self._workers)

    def stop(self) -> None:
        """Attempt nothing more; what waits is lost."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            self._changed.notify_all()

    def _schedule(self, event: _Item, wait_seconds: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + wait_seconds, next(self._order), event))
        self._watch()
        self._changed.notify()

    def _watch(self) -> None:
        """Have a thread that waits for what is due next, as far as there may be one more."""
        if self._due and not self._idle_workers and self._workers < _MAX_WORKERS:
            self._workers += 1
            self._idle_workers += 1
            threading.Thread(target=self._work, name="event-queue", daemon=True).start()

    def _work(self) -> None:
        while (event := self._next()) is not None:
            try:
                wait_seconds = self._attempt(event)
            except Exception:
                _log.exception("The asynchronous invocation %s failed", event.request_id)
                wait_seconds = None
            with self._changed:
                self._idle_workers += 1
                if wait_seconds is None or self._stopped:
                    self._bytes -= event.size_bytes
                else:
                    self._schedule(event, wait_seconds)
                self._changed.notify_all()

    def _next(self) -> _Item | None:
        """Wait for an event to be due; None at the end."""
        with self._changed:
            while not self._stopped:
                wait_seconds = self._due[0][0] - time.monotonic() if self._due else None
                if wait_seconds is not None and wait_seconds <= 0:
                    self._idle_workers -= 1
                    event = heapq.heappop(self._due)[2]
                    self._watch()
                    return event
                self._changed.wait(wait_seconds)
            return None
