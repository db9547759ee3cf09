"""CloudWatch metrics of the services whose planes are ours: statistic sets a minute, as AWS's services publish theirs.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html#publishingDataPoints
`show` lets moto's CloudWatch show them beside those of its own services.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from moto.cloudwatch.models import MetricAggregatedDatum
from moto.core.common_models import CloudWatchMetricProvider

from ..clients import ACCOUNT_ID

SECONDS_A_MINUTE = 60
MAX_MINUTES = 15 * 24 * 60
"""CloudWatch keeps data points of one minute for 15 days.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
"""


@dataclass(slots=True)
class StatisticSet:
    """The values of one metric in one minute, summarised."""

    sample_count: int
    sum: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Datum:
    """One metric in the minute that begins at `epoch_seconds`."""

    name: str
    unit: str
    epoch_seconds: int
    statistics: StatisticSet


class ResourceMetrics:
    """The metrics of one resource. `units` names them all; `clock` gives epoch seconds. Safe for several threads."""

    def __init__(
        self, namespace: str, dimensions: Mapping[str, str], units: Mapping[str, str], clock: Callable[[], float]
    ) -> None:
        self.namespace = namespace
        self.dimensions = dimensions
        self._units = units
        self._clock = clock
        self._minutes: dict[int, dict[str, StatisticSet]] = {}
        self._lock = threading.Lock()

    def add(self, values: Mapping[str, float]) -> None:
        """Counts a value for each of the metrics named."""
        minute = int(self._clock() // SECONDS_A_MINUTE)
        with self._lock:
            sets = self._minutes.get(minute)
            if sets is None:
                sets = self._minutes[minute] = {}
                if len(self._minutes) > MAX_MINUTES:
                    del self._minutes[min(self._minutes)]
            for name, value in values.items():
                found = sets.get(name)
                if found is None:
                    sets[name] = StatisticSet(1, value, value, value)
                    continue
                found.sample_count += 1
                found.sum += value
                if value < found.minimum:
                    found.minimum = value
                if value > found.maximum:
                    found.maximum = value

    def __iter__(self) -> Iterator[Datum]:
        with self._lock:
            return iter(
                [
                    Datum(name, self._units[name], minute * SECONDS_A_MINUTE, statistics)
                    for minute, sets in self._minutes.items()
                    for name, statistics in sets.items()
                ]
            )


class Metrics:
    """The metrics of all resources of one local cloud."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._resources: dict[tuple[str, frozenset[tuple[str, str]]], ResourceMetrics] = {}
        self._lock = threading.Lock()

    def of(self, namespace: str, dimensions: Mapping[str, str], units: Mapping[str, str]) -> ResourceMetrics:
        """The metrics of one resource, the same ones each time."""
        with self._lock:
            key = (namespace, frozenset(dimensions.items()))
            if key not in self._resources:
                self._resources[key] = ResourceMetrics(namespace, dimensions, units, self._clock)
            return self._resources[key]

    def __iter__(self) -> Iterator[ResourceMetrics]:
        with self._lock:
            return iter(list(self._resources.values()))


class _Provider(CloudWatchMetricProvider):
    """moto asks every subclass of its provider, so that nothing is copied until someone reads metrics."""

    shown: tuple[Metrics, str] = (Metrics(), "")

    @classmethod
    def get_cloudwatch_metrics(cls, account_id: str, region: str) -> list[MetricAggregatedDatum]:
        metrics, region_of_metrics = cls.shown
        if (account_id, region) != (ACCOUNT_ID, region_of_metrics):
            return []
        return [datum for resource in metrics for datum in _data(resource)]


def show(metrics: Metrics, region: str) -> None:
    """Shows these metrics from now on, in place of any others."""
    _Provider.shown = (metrics, region)


def _data(resource: ResourceMetrics) -> Iterator[MetricAggregatedDatum]:
    dimensions = [{"Name": name, "Value": value} for name, value in resource.dimensions.items()]
    for datum in resource:
        yield MetricAggregatedDatum(
            resource.namespace,
            datum.name,
            datum.statistics.minimum,
            datum.statistics.maximum,
            datum.statistics.sample_count,
            datum.statistics.sum,
            dimensions,
            # moto compares with naive times in UTC.
            datetime.fromtimestamp(datum.epoch_seconds, UTC).replace(tzinfo=None),
            datum.unit,
        )
