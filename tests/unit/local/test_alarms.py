"""Alarms from a metric to a mailbox, over HTTP and with boto3."""

import email
import json
import re
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from .cloud_rig import ACCOUNT_ID, REGION, Rig

API = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_"
GUIDE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
SNS = "https://docs.aws.amazon.com/sns/latest/"
ADDRESS = "operator@example.com"


@pytest.fixture(autouse=True)
def held(rig: Rig) -> Any:
    """Time goes on by ticks alone."""
    rig.cloud.hold_schedules()
    yield
    cloudwatch = rig.aws("cloudwatch")
    names = [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]]
    if names:
        cloudwatch.delete_alarms(AlarmNames=names)


@pytest.fixture
def topic(rig: Rig) -> str:
    """A topic with one mailbox, which has confirmed."""
    arn = str(rig.aws("sns").create_topic(Name=rig.name("alarms"))["TopicArn"])
    rig.aws("sns").subscribe(TopicArn=arn, Protocol="email", Endpoint=ADDRESS)
    assert fetch(link(mails(rig)[0])).status == 200
    return arn


@pytest.fixture
def metric(rig: Rig) -> str:
    return rig.name("Orders")


def alarm(rig: Rig, metric: str, **more: Any) -> str:
    """More than one of a metric in a minute; without data all is well."""
    settings = {
        "AlarmName": metric,
        "MetricName": metric,
        "Namespace": "Shop",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **more,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    rig.aws("cloudwatch").put_metric_alarm(**given)
    return str(given["AlarmName"])


def put(rig: Rig, metric: str, *values: float, **more: Any) -> None:
    data = [{"MetricName": metric, "Value": value, **more} for value in values]
    rig.aws("cloudwatch").put_metric_data(Namespace="Shop", MetricData=data)


def tick(rig: Rig, until: str = "+1m") -> list[dict[str, str]]:
    answer = urllib3.request("POST", f"{rig.url}/_rapid/tick", json={"until": until})
    assert answer.status == 200, answer.data
    found: list[dict[str, str]] = answer.json()["runs"]
    return found


def described(rig: Rig, name: str) -> dict[str, Any]:
    (found,) = rig.aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(found)


def state(rig: Rig, name: str) -> str:
    return str(described(rig, name)["StateValue"])


def fetch(url: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", url)


def mails(rig: Rig) -> list[EmailMessage]:
    """The outbox, the newest first."""
    numbers = [mail["number"] for mail in fetch(f"{rig.url}/_rapid/outbox").json()["mails"]]
    raw = [fetch(f"{rig.url}/_rapid/outbox/{number}").data for number in numbers]
    return [email.message_from_bytes(content, policy=policy.default) for content in raw]


def link(mail: EmailMessage) -> str:
    return re.findall(r"http://\S+", mail.get_content())[0]


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


@pytest.mark.aws("CloudWatch", "Alarm notifications", f"{GUIDE}Notify_Users_Alarm_Changes.html")
def test_the_mail_of_an_alarm_is_as_aws_words_it(rig: Rig, metric: str, topic: str) -> None:
    dimensions = [{"Name": "Door", "Value": "orders"}]
    about = {"AlarmDescription": "Orders are lost. Do this first.", "Dimensions": dimensions}
    name = alarm(rig, metric, AlarmActions=[topic], OKActions=[topic], **about)
    tick(rig)
    put(rig, metric, 2, Dimensions=dimensions)
    tick(rig)
    mail = mails(rig)[0]
    assert mail["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    assert mail["From"] == "AWS Notifications <no-reply@sns.amazonaws.com>"
    assert mail["To"] == ADDRESS
    text = mail.get_content()
    assert text.startswith(
        f'You are receiving this email because your Amazon CloudWatch Alarm "{name}" in the US East (N. Virginia) '
        'region has entered the ALARM state, because "Threshold Crossed: 1 datapoint [2.0 ('
    )
    for line in (
        f"- Name:                       {name}",
        "- Description:                Orders are lost. Do this first.",
        "- State Change:               OK -> ALARM",
        "- The alarm is in the ALARM state when the metric is GreaterThanThreshold 1.0 for at least 1 of the last 1 "
        "period(s) of 60 seconds.",
        "- Dimensions:                          [Door = orders]",
        f"- ALARM: [{topic}]",
    ):
        assert line in text.splitlines()
    tick(rig, "+10m")
    assert mails(rig)[0]["Subject"] == f'OK: "{name}" in US East (N. Virginia)'


@pytest.mark.aws("CloudWatch", "Alarm notifications", f"{GUIDE}Notify_Users_Alarm_Changes.html")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("n" * 50, "n" * 50),
        ("n" * 66, "n" * 66),
        ("n" * 67, "n" * 63 + "..."),
    ],
    ids=["long", "as long as fits", "too long"],
)
def test_the_subject_of_a_mail_has_a_hundred_characters_at_most(rig: Rig, topic: str, name: str, shown: str) -> None:
    alarm(rig, "Long", AlarmName=name, AlarmActions=[topic])
    rig.aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="x")
    assert mails(rig)[0]["Subject"] == f'ALARM: "{shown}" in US East (N. Virginia)'
    assert len(mails(rig)[0]["Subject"]) <= 100


@pytest.mark.aws("SNS", "Email", f"{SNS}dg/sns-email-notifications.html")
def test_a_mailbox_is_told_nothing_before_it_has_confirmed_by_its_link(rig: Rig, metric: str) -> None:
    sns = rig.aws("sns")
    arn = sns.create_topic(Name=rig.name("quiet"))["TopicArn"]
    answer = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=ADDRESS)
    assert answer["SubscriptionArn"] == "pending confirmation"
    asked = mails(rig)[0]
    assert asked["Subject"] == "AWS Notification - Subscription Confirmation"
    sns.publish(TopicArn=arn, Subject="Early", Message="nobody hears this")
    assert mails(rig)[0]["Subject"] == asked["Subject"]
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"][0]["SubscriptionArn"] == "PendingConfirmation"
    assert fetch(link(asked).replace("Token=", "Token=x")).status == 400
    assert "Subscription confirmed!" in fetch(link(asked)).data.decode()
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SubscriptionsConfirmed"] == "1"
    sns.publish(TopicArn=arn, Subject="Late", Message="heard")
    told = mails(rig)[0]
    assert (told["Subject"], told.get_content().splitlines()[0]) == ("Late", "heard")
    assert "Subscription removed!" in fetch(link(told)).data.decode()
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []


@pytest.mark.aws("SNS", "Email", f"{SNS}api/API_Unsubscribe.html")
def test_a_subscription_that_is_pending_cannot_be_ended(rig: Rig) -> None:
    sns = rig.aws("sns")
    arn = sns.create_topic(Name=rig.name("pending"))["TopicArn"]
    made = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=ADDRESS, ReturnSubscriptionArn=True)
    with pytest.raises(ClientError, match="pending confirmation"):
        sns.unsubscribe(SubscriptionArn=made["SubscriptionArn"])


@pytest.mark.aws("SNS", "Limits", f"{SNS}api/API_Publish.html")
@pytest.mark.parametrize(
    "wrong",
    [{"Message": ""}, {"Message": "x" * 262_145}, {"Subject": "x" * 101}, {"Subject": "two\nlines"}],
    ids=["empty", "long", "long subject", "lines"],
)
def test_a_message_that_breaks_a_rule_is_refused(rig: Rig, topic: str, wrong: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="InvalidParameter"):
        rig.aws("sns").publish(**{"TopicArn": topic, "Message": "hello", **wrong})


def statement(service: str, action: str, **more: Any) -> str:
    allowed = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


@pytest.mark.aws("SNS", "Permissions", f"{SNS}dg/sns-access-policy-use-cases.html")
@pytest.mark.parametrize(
    ("policy_text", "is_told"),
    [
        (statement("cloudwatch.amazonaws.com", "SNS:Publish"), True),
        (
            statement(
                "cloudwatch.amazonaws.com",
                "sns:Publish",
                Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:*"}},
            ),
            True,
        ),
        (
            statement(
                "cloudwatch.amazonaws.com", "sns:Publish", Condition={"StringEquals": {"aws:SourceAccount": "1" * 12}}
            ),
            False,
        ),
        (statement("events.amazonaws.com", "sns:Publish"), False),
        (statement("cloudwatch.amazonaws.com", "sns:Subscribe"), False),
    ],
)
def test_an_alarm_publishes_only_where_the_policy_of_the_topic_lets_it(
    rig: Rig, metric: str, topic: str, policy_text: str, is_told: bool
) -> None:
    rig.aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy_text)
    name = alarm(rig, metric, AlarmActions=[topic])
    before = len(mails(rig))
    put(rig, metric, 2)
    tick(rig)
    assert len(mails(rig)) == before + is_told
    history = rig.aws("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="Action")
    summary = history["AlarmHistoryItems"][0]["HistorySummary"]
    assert summary.startswith(
        "Successfully executed" if is_told else f"Failed to execute action {topic}. Received error:"
    )


@pytest.mark.aws("SNS", "Permissions", f"{SNS}dg/sns-key-management.html")
@pytest.mark.parametrize("is_allowed", [True, False])
def test_an_encrypted_topic_is_published_to_only_where_the_policy_of_its_key_lets_the_service(
    rig: Rig, metric: str, topic: str, is_allowed: bool
) -> None:
    key = rig.aws("kms").create_key()["KeyMetadata"]["KeyId"]
    if is_allowed:
        own = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        used = json.loads(statement("cloudwatch.amazonaws.com", "kms:*"))["Statement"][0]
        used["Action"] = ["kms:Decrypt", "kms:GenerateDataKey*"]
        text = json.dumps({"Version": "2012-10-17", "Statement": [own, used]})
        rig.aws("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=text)
    rig.aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    alarm(rig, metric, AlarmActions=[topic])
    before = len(mails(rig))
    put(rig, metric, 2)
    tick(rig)
    assert len(mails(rig)) == before + is_allowed


@pytest.mark.aws("SNS", "Permissions", f"{SNS}dg/sns-key-management.html")
def test_no_alarm_reaches_a_topic_with_the_key_of_sns_itself(rig: Rig, metric: str, topic: str) -> None:
    sns = rig.aws("sns")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    name = alarm(rig, metric, AlarmActions=[topic])
    put(rig, metric, 2)
    tick(rig)
    (item,) = rig.aws("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="Action")[
        "AlarmHistoryItems"
    ]
    assert (
        "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."
        in item["HistorySummary"]
    )


@pytest.mark.aws("CloudWatch", "Metrics", f"{API}PutMetricData.html")
@pytest.mark.parametrize(
    "wrong",
    [
        {"Namespace": "AWS/Lambda"},
        {"Value": float("nan")},
        {"Value": None},
        {"Values": [1.0, 2.0], "Counts": [1.0], "Value": None},
        {"Values": [1.0], "Value": 1.0},
        {"Timestamp": datetime.now(UTC) - timedelta(days=15)},
        {"Timestamp": datetime.now(UTC) + timedelta(hours=3)},
        {"Dimensions": [{"Name": f"d{n}", "Value": "x"} for n in range(31)]},
    ],
    ids=lambda wrong: ", ".join(wrong),
)
def test_metric_data_that_break_a_rule_are_refused(rig: Rig, metric: str, wrong: dict[str, Any]) -> None:
    datum = {"MetricName": metric, "Value": 1.0, **wrong}
    namespace = datum.pop("Namespace", "Shop")
    data = [{name: value for name, value in datum.items() if value is not None}]
    with pytest.raises(ClientError, match=r"Invalid|Missing|validation"):
        rig.aws("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


@pytest.mark.aws("CloudWatch", "Metrics", f"{API}GetMetricData.html")
def test_what_was_put_is_read_up_to_now_even_after_a_tick(rig: Rig, metric: str) -> None:
    tick(rig, "+1h")
    put(rig, metric, 1, 2)
    told = {"StatisticValues": {"SampleCount": 2, "Sum": 7, "Minimum": 3, "Maximum": 4}}
    data = [{"MetricName": metric, **told}]
    rig.aws("cloudwatch").put_metric_data(Namespace="Shop", MetricData=data)
    now = datetime.now(UTC)
    found = rig.aws("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": "m",
                "MetricStat": {
                    "Metric": {"Namespace": "Shop", "MetricName": metric},
                    "Period": 86_400,
                    "Stat": "Sum",
                },
            },
            {"Id": "twice", "Expression": "m * 2", "Label": "Doubled"},
        ],
        StartTime=now - timedelta(days=1),
        EndTime=now,
    )["MetricDataResults"]
    assert [(each["Label"], sum(each["Values"])) for each in found] == [(metric, 10), ("Doubled", 20)]


@pytest.mark.aws("CloudWatch", "Dashboards", f"{API}PutDashboard.html")
def test_a_dashboard_is_kept_as_it_was_put_and_a_bad_one_is_refused(rig: Rig) -> None:
    cloudwatch = rig.aws("cloudwatch")
    body = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 2, "properties": {}}]})
    cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=body)
    assert cloudwatch.get_dashboard(DashboardName="shop")["DashboardBody"] == body
    assert [entry["DashboardName"] for entry in cloudwatch.list_dashboards()["DashboardEntries"]] == ["shop"]
    for bad in ("{", "{}", json.dumps({"widgets": [{"type": "pie", "properties": {}}]}), body.replace("6", "25")):
        with pytest.raises(ClientError, match="InvalidParameterInput"):
            cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=bad)
    cloudwatch.delete_dashboards(DashboardNames=["shop"])
    with pytest.raises(ClientError, match="ResourceNotFound"):
        cloudwatch.get_dashboard(DashboardName="shop")


def test_an_operation_of_cloudwatch_that_there_is_not_is_named(rig: Rig) -> None:
    with pytest.raises(ClientError, match="CloudWatch's PutCompositeAlarm"):
        rig.aws("cloudwatch").put_composite_alarm(AlarmName="a", AlarmRule="ALARM(b)")
