"""What PutMetricAlarm refuses, as CloudWatch does.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

import re
from collections.abc import Mapping
from typing import Any

from ..service_error import ServiceError, unsupported
from . import queries, statistics
from .evaluation import COMPARISONS
from .metrics import SECONDS_A_MINUTE

MAX_SECONDS_A_DAY, MAX_SECONDS_A_WEEK = 86_400, 604_800
MAX_QUERIES_OF_METRICS = 10
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html: an alarm."""
_SECONDS_AN_HOUR = 3_600
_HIGH_RESOLUTION_SECONDS = (10, 20, 30)
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_TOPIC = re.compile(r"arn:aws:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}")
_ID = re.compile(r"[a-z]\w{0,254}")
_OF_ONE_METRIC = ("Dimensions", "ExtendedStatistic", "MetricName", "Namespace", "Period", "Statistic", "Unit")
_UNKNOWN = (
    "ActionConfiguration",
    "EvaluationCriteria",
    "EvaluationInterval",
    "EvaluationWindow",
    "ThresholdMetricId",
)
_LOW_SAMPLES = ("evaluate", "ignore")
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def check(asked: Mapping[str, Any]) -> None:
    """Raise ServiceError for an alarm that CloudWatch would not take, and for what is not supported here."""
    for name in _UNKNOWN:
        if asked.get(name) is not None:
            raise unsupported(f"alarms with {name}")
    for name in _ACTIONS:
        for action in asked.get(name) or []:
            _check_action(action)
    if asked["ComparisonOperator"] not in COMPARISONS:
        raise unsupported(f"alarms with the comparison {asked['ComparisonOperator']}, which is for anomaly detection")
    if asked.get("Threshold") is None:
        raise _invalid("Exactly one of Threshold and ThresholdMetricId must be specified.")
    if asked.get("EvaluationPeriods") is None:
        raise _invalid("The parameter EvaluationPeriods must be specified.")
    if asked.get("DatapointsToAlarm", 1) > asked["EvaluationPeriods"]:
        raise _invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    treatment = asked.get("TreatMissingData")
    if treatment not in (None, *_TREATMENTS):
        raise _invalid(f"Option {treatment} is not supported. Supported options: {', '.join(_TREATMENTS)}.")
    low = asked.get("EvaluateLowSampleCountPercentile")
    if low not in (None, *_LOW_SAMPLES):
        raise _invalid(f"Option {low} is not supported. Supported options: {', '.join(_LOW_SAMPLES)}.")
    if asked.get("Metrics"):
        _check_queries(asked)
    else:
        _check_metric(asked)
    _check_span(period_of(asked), asked["EvaluationPeriods"])


def period_of(alarm: Mapping[str, Any]) -> int:
    """The period of an alarm, in seconds: of its metric, or of the metrics and expressions of its queries."""
    if not alarm.get("Metrics"):
        return int(alarm["Period"])
    periods = [query.get("Period") or query.get("MetricStat", {}).get("Period") for query in alarm["Metrics"]]
    return max(int(period) for period in periods if period)


def _check_action(action: str) -> None:
    if not action.startswith("arn:"):
        raise _invalid(f"Invalid arn syntax: {action}")
    if not _TOPIC.fullmatch(action):
        raise unsupported(f"the action {action} of an alarm, but topics of SNS alone")


def _check_metric(asked: Mapping[str, Any]) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if asked.get(name) is None:
            raise _invalid(f"The parameter {name} is required.")
    given = [name for name in ("Statistic", "ExtendedStatistic") if asked.get(name)]
    if len(given) != 1:
        raise _invalid("Exactly one of Statistic and ExtendedStatistic must be specified.")
    statistics.check(asked[given[0]], "ValidationError", given[0])
    if given == ["ExtendedStatistic"] and asked["ExtendedStatistic"] in statistics.BASIC:
        raise _invalid(f"The value {asked['ExtendedStatistic']} for parameter ExtendedStatistic is not supported.")
    _check_period(asked["Period"])


def _check_queries(asked: Mapping[str, Any]) -> None:
    for name in _OF_ONE_METRIC:
        if asked.get(name):
            raise _invalid(f"If you specify Metrics, you cannot specify {name}.")
    listed = asked["Metrics"]
    ids = [query["Id"] for query in listed]
    for id_ in ids:
        if not _ID.fullmatch(id_):
            raise _invalid(f"Invalid metrics list: {id_} is no valid id: it begins with a lower-case letter.")
    if len({*ids}) < len(ids):
        raise _invalid("Invalid metrics list: Ids must be unique.")
    if sum(query.get("ReturnData", True) for query in listed) != 1:
        raise _invalid("Invalid metrics list: Exactly one of the queries must have ReturnData set to true.")
    periods = set()
    for query in listed:
        stat = query.get("MetricStat")
        if bool(stat) == bool(query.get("Expression")):
            raise _invalid(f"Invalid metrics list: {query['Id']} must have either MetricStat or Expression.")
        if query.get("AccountId"):
            raise unsupported("alarms on metrics of other accounts")
        if stat:
            if not stat["Metric"].get("Namespace") or not stat["Metric"].get("MetricName"):
                raise _invalid(f"Invalid metrics list: {query['Id']} must have a Namespace and a MetricName.")
            statistics.check(stat["Stat"], "ValidationError", "Stat")
            _check_period(stat["Period"])
            periods.add(stat["Period"])
        elif unknown := sorted(queries.parsed(query["Expression"]).ids - {*ids}):
            raise _invalid(f"Invalid metrics list: {query['Id']} uses {', '.join(unknown)}, of which there is none.")
    if not periods:
        raise _invalid("Invalid metrics list: at least one metric must be specified.")
    if len(periods) > 1:
        raise unsupported("alarms on metrics of different periods")
    if len(metrics := queries.metrics_of(listed)) > MAX_QUERIES_OF_METRICS:
        raise ServiceError("LimitExceeded", f"An alarm can have {MAX_QUERIES_OF_METRICS} metrics, not {len(metrics)}.")


def _check_period(seconds: int) -> None:
    if seconds in _HIGH_RESOLUTION_SECONDS:
        raise unsupported(f"alarms with a period of {seconds} seconds: its metrics are of a minute")
    if seconds % SECONDS_A_MINUTE:
        raise _invalid("Period must be 10, 20, 30 or a multiple of 60")


def _check_span(period: int, count: int) -> None:
    if period < _SECONDS_AN_HOUR and period * count > MAX_SECONDS_A_DAY:
        raise _invalid(
            f"Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= "
            f"{MAX_SECONDS_A_DAY}) for alarms using period < {_SECONDS_AN_HOUR}"
        )
    if period * count > MAX_SECONDS_A_WEEK:
        raise _invalid(
            f"Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= "
            f"{MAX_SECONDS_A_WEEK}) for alarms using period >= {_SECONDS_AN_HOUR}"
        )


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationError", message)
