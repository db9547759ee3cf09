"""The CloudWatch metrics of functions: of each by its name, and of all.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

import threading
from collections import defaultdict

from ..cloudwatch.metrics import Metrics, ResourceMetrics

_NAMESPACE = "AWS/Lambda"
_UNITS = {
    "Invocations": "Count",
    "Errors": "Count",
    "Throttles": "Count",
    "Duration": "Milliseconds",
    "ConcurrentExecutions": "Count",
    "AsyncEventsReceived": "Count",
    "AsyncEventAge": "Milliseconds",
    "AsyncEventsDropped": "Count",
}
_ALL = ""


class FunctionMetrics:
    """Counts what functions do. Safe for several threads."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._resources: dict[str, ResourceMetrics] = {}
        self._running: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def started(self, function: str) -> None:
        """An invocation began to run."""
        with self._lock:
            self._running[function] += 1
            self._running[_ALL] += 1
            running, all_running = self._running[function], self._running[_ALL]
        self._of(function).add({"ConcurrentExecutions": running})
        self._of(_ALL).add({"ConcurrentExecutions": all_running})

    def ended(self, function: str, duration_seconds: float, is_error: bool) -> None:
        """An invocation has run."""
        with self._lock:
            self._running[function] -= 1
            self._running[_ALL] -= 1
        self._add(
            function,
            {"Invocations": 1, "Errors": float(is_error), "Throttles": 0, "Duration": duration_seconds * 1000},
        )

    def throttled(self, function: str) -> None:
        """An invocation was turned away: it counts as no invocation, nor as an error."""
        self._add(function, {"Throttles": 1})

    def accepted(self, function: str) -> None:
        """An event was queued."""
        self._add(function, {"AsyncEventsReceived": 1})

    def taken(self, function: str, age_seconds: float) -> None:
        """A queued event is about to be given to the function."""
        self._add(function, {"AsyncEventAge": age_seconds * 1000})

    def dropped(self, function: str) -> None:
        """A queued event came to nothing."""
        self._add(function, {"AsyncEventsDropped": 1})

    def _add(self, function: str, values: dict[str, float]) -> None:
        self._of(function).add(values)
        self._of(_ALL).add(values)

    def _of(self, function: str) -> ResourceMetrics:
        found = self._resources.get(function)
        if found is None:
            dimensions = {"FunctionName": function} if function else {}
            found = self._resources[function] = self._metrics.of(_NAMESPACE, dimensions, _UNITS)
        return found
