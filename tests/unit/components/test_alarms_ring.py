"""Every alarm of the program, as the local CloudWatch evaluates it: when it rings, and when it does not."""

import itertools
from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from rapid.local.cloudwatch import alarm_checks
from rapid.local.cloudwatch.alarms import Alarms
from rapid.local.cloudwatch.metrics import Metrics
from rapid.local.deploy.conversion import to_parameters
from rapid.local.deploy.resources.cloudwatch import _ALARM_RENAMES
from tests.unit.components import engine
from tests.unit.test_program import program

MINUTE, HOUR, DAY = 60, 3600, 86_400
SHAPE = (
    boto3.client("cloudwatch", "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    .meta.service_model.operation_model("PutMetricAlarm")
    .input_shape
)

# By kind and metric a value that is bad, told `times` a minute, and one that is not. None: nothing is told.
BAD: Mapping[str, Mapping[str, float | None]] = {
    "api-errors": {"5XXError": 1},
    "api-latency": {"Latency": 1500},
    "api-throttled": {"Throttled": 11},
    "curation-lag": {"Lag": 3 * HOUR + 1},
    "curation-silent": {"JobFailed": None},
    "dead-letters": {"ApproximateNumberOfMessagesVisible": 1},
    "delivery-failed": {"FailedConversion.Records": 1},
    "delivery-late": {"DeliveryToS3.DataFreshness": 1801},
    "delivery-throttled": {"ThrottledRecords": 1},
    "function-errors": {"Errors": 1},
    "function-throttles": {"Throttles": 1},
    "jobs-failed": {"JobFailed": 1},
    "quarantine-rate": {"Quarantined": 6, "Rows": 94},
    "tables-late": {"Rows": 5, "Inputs": None},
}
GOOD: Mapping[str, Mapping[str, float | None]] = {
    "api-errors": {"5XXError": 0},
    "api-latency": {"Latency": 900},
    "api-throttled": {"Throttled": 9},
    "curation-lag": {"Lag": 3 * HOUR},
    "curation-silent": {"JobFailed": 0},
    "dead-letters": {"ApproximateNumberOfMessagesVisible": 0},
    "delivery-failed": {"FailedConversion.Records": 0},
    "delivery-late": {"DeliveryToS3.DataFreshness": 1800},
    "delivery-throttled": {"ThrottledRecords": 0},
    "function-errors": {"Errors": 0},
    "function-throttles": {"Throttles": 0},
    "jobs-failed": {"JobFailed": 0},
    "quarantine-rate": {"Quarantined": 4, "Rows": 96},
    "tables-late": {"Rows": 5, "Inputs": 1},
}
SAMPLES_A_MINUTE = {"api-latency": 50}
"""A percentile says something from a few hundred values on."""


@pytest.fixture(scope="module")
def asked() -> dict[str, dict[str, Any]]:
    """The requests of PutMetricAlarm that the program makes, by kind."""
    found = {}
    for resource in engine.run(program()).of("MetricAlarm"):
        inputs = {name: value for name, value in resource.inputs.items() if name != "tags"}
        for query in inputs.get("metricQueries", ()):
            # As the provider does.
            query.setdefault("returnData", False)
        found[resource.name.removeprefix("operations-")] = to_parameters(SHAPE, inputs, _ALARM_RENAMES)
    return found


def state_after(alarm: Mapping[str, Any], values: Mapping[str, float | None], samples: int = 1) -> str:
    """The state after a time in which these values were told each minute, of the alarm's first resource."""
    now = [1_800_000_000.0 // DAY * DAY]
    metrics = Metrics(lambda: now[0])
    alarms = Alarms("us-east-1", metrics, lambda _change, _action: None)
    alarms.put(alarm)
    seconds = alarm_checks.period_of(alarm) * (alarm["EvaluationPeriods"] + 3)
    if alarm.get("WarmUpConfiguration"):
        seconds += alarm["WarmUpConfiguration"]["WarmUpPeriodDurationInMinutes"] * MINUTE
    queries = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query] or [alarm]
    for metric in queries[: len(values)] if len(values) > 1 else queries[:1]:
        dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}
        told = metrics.of(metric["Namespace"], dimensions, {metric["MetricName"]: "None"})
        now[0] = 1_800_000_000.0 // DAY * DAY
        value = values[metric["MetricName"]]
        for _ in range(int(seconds // MINUTE)):
            for _ in range(samples if value is not None else 0):
                told.add({metric["MetricName"]: value})
            now[0] += MINUTE
    alarms.evaluate(now[0])
    [document] = alarms.all()
    return str(document["StateValue"])


def kind_of(name: str) -> str:
    return name.removesuffix("-2")


def test_each_alarm_rings_when_what_it_is_about_goes_on(asked: dict[str, dict[str, Any]]) -> None:
    assert {kind_of(name) for name in asked} == set(BAD) == set(GOOD)
    for name, alarm in asked.items():
        kind = kind_of(name)
        assert state_after(alarm, BAD[kind], SAMPLES_A_MINUTE.get(kind, 1)) == "ALARM", name


def test_no_alarm_rings_at_the_limit_of_what_is_good(asked: dict[str, dict[str, Any]]) -> None:
    for name, alarm in asked.items():
        kind = kind_of(name)
        assert state_after(alarm, GOOD[kind], SAMPLES_A_MINUTE.get(kind, 1)) == "OK", name


def test_a_stack_in_which_nothing_has_happened_yet_is_silent_for_a_day(asked: dict[str, dict[str, Any]]) -> None:
    for name, alarm in asked.items():
        metrics = Metrics(lambda: 1_800_000_000.0)
        alarms = Alarms("us-east-1", metrics, lambda _change, _action: None)
        alarms.put(alarm)
        for hours in range(24):
            # The first minute, and full hours, at which those are evaluated that look at more than a day.
            alarms.evaluate(1_800_000_000.0 + (hours * HOUR or MINUTE))
        assert alarms.all()[0]["StateValue"] != "ALARM", name


def test_a_percentile_of_few_requests_says_nothing(asked: dict[str, dict[str, Any]]) -> None:
    assert state_after(asked["api-latency"], {"Latency": 5000}, samples=1) != "ALARM"


def test_few_bad_events_are_somebody_who_tries_something(asked: dict[str, dict[str, Any]]) -> None:
    assert state_after(asked["quarantine-rate"], {"Quarantined": 0.15, "Rows": 0}) == "OK"


def test_bad_events_of_one_hour_ring_once_even_if_nothing_follows(asked: dict[str, dict[str, Any]]) -> None:
    # CloudWatch looks further back than an alarm asks where the newest period has no data point, and so would find
    # the bad hour again once the good events after it are an hour old.
    alarm, now = asked["quarantine-rate"], [1_800_000_000.0 // DAY * DAY]
    metrics, states = Metrics(lambda: now[0]), []
    alarms = Alarms("us-east-1", metrics, lambda _change, _action: None)
    alarms.put(alarm)
    metric = next(query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query)
    dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
    told = metrics.of(metric["Namespace"], dimensions, {"Quarantined": "None", "Rows": "None"})
    for minute in range(5 * 60):
        if minute == 0:
            told.add({"Quarantined": 15, "Rows": 5})
        if minute == 58:
            told.add({"Quarantined": 0, "Rows": 20})
        now[0] += MINUTE
        alarms.evaluate(now[0])
        states.append(alarms.all()[0]["StateValue"])
    assert [state for state, _ in itertools.groupby(states)] == ["ALARM", "OK"]


def test_events_that_are_all_bad_ring_though_no_row_was_told(asked: dict[str, dict[str, Any]]) -> None:
    assert state_after(asked["quarantine-rate"], {"Quarantined": 1, "Rows": None}) == "ALARM"
