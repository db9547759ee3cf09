"""Asynchronous invocation: an event is accepted at once, tried, and tried again.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..service_error import ServiceError
from .event_queue import EventQueue
from .function_metrics import FunctionMetrics
from .functions import FunctionDefinition
from .runner import Outcome

_log = logging.getLogger(__name__)

MAX_EVENT_BYTES = 1_048_576
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 1 MB; it was 256 KB until October 2025."""
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
_MAX_AGE_SECONDS = 21_600
FUNCTION_ERROR_WAITS_SECONDS = (60.0, 120.0)
"""Before the second attempt and before the third, which is the last."""
_FIRST_THROTTLE_WAIT_SECONDS = 1.0
_LONGEST_THROTTLE_WAIT_SECONDS = 300.0
# What an event costs of the queue's room beside its payload.
_OVERHEAD_BYTES = 1024


@dataclass
class Event:
    """An event on its way to a function."""

    function_name: str
    payload: bytes
    request_id: str
    accepted_at: float = field(default_factory=time.time)
    attempts: int = 0
    """How often the function was run."""
    throttles: int = 0
    """How often in a row the service turned the event away."""

    @property
    def age_seconds(self) -> float:
        """How long ago the event was accepted."""
        return time.time() - self.accepted_at

    @property
    def size_bytes(self) -> int:
        """What the event takes of the queue's room."""
        return len(self.payload) + _OVERHEAD_BYTES


class AsynchronousInvoker:
    """Runs functions for callers that do not wait."""

    def __init__(
        self,
        run: Callable[[FunctionDefinition, bytes, str], Outcome],
        definition: Callable[[str], FunctionDefinition],
        metrics: FunctionMetrics,
    ) -> None:
        self._run = run
        self._definition = definition
        self._metrics = metrics
        self._queue = EventQueue(self._attempt)

    def accept(self, function_name: str, payload: bytes, request_id: str) -> None:
        """Queue an event. Raises ServiceError if there is no such function, or the event is too large."""
        if len(payload) > MAX_EVENT_BYTES:
            message = f"{len(payload)} byte payload is too large for the Event invocation type"
            limit = f" (limit {MAX_EVENT_BYTES} bytes)"
            raise ServiceError("RequestEntityTooLargeException", message + limit, 413, {"Type": "User"})
        self._definition(function_name)
        self._metrics.accepted(function_name)
        self._queue.put(Event(function_name, payload, request_id))

    def settle(self, timeout_seconds: float) -> None:
        """Wait until no event is due and no function runs for one, or for so long."""
        self._queue.settle(timeout_seconds)

    def stop(self) -> None:
        """Try nothing more."""
        self._queue.stop()

    def _attempt(self, event: Event) -> float | None:
        """Run the function once; the seconds until the next attempt, or None at the event's end."""
        if event.age_seconds > _MAX_AGE_SECONDS:
            self._metrics.dropped(event.function_name)
            return None
        try:
            function = self._definition(event.function_name)
        except ServiceError:
            # The function was deleted.
            return None
        self._metrics.taken(event.function_name, event.age_seconds)
        try:
            outcome = self._run(function, event.payload, event.request_id)
        except Exception as error:
            # Errors of the service are its own to make good, as throttling is; the function was not run.
            if not isinstance(error, ServiceError):
                _log.warning("The event %s could not be given to %s: %s", event.request_id, function.name, error)
            event.throttles += 1
            wait_seconds = throttle_wait_seconds(event.throttles)
        else:
            event.attempts += 1
            event.throttles = 0
            if not outcome.function_error:
                return None
            if event.attempts > len(FUNCTION_ERROR_WAITS_SECONDS):
                self._metrics.dropped(event.function_name)
                return None
            wait_seconds = FUNCTION_ERROR_WAITS_SECONDS[event.attempts - 1]
        if event.age_seconds + wait_seconds <= _MAX_AGE_SECONDS:
            return wait_seconds
        self._metrics.dropped(event.function_name)
        return None


def throttle_wait_seconds(throttles: int) -> float:
    """The seconds until the next attempt after so many in a row that the service turned away."""
    return min(_FIRST_THROTTLE_WAIT_SECONDS * 2.0 ** min(throttles - 1, 16), _LONGEST_THROTTLE_WAIT_SECONDS)
