"""Metrics and expressions over them, looked up for a row of periods.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..service_error import ServiceError
from . import metric_math, statistics
from .metric_math import Context, ExpressionError, Points
from .metrics import SECONDS_A_MINUTE, MetricId, Metrics

Query = Mapping[str, Any]


def metric_of(asked: Mapping[str, Any]) -> MetricId:
    """The metric that `Namespace`, `MetricName` and `Dimensions` name."""
    dimensions = frozenset((item["Name"], item.get("Value", "")) for item in asked.get("Dimensions") or [])
    return MetricId(asked.get("Namespace", ""), asked["MetricName"], dimensions)


def metrics_of(queries: Iterable[Query]) -> list[MetricId]:
    """The metrics that queries use."""
    return [metric_of(query["MetricStat"]["Metric"]) for query in queries if query.get("MetricStat")]


def points(
    metrics: Metrics, metric: MetricId, statistic: str, unit: str | None, starts: Sequence[int], period_seconds: int
) -> Points:
    """A statistic of a metric in each period of which anything is known."""
    found = {}
    for start in starts:
        first = start // SECONDS_A_MINUTE
        told = metrics.between(metric, unit, first, first + max(period_seconds // SECONDS_A_MINUTE, 1))
        value = statistics.of(statistic, told) if told else None
        if value is not None:
            found[start] = value
    return found


def evaluate(metrics: Metrics, queries: Sequence[Query], starts: list[int], period_seconds: int) -> dict[str, Points]:
    """What each query gives, by its id. Raises ServiceError for an expression that cannot be evaluated."""
    series: dict[str, Points] = {}
    for query in queries:
        if stat := query.get("MetricStat"):
            metric = metric_of(stat["Metric"])
            series[query["Id"]] = points(metrics, metric, stat["Stat"], stat.get("Unit"), starts, period_seconds)
    told = [*series.values()]
    pending = {query["Id"]: query["Expression"] for query in queries if query.get("Expression")}
    while pending:
        expressions = {id_: parsed(text) for id_, text in pending.items()}
        ready = [id_ for id_, expression in expressions.items() if expression.ids <= series.keys()]
        if not ready:
            unknown = sorted(set().union(*(expression.ids for expression in expressions.values())) - {*series})
            raise ServiceError("ValidationError", f"Error in expression: unknown identifiers {', '.join(unknown)}")
        for id_ in ready:
            context = Context(series, starts, told)
            try:
                value = expressions[id_].evaluate(context)
            except ExpressionError as error:
                raise ServiceError("ValidationError", f"Error in expression '{id_}': {error}") from None
            if isinstance(value, float):
                value = dict.fromkeys(starts, value) if math.isfinite(value) else {}
            if isinstance(value, list):
                raise ServiceError("ValidationError", f"Error in expression '{id_}': it gives several time series")
            series[id_] = value
            del pending[id_]
    return series


def parsed(text: str) -> metric_math.Expression:
    """An expression. Raises ServiceError."""
    if text.lstrip().upper().startswith("SELECT"):
        raise ServiceError("NotImplemented", "The local cloud does not support Metrics Insights queries", 501)
    try:
        return metric_math.parse(text)
    except ExpressionError as error:
        raise ServiceError("ValidationError", f"Error in expression: {error}") from None
