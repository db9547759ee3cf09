"""Asynchronous invocation: an event is accepted at once, tried, tried again, and brought to its end.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

import logging
from collections.abc import Callable

from ..service_error import ServiceError
from . import retries
from .definition import FunctionDefinition, Reference
from .destinations import Destinations, LastAttempt
from .event_invoke_config import EventInvokeConfigs
from .event_queue import EventQueue, QueuedEvent
from .retries import Condition
from .runner import Outcome

_log = logging.getLogger(__name__)

MAX_EVENT_BYTES = 1_048_576
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 1 MB; it was 256 KB until October 2025."""
_NOT_RUN = LastAttempt(429, None, None)


class AsynchronousInvoker:
    """Runs functions for callers that do not wait."""

    def __init__(
        self,
        run: Callable[[FunctionDefinition, bytes, str], Outcome],
        definition: Callable[[Reference], FunctionDefinition],
        configs: EventInvokeConfigs,
        destinations: Destinations,
    ) -> None:
        self._run = run
        self._definition = definition
        self._configs = configs
        self._destinations = destinations
        self._queue = EventQueue(self._attempt)

    def accept(self, function: Reference, payload: bytes, request_id: str) -> None:
        """Queue an event. Raises ServiceError if there is no such function, or the event is too large."""
        if len(payload) > MAX_EVENT_BYTES:
            message = f"{len(payload)} byte payload is too large for the Event invocation type"
            limit = f" (limit {MAX_EVENT_BYTES} bytes)"
            raise ServiceError("RequestEntityTooLargeException", message + limit, 413, {"Type": "User"})
        self._definition(function)
        self._queue.put(QueuedEvent(function, payload, request_id))

    def stop(self) -> None:
        """Try nothing more."""
        self._queue.stop()

    def _attempt(self, event: QueuedEvent) -> float | None:
        """Run the function once; the seconds until the next attempt, or None at the event's end."""
        try:
            function = self._definition(event.function)
        except ServiceError:
            # The function was deleted, and with it where its records would go.
            return None
        policy = self._configs.policy(event.function)
        if event.age_seconds > policy.max_age_seconds:
            self._end(function, event, Condition.EVENT_AGE_EXCEEDED, _NOT_RUN)
            return None
        try:
            outcome = self._run(function, event.payload, event.request_id)
        except Exception as error:
            # Errors of the service are its own to make good, as throttling is; the function was not run.
            if not isinstance(error, ServiceError):
                _log.warning("The event %s could not be given to %s: %s", event.request_id, function.name, error)
            event.throttles += 1
            last, next_step = _NOT_RUN, retries.after_throttle(policy, event.throttles, event.age_seconds)
            if function.reserved_concurrency == 0:
                next_step = Condition.ZERO_RESERVED_CONCURRENCY
        else:
            event.attempts += 1
            event.throttles = 0
            last, next_step = LastAttempt(200, outcome.function_error, outcome.payload), Condition.SUCCESS
            if outcome.function_error:
                next_step = retries.after_function_error(policy, event.attempts, event.age_seconds)
        if isinstance(next_step, Condition):
            self._end(function, event, next_step, last)
            return None
        return next_step

    def _end(self, function: FunctionDefinition, event: QueuedEvent, condition: Condition, last: LastAttempt) -> None:
        is_success = condition is Condition.SUCCESS
        destination = self._configs.destination(event.function, "OnSuccess" if is_success else "OnFailure")
        if destination:
            self._destinations.send_record(function, event, condition, last, destination)
        if not is_success and function.dead_letter_arn:
            self._destinations.send_dead_letter(function, event, last, function.dead_letter_arn)
