"""Metrics that programs put, and what they ask of all metrics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..billing.meter import METER, Resource
from ..service_error import ServiceError, unsupported
from . import queries, statistics
from .metrics import SECONDS_A_MINUTE, MetricId, Metrics, StatisticSet, one

MAX_DATA = 1_000
MAX_VALUES = 150
"""A datum."""
MAX_QUERIES = 500
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html"""
MAX_POINTS = 1_440
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html"""
_PAST_SECONDS, _FUTURE_SECONDS = 14 * 86_400, 2 * 3_600
_LARGEST, _SMALLEST = 2.0**360, 2.0**-360
_PAGE = 500
_READ = Resource("cloudwatch", "GetMetricData")
Document = dict[str, Any]


class MetricData:
    """What the API says of metrics."""

    def __init__(self, metrics: Metrics, real_time: Callable[[], float] = time.time) -> None:
        self._metrics = metrics
        self._real_time = real_time

    def put(self, asked: Document) -> Document:
        """Take in what a program tells. Raises ServiceError."""
        if asked["Namespace"].startswith("AWS/"):
            raise _invalid('The value AWS/ for parameter Namespace is invalid: namespaces of AWS begin with "AWS/".')
        data = asked.get("MetricData") or []
        if len(data) > MAX_DATA:
            raise _invalid(f"The collection MetricData must not have a size greater than {MAX_DATA}.")
        told = [self._told(asked["Namespace"], number, datum) for number, datum in enumerate(data, 1)]
        for metric, unit, moment, sets in told:
            for each in sets:
                self._metrics.put(metric, unit, moment, each)
        return {}

    def _told(self, namespace: str, number: int, datum: Document) -> tuple[MetricId, str, float, list[StatisticSet]]:
        place = f"MetricData.member.{number}"
        if datum.get("StorageResolution", SECONDS_A_MINUTE) != SECONDS_A_MINUTE:
            raise unsupported("metrics of a higher resolution than a minute")
        # A program knows the real time alone; what it tells now is of now.
        now = self._real_time()
        moment = datum["Timestamp"].timestamp() if datum.get("Timestamp") else now
        if not now - _PAST_SECONDS <= moment <= now + _FUTURE_SECONDS:
            raise _invalid(f"The parameter {place}.Timestamp must be within the last two weeks or the next two hours.")
        metric = queries.metric_of({"Namespace": namespace, **datum})
        ahead = self._metrics.now() - now
        return metric, datum.get("Unit") or "None", moment + ahead, _sets(place, datum)

    def listed(self, asked: Document) -> Document:
        """The metrics there are, those that have at least the dimensions that are asked for."""
        wanted = [(item["Name"], item.get("Value")) for item in asked.get("Dimensions") or []]
        found = sorted(
            (metric for metric in self._metrics if _matches(metric, asked, wanted)),
            key=lambda metric: (metric.namespace, metric.name, sorted(metric.dimensions)),
        )
        token = str(asked.get("NextToken") or "0")
        if not token.isdigit():
            raise _invalid("Request parameter NextToken is invalid")
        start = int(token)
        answer: Document = {"Metrics": [shown(metric) for metric in found[start : start + _PAGE]]}
        if len(found) > start + _PAGE:
            answer["NextToken"] = str(start + _PAGE)
        return answer

    def statistics(self, asked: Document) -> Document:
        """Statistics of one metric. Raises ServiceError."""
        names = [*asked.get("Statistics", []), *asked.get("ExtendedStatistics", [])]
        if not names:
            raise ServiceError(
                "InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics", 400
            )
        for name in names:
            statistics.check(name, "InvalidParameterValue", "Statistics")
        starts = self._starts(asked, asked["Period"])
        if len(starts) > MAX_POINTS:
            message = f"You have requested up to {len(starts)} datapoints, which exceeds the limit of {MAX_POINTS}."
            raise ServiceError("InvalidParameterCombination", message)
        metric, unit = queries.metric_of(asked), asked.get("Unit")
        known = {
            name: queries.points(self._metrics, metric, name, unit, starts, asked["Period"])
            for name in {*names, "SampleCount"}
        }
        points = []
        for start in sorted(known["SampleCount"]):
            values = {name: known[name][start] for name in names if start in known[name]}
            basic = {name: value for name, value in values.items() if name in statistics.BASIC}
            extended = {name: value for name, value in values.items() if name not in statistics.BASIC}
            more = {"ExtendedStatistics": extended} if extended else {}
            points.append({"Timestamp": _time(start), "Unit": unit or self._metrics.unit(metric), **basic, **more})
        return {"Label": asked["MetricName"], "Datapoints": points}

    def data(self, asked: Document) -> Document:
        """Metrics and expressions over a time. Raises ServiceError."""
        listed = asked["MetricDataQueries"]
        if len(listed) > MAX_QUERIES:
            raise _refused(f"The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}.")
        periods = set()
        for number, query in enumerate(listed, 1):
            stat = query.get("MetricStat")
            if bool(stat) == bool(query.get("Expression")):
                raise _refused(f"The parameter MetricDataQueries.member.{number}.MetricStat is required.\n")
            if stat:
                statistics.check(stat["Stat"], "ValidationError", "Stat")
                periods.add(stat["Period"])
            elif query.get("Period"):
                periods.add(query["Period"])
        if len(periods) > 1:
            raise unsupported("GetMetricData over metrics of different periods")
        period = periods.pop() if periods else 5 * SECONDS_A_MINUTE
        starts = self._starts(asked, period)
        METER.count("cloudwatch_metrics_read", _READ, sum("MetricStat" in query for query in listed))
        found = queries.evaluate(self._metrics, listed, starts, period)
        is_newest_first = asked.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        results = []
        for query in listed:
            if query.get("ReturnData", True):
                points = sorted(found[query["Id"]].items(), reverse=is_newest_first)
                results.append(
                    {
                        "Id": query["Id"],
                        "Label": query.get("Label") or _label(query),
                        "Timestamps": [_time(start) for start, _ in points],
                        "Values": [value for _, value in points],
                        "StatusCode": "Complete",
                    }
                )
        return {"MetricDataResults": results, "Messages": []}

    def _starts(self, asked: Document, period: int) -> list[int]:
        """The starts of the periods of a request; who asks up to now gets what CloudWatch holds for now."""
        if period % SECONDS_A_MINUTE:
            raise unsupported(f"periods of {period} seconds, but multiples of a minute alone")
        start, end = asked["StartTime"].timestamp(), asked["EndTime"].timestamp()
        if start >= end:
            message = "The parameter StartTime must be less than the parameter EndTime."
            raise ServiceError("ValidationError", message)
        if end >= self._real_time() - SECONDS_A_MINUTE:
            end = max(end, self._metrics.now() + 1)
        return list(range(int(start // period) * period, math.ceil(end), period))


def shown(metric: MetricId) -> Document:
    """A metric as the API shows it."""
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(metric.dimensions)]
    return {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}


def _matches(metric: MetricId, asked: Mapping[str, Any], wanted: list[tuple[str, str | None]]) -> bool:
    if asked.get("Namespace", metric.namespace) != metric.namespace:
        return False
    if asked.get("MetricName", metric.name) != metric.name:
        return False
    values = dict(metric.dimensions)
    return all(name in values and value in (None, values[name]) for name, value in wanted)


def _sets(place: str, datum: Document) -> list[StatisticSet]:
    told = datum.get("StatisticValues")
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if len(given) > 1:
        both = " and ".join(f"{place}.{name}" for name in given)
        raise ServiceError("InvalidParameterCombination", f"The parameters {both} are mutually exclusive.")
    if not given:
        raise ServiceError("MissingParameter", f"The parameter {place}.Value is required.")
    if told:
        for value in told.values():
            _check_value(place, value)
        return [StatisticSet(told["SampleCount"], told["Sum"], told["Minimum"], told["Maximum"])]
    values = datum["Values"] if given == ["Values"] else [datum["Value"]]
    counts = datum.get("Counts") or [1.0] * len(values)
    if len(counts) != len(values):
        raise _invalid(f"The parameters {place}.Values and {place}.Counts must be of the same size.")
    if len(values) > MAX_VALUES:
        raise _invalid(f"The collection {place}.Values must not have a size greater than {MAX_VALUES}.")
    for value in values:
        _check_value(place, value)
    return [one(float(value), float(count)) for value, count in zip(values, counts, strict=True)]


def _check_value(place: str, value: float) -> None:
    if not math.isfinite(value) or abs(value) > _LARGEST or 0 < abs(value) < _SMALLEST:
        raise _invalid(f"The value {value} for parameter {place}.Value is invalid.")


def _label(query: Document) -> str:
    return str(query["MetricStat"]["Metric"]["MetricName"] if query.get("MetricStat") else query["Id"])


def _time(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterValue", message)


def _refused(message: str) -> ServiceError:
    return ServiceError("ValidationError", message)
