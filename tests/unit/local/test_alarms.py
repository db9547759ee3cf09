"""CloudWatch's alarms: what they look at, and when they ring."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .alarm_rig import API, GUIDE, alarm, described, mails, put, state, tick
from .cloud_rig import ACCOUNT_ID, REGION, Rig

pytestmark = pytest.mark.usefixtures("held")


@pytest.mark.aws("CloudWatch", "Alarms", f"{API}PutMetricAlarm.html")
def test_an_alarm_begins_without_data_and_is_evaluated_at_the_end_of_the_minute(rig: Rig, metric: str) -> None:
    name = alarm(rig, metric)
    found = described(rig, name)
    assert (found["StateValue"], found["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    tick(rig)
    assert state(rig, name) == "OK"


@pytest.mark.aws("CloudWatch", "Alarms", f"{GUIDE}alarm-evaluation.html")
def test_a_tick_lets_minutes_pass_and_the_alarm_goes_off_and_ends(rig: Rig, metric: str) -> None:
    name = alarm(rig, metric)
    tick(rig)
    put(rig, metric, 2, 3)
    (run,) = tick(rig)
    assert run["name"] == f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:{name}"
    assert run["outcome"] == "OK -> ALARM"
    assert described(rig, name)["StateReason"].startswith("Threshold Crossed: 1 datapoint [5.0 (")
    assert [run["outcome"] for run in tick(rig, "+10m")] == ["ALARM -> OK"]


@pytest.mark.aws("CloudWatch", "Alarms", f"{GUIDE}alarm-evaluation.html")
def test_what_happens_after_a_tick_is_seen_by_the_next(rig: Rig, metric: str) -> None:
    name = alarm(rig, metric)
    tick(rig, "+3h")
    put(rig, metric, 9)
    tick(rig)
    assert state(rig, name) == "ALARM"


@pytest.mark.aws("CloudWatch", "Alarms", f"{GUIDE}alarm-evaluation.html")
def test_silence_is_an_alarm_where_missing_data_breach(rig: Rig, metric: str) -> None:
    name = alarm(
        rig,
        metric,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
        Period=3600,
        EvaluationPeriods=2,
    )
    put(rig, metric, 5)
    tick(rig)
    first = state(rig, name)
    runs = tick(rig, "+5h")
    assert (first, [run["outcome"] for run in runs]) == ("OK", ["OK -> ALARM"])


@pytest.mark.aws("CloudWatch", "Alarms", f"{GUIDE}alarm-evaluation.html")
@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Average", 3), ("Maximum", 5), ("Minimum", 1), ("SampleCount", 3), ("Sum", 9), ("p50", 3), ("p90", 5)],
)
def test_each_statistic_is_what_its_name_says(rig: Rig, metric: str, statistic: str, value: float) -> None:
    kind = "Statistic" if statistic[0].isupper() else "ExtendedStatistic"
    name = alarm(rig, metric, **{"Statistic": None, kind: statistic, "Threshold": value - 0.5})
    put(rig, metric, 1, 3, 5)
    tick(rig)
    found = json.loads(described(rig, name)["StateReasonData"])
    assert (found["recentDatapoints"], found["threshold"]) == ([value], value - 0.5)


@pytest.mark.aws("CloudWatch", "Metric math", f"{GUIDE}using-metric-math.html")
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("100 * errors / calls", 50),
        ("errors + 2 * calls - 1", 9),
        ("IF(calls > 10, 0, errors)", 2),
        ("IF(errors == 2 AND calls == 4, 7)", 7),
        ("FILL(nothing, 6)", 6),
        ("errors + nothing", 2),
        ("errors > nothing", 1),
        ("IF(errors, nothing + calls, 9)", 4),
        ("IF(errors, nothing, 9) + 3", 3),
        ("IF(errors > 0 AND SUM([nothing, 0 * errors]) < 1, 1, 0)", 1),
        ("MAX([errors, calls])", 4),
        ("SUM(METRICS())", 6),
        ("-errors + 2 * (calls + 1)", 8),
    ],
)
def test_an_alarm_may_watch_an_expression(rig: Rig, metric: str, expression: str, value: float) -> None:
    def stat(name: str) -> dict[str, Any]:
        return {"Metric": {"Namespace": "Shop", "MetricName": f"{metric}{name}"}, "Period": 60, "Stat": "Sum"}

    queries = [{"Id": id_, "MetricStat": stat(id_), "ReturnData": False} for id_ in ("errors", "calls", "nothing")]
    queries.append({"Id": "watched", "Expression": expression, "ReturnData": True})
    one = dict.fromkeys(("MetricName", "Namespace", "Statistic", "Period"))
    name = alarm(rig, metric, **one, Metrics=queries, Threshold=value - 0.5)
    put(rig, f"{metric}errors", 2)
    put(rig, f"{metric}calls", 4)
    tick(rig)
    assert (state(rig, name), json.loads(described(rig, name)["StateReasonData"])["recentDatapoints"][-1]) == (
        "ALARM",
        value,
    )


@pytest.mark.aws("CloudWatch", "Metric math", f"{GUIDE}using-metric-math.html")
def test_what_is_divided_by_nothing_is_no_data_point(rig: Rig, metric: str) -> None:
    stat = {"Metric": {"Namespace": "Shop", "MetricName": metric}, "Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "m", "MetricStat": stat, "ReturnData": False},
        {"Id": "rate", "Expression": "m / (m - m)"},
    ]
    one = dict.fromkeys(("MetricName", "Namespace", "Statistic", "Period"))
    name = alarm(rig, metric, **one, Metrics=queries, TreatMissingData="missing")
    put(rig, metric, 4)
    tick(rig)
    assert state(rig, name) == "INSUFFICIENT_DATA"


@pytest.mark.aws("CloudWatch", "Alarms", f"{GUIDE}alarm-warm-up.html")
@pytest.mark.parametrize(
    ("waits", "values", "states"),
    [
        (True, (), ["INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "ALARM"]),
        (True, (5,), ["INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "ALARM"]),
        (False, (), ["INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "ALARM"]),
        (False, (5,), ["OK", "OK", "ALARM"]),
    ],
)
def test_an_alarm_warms_up_before_it_says_anything(
    rig: Rig, metric: str, waits: bool, values: tuple[float, ...], states: list[str]
) -> None:
    warm_up = {"WarmUpPeriodDurationInMinutes": 60, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": waits}
    silence = {"ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching", "Period": 3600}
    name = alarm(rig, metric, **silence, WarmUpConfiguration=warm_up)
    put(rig, metric, *values)
    found = []
    for until in ("+2m", "+50m", "+4h"):
        tick(rig, until)
        found.append(state(rig, name))
    assert found == states


@pytest.mark.aws("CloudWatch", "Alarms", f"{GUIDE}percentiles-with-low-samples.html")
@pytest.mark.parametrize(("count", "found"), [(199, "INSUFFICIENT_DATA"), (200, "ALARM")])
def test_a_percentile_of_few_values_may_say_nothing(rig: Rig, metric: str, count: int, found: str) -> None:
    low = {"ExtendedStatistic": "p95", "EvaluateLowSampleCountPercentile": "ignore", "Statistic": None}
    name = alarm(rig, metric, **low)
    put(rig, metric, *[5] * count)
    tick(rig)
    assert state(rig, name) == found


@pytest.mark.aws("CloudWatch", "Limits", f"{API}PutMetricAlarm.html")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"Period": 90}, "multiple of 60"),
        ({"Period": None}, "Period"),
        ({"Threshold": None}, "Threshold"),
        ({"EvaluationPeriods": 1441}, "more than a day"),
        ({"Period": 86_400, "EvaluationPeriods": 8}, "more than a week"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"TreatMissingData": "sometimes"}, "sometimes"),
        ({"Statistic": "Mean"}, "Mean"),
        ({"Statistic": None}, "Statistic"),
        ({"ExtendedStatistic": "p90"}, "Statistic"),
        ({"ComparisonOperator": "NotEqual"}, "comparisonOperator"),
        ({"EvaluateLowSampleCountPercentile": "guess"}, "guess"),
        ({"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 2881}}, "warmUp"),
        ({"AlarmActions": ["mail me"]}, "mail me"),
        ({"AlarmActions": [f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:t{n}" for n in range(6)]}, "alarmActions"),
        ({"AlarmName": "x" * 256}, "alarmName"),
        ({"AlarmDescription": "x" * 1025}, "alarmDescription"),
        ({"Metrics": [{"Id": "A", "Expression": "1"}]}, "Metrics"),
    ],
    ids=str,
)
def test_an_alarm_that_breaks_a_rule_is_refused(rig: Rig, metric: str, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said):
        alarm(rig, metric, **wrong)


@pytest.mark.aws("CloudWatch", "Limits", f"{API}PutMetricAlarm.html")
@pytest.mark.parametrize(
    ("queries", "said"),
    [
        ([("m", None, True), ("e", "m * 2", True)], "Exactly one"),
        ([("m", None, False), ("e", "m * 2", False)], "Exactly one"),
        ([("m", None, False), ("m", "2 * 3", True)], "unique"),
        ([("m", None, False), ("E", "m", True)], "lower-case"),
        ([("m", None, False), ("e", "n * 2", True)], "uses n"),
        ([("m", None, False), ("e", "m * ", True)], "Unexpected end"),
        ([("m", None, False), ("e", "ABS(m)", True)], "does not support the function ABS"),
        ([("m", None, False), ("e", "m ^ 2", True)], r"does not support \^"),
        ([("e", "1 + 1", True)], "at least one metric"),
        ([(f"m{n}", None, n == 0) for n in range(11)], "10 metrics"),
    ],
    ids=str,
)
def test_queries_of_an_alarm_that_break_a_rule_are_refused(
    rig: Rig, metric: str, queries: list[tuple[str, str | None, bool]], said: str
) -> None:
    stat = {"Metric": {"Namespace": "Shop", "MetricName": metric}, "Period": 60, "Stat": "Sum"}
    listed = [
        {"Id": id_, "ReturnData": returned, **({"Expression": text} if text else {"MetricStat": stat})}
        for id_, text, returned in queries
    ]
    with pytest.raises(ClientError, match=said):
        alarm(rig, metric, **dict.fromkeys(("MetricName", "Namespace", "Statistic", "Period")), Metrics=listed)


@pytest.mark.parametrize(
    "asked",
    [
        {"Period": 10},
        {"AlarmActions": [f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"]},
        {"Statistic": None, "ExtendedStatistic": "tm90"},
        {"EvaluationInterval": 60},
    ],
    ids=str,
)
def test_what_the_local_cloud_cannot_watch_is_refused_by_name(rig: Rig, metric: str, asked: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="The local cloud does not support"):
        alarm(rig, metric, **asked)


@pytest.mark.aws("CloudWatch", "Alarms", f"{API}DescribeAlarmHistory.html")
def test_the_history_of_an_alarm_says_what_was_done_with_it(rig: Rig, metric: str, topic: str) -> None:
    name = alarm(rig, metric, AlarmActions=[topic])
    tick(rig)
    put(rig, metric, 2)
    tick(rig)
    alarm(rig, metric, Threshold=100)
    items = rig.aws("cloudwatch").describe_alarm_history(AlarmName=name, ScanBy="TimestampAscending")[
        "AlarmHistoryItems"
    ]
    assert [item["HistorySummary"] for item in items] == [
        f'Alarm "{name}" created',
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        f"Successfully executed action {topic}",
        f'Alarm "{name}" updated',
    ]
    changed = json.loads(items[2]["HistoryData"])
    assert (changed["oldState"]["stateValue"], changed["newState"]["stateValue"]) == ("OK", "ALARM")
    assert state(rig, name) == "ALARM"


@pytest.mark.aws("CloudWatch", "Alarms", f"{API}SetAlarmState.html")
def test_a_state_that_is_set_acts_and_lasts_until_the_next_evaluation(rig: Rig, metric: str, topic: str) -> None:
    name = alarm(rig, metric, AlarmActions=[topic])
    tick(rig)
    before = len(mails(rig))
    cloudwatch = rig.aws("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="testing purposes")
    assert state(rig, name) == "ALARM"
    assert len(mails(rig)) == before + 1
    assert "testing purposes" in mails(rig)[0].get_content()
    tick(rig)
    assert state(rig, name) == "OK"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        cloudwatch.set_alarm_state(AlarmName="none", StateValue="ALARM", StateReason="x")


@pytest.mark.aws("CloudWatch", "Alarms", f"{API}DisableAlarmActions.html")
def test_an_alarm_whose_actions_are_disabled_tells_nobody(rig: Rig, metric: str, topic: str) -> None:
    name = alarm(rig, metric, AlarmActions=[topic])
    rig.aws("cloudwatch").disable_alarm_actions(AlarmNames=[name])
    before = len(mails(rig))
    put(rig, metric, 2)
    tick(rig)
    assert (state(rig, name), len(mails(rig))) == ("ALARM", before)
