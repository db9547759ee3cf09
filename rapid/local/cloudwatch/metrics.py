"""CloudWatch's metrics: what services and programs tell, summarised minute by minute.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html#publishingDataPoints
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

SECONDS_A_MINUTE = 60
MAX_MINUTES = 15 * 24 * 60
"""CloudWatch keeps data points of one minute for 15 days.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
"""
_KEPT_DIGITS = 3

Dimensions = frozenset[tuple[str, str]]


class MetricId(NamedTuple):
    """What one metric goes by."""

    namespace: str
    name: str
    dimensions: Dimensions


@dataclass(slots=True)
class StatisticSet:
    """Values of one metric in some time, summarised; how often each was, to three digits, for percentiles alone."""

    sample_count: float
    sum: float
    minimum: float
    maximum: float
    values: dict[float, float] | None = None
    """None where all values are the same, or where the set was told without them."""

    def add(self, other: "StatisticSet") -> None:
        """Takes in the values of another set."""
        if self.is_known and other.is_known and not self.minimum == self.maximum == other.minimum == other.maximum:
            both = self._counts()
            for value, count in other._counts().items():
                both[value] = both.get(value, 0.0) + count
            self.values = both
        else:
            self.values = None
        self.sample_count += other.sample_count
        self.sum += other.sum
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)

    @property
    def is_known(self) -> bool:
        """Whether the values themselves are known."""
        return self.values is not None or self.minimum == self.maximum

    def _counts(self) -> dict[float, float]:
        return {_kept(self.minimum): self.sample_count} if self.values is None else self.values

    def copied(self) -> "StatisticSet":
        """A set of its own, with the same values."""
        values = None if self.values is None else dict(self.values)
        return StatisticSet(self.sample_count, self.sum, self.minimum, self.maximum, values)

    def percentile(self, percent: float) -> float | None:
        """The least value that so many percent of all do not exceed; None where the values are not known."""
        if not self.is_known:
            return None
        wanted, seen = self.sample_count * percent / 100, 0.0
        for value, count in sorted(self._counts().items()):
            seen += count
            if seen >= wanted - 1e-9:
                return min(max(value, self.minimum), self.maximum)
        return self.maximum


def one(value: float, count: float = 1.0) -> StatisticSet:
    """The set of one value, or of the same one several times."""
    return StatisticSet(count, value * count, value, value)


@dataclass(slots=True)
class Series:
    """A metric in one unit: what there is of each minute, which goes by its number since the epoch."""

    unit: str
    minutes: dict[int, StatisticSet] = field(default_factory=dict)
    newest: int = 0

    def add(self, minute: int, told: StatisticSet) -> None:
        """Takes in what is told of a minute; the set is the series' own from then on."""
        found = self.minutes.get(minute)
        if found is not None:
            found.add(told)
            return
        self.minutes[minute] = told
        self.newest = max(self.newest, minute)
        if len(self.minutes) > MAX_MINUTES:
            del self.minutes[min(self.minutes)]

    def count(self, minute: int, value: float) -> None:
        """As `add`, for one value, as cheap as can be: requests wait for it."""
        found = self.minutes.get(minute)
        if found is None:
            self.add(minute, one(value))
            return
        if found.values is None and found.minimum == found.maximum != value:
            found.values = found._counts()
        found.sample_count += 1
        found.sum += value
        if value < found.minimum:
            found.minimum = value
        if value > found.maximum:
            found.maximum = value
        if found.values is not None:
            kept = _kept(value)
            found.values[kept] = found.values.get(kept, 0.0) + 1


class ResourceMetrics:
    """The metrics of one resource. `units` names them all; `clock` gives epoch seconds. Safe for several threads."""

    def __init__(
        self,
        series: Mapping[str, Series],
        clock: Callable[[], float],
        age: Callable[[float], float],
        lock: threading.RLock,
    ) -> None:
        self._series = series
        self._clock = clock
        self.age = age
        """As that of `Metrics`."""
        self._lock = lock

    def add(self, values: Mapping[str, float]) -> None:
        """Counts a value for each of the metrics named."""
        minute = int(self._clock() // SECONDS_A_MINUTE)
        with self._lock:
            for name, value in values.items():
                self._series[name].count(minute, value)


class Metrics:
    """All metrics of one local cloud. Safe for several threads."""

    def __init__(self, clock: Callable[[], float] = time.time, age: Callable[[float], float] | None = None) -> None:
        self.now = clock
        """CloudWatch's time, in epoch seconds."""
        self.age = age or (lambda moment: clock() - moment)
        """The seconds since a real time, as CloudWatch sees it."""
        self._series: dict[MetricId, dict[str, Series]] = {}
        self._lock = threading.RLock()

    def of(self, namespace: str, dimensions: Mapping[str, str], units: Mapping[str, str]) -> ResourceMetrics:
        """The metrics of one resource, whose names have these units."""
        keys = frozenset(dimensions.items())
        with self._lock:
            series = {name: self._found(MetricId(namespace, name, keys), unit) for name, unit in units.items()}
        return ResourceMetrics(series, self.now, self.age, self._lock)

    def put(self, metric: MetricId, unit: str, epoch_seconds: float, told: StatisticSet) -> None:
        """Takes in what a program tells of a moment."""
        with self._lock:
            self._found(metric, unit).add(int(epoch_seconds // SECONDS_A_MINUTE), told)

    def between(self, metric: MetricId, unit: str | None, start: int, end: int) -> StatisticSet | None:
        """All of a metric from one minute up to another, in one unit or in any; None where there is nothing."""
        found: StatisticSet | None = None
        with self._lock:
            for series in self._series.get(metric, {}).values():
                if (unit and series.unit != unit) or series.newest < start:
                    continue
                span = range(start, end)
                minutes = span if len(span) <= len(series.minutes) else sorted({*span} & {*series.minutes})
                for minute in minutes:
                    told = series.minutes.get(minute)
                    if told is None:
                        continue
                    if found is None:
                        found = told.copied()
                    else:
                        found.add(told)
        return found

    def unit(self, metric: MetricId) -> str:
        """The unit in which a metric is told; the first, where there are several."""
        return next((unit for unit, series in self._series.get(metric, {}).items() if series.minutes), "None")

    def newest(self, metric: MetricId) -> int:
        """The last minute of which anything is known; 0 where nothing is."""
        with self._lock:
            return max((series.newest for series in self._series.get(metric, {}).values()), default=0)

    def __iter__(self) -> Iterator[MetricId]:
        """The metrics of which anything is known."""
        with self._lock:
            found = [
                metric for metric, units in self._series.items() if any(series.minutes for series in units.values())
            ]
        return iter(found)

    def _found(self, metric: MetricId, unit: str) -> Series:
        units = self._series.setdefault(metric, {})
        return units.setdefault(unit, Series(unit))


def _kept(value: float) -> float:
    """A value to three digits, so that no minute of many requests has more than some thousands."""
    return float(f"{value:.{_KEPT_DIGITS - 1}e}")
