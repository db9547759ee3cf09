"""Counts what AWS bills as it is used: quantities by price, day and resource.

One for the process, as moto's state is. Services call it where AWS would count; the units are those of the price file
(rapid/cost/prices.yaml).
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rapid.cost import minimums
from rapid.cost.prices import GB, HOURS_A_MONTH, TB


@dataclass(frozen=True)
class Resource:
    """What used something: a service by the name that ARNs have, and the resource's name there."""

    service: str
    name: str


@dataclass(frozen=True)
class Usage:
    """How much of one price one resource used on one day (UTC)."""

    day: date
    price_id: str
    resource: Resource
    quantity: float


class Meter:
    """Quantities since the local cloud began. Safe for several threads; `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._used: dict[tuple[date, str, Resource], float] = {}
            self._metric_hours: set[tuple[str, int]] = set()

    def count(self, price_id: str, resource: Resource, quantity: float = 1) -> None:
        """Add to what a resource has used today."""
        key = (datetime.fromtimestamp(self._clock(), UTC).date(), price_id, resource)
        with self._lock:
            self._used[key] = self._used.get(key, 0.0) + quantity

    def count_records(self, stream: str, record_bytes: list[int], *, converted: bool) -> None:
        """Records that Firehose took, each a multiple of 5 KB."""
        resource = Resource("firehose", stream)
        gb = sum(map(minimums.firehose_bytes, record_bytes)) / GB
        self.count("firehose_ingested", resource, gb)
        if converted:
            self.count("firehose_converted", resource, gb)

    def count_invocation(self, function: str, seconds: float, memory_mb: int) -> None:
        """An invocation of a function, in steps of 1 ms."""
        resource = Resource("lambda", function)
        self.count("lambda_requests", resource)
        self.count("lambda_gb_seconds", resource, math.ceil(seconds * 1000) / 1000 * memory_mb / 1024)

    def count_run(self, job: str, seconds: float, dpus: float) -> None:
        """A run of a Glue job, of a minute at least."""
        self.count("glue_dpu_hours", Resource("glue", job), minimums.glue_seconds(seconds) * dpus / 3600)

    def count_query(self, workgroup: str, scanned_bytes: int) -> None:
        """A query of Athena, of 10 MB at least."""
        self.count("athena_scanned", Resource("athena", workgroup), minimums.athena_bytes(scanned_bytes) / TB)

    def count_lines(self, group: str, lines: list[str]) -> None:
        """Lines that CloudWatch Logs took in."""
        self.count("logs_ingested", Resource("logs", group), sum(len(line.encode()) for line in lines) / GB)

    def count_metric(self, metric: str, group: str) -> None:
        """A value of a custom metric that stands in a log line: billed once for each hour that has any."""
        hour = int(self._clock() // 3600)
        with self._lock:
            known = (metric, hour) in self._metric_hours
            self._metric_hours.add((metric, hour))
        if not known:
            self.count("cloudwatch_metrics", Resource("logs", group), 1 / HOURS_A_MONTH)

    def __iter__(self) -> Iterator[Usage]:
        with self._lock:
            used = list(self._used.items())
        return (Usage(day, price_id, resource, quantity) for (day, price_id, resource), quantity in used)


METER = Meter()
"""What this process's local cloud counts with."""
