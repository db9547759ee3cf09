"""What CloudWatch publishes when an alarm changes: a document for programs, and a text for mailboxes.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError
from ..service_models import loader
from ..sns.publishing import NotAuthorizedError, Publisher, Source
from . import alarm_checks, statistics
from .alarms import Change
from .evaluation import number

PRINCIPAL = "cloudwatch.amazonaws.com"
_MAX_SUBJECT = 100
Document = Mapping[str, Any]


class Notifier:
    """Carries out the actions of alarms."""

    def __init__(self, publisher: Publisher, region: str) -> None:
        self._publisher = publisher
        self._region = region

    def act(self, change: Change, action: str) -> str | None:
        """Publish a change to a topic, by its ARN; why that failed, or None."""
        alarm = change.alarm
        source = Source(PRINCIPAL, alarm["AlarmArn"], "CloudWatch Alarms", as_owner=True)
        messages = {"default": json.dumps(_document(change, self._region)), "email": _text(change, self._region)}
        try:
            self._publisher.publish(source, action, _subject(alarm, self._region), messages)
        except NotAuthorizedError as error:
            return str(error)
        except ServiceError as error:
            return error.message
        return None


@cache
def region_name(region: str) -> str:
    """The name that people know a region by."""
    partitions = loader().load_data("endpoints")["partitions"]
    names = {key: found["description"] for partition in partitions for key, found in partition["regions"].items()}
    return str(names.get(region, region))


def _subject(alarm: Document, region: str) -> str:
    begin, end = f'{alarm["StateValue"]}: "', f'" in {region_name(region)}'
    name, room = alarm["AlarmName"], _MAX_SUBJECT - len(begin) - len(end)
    return begin + (name if len(name) <= room else f"{name[: room - 3]}...") + end


def _document(change: Change, region: str) -> dict[str, Any]:
    alarm = change.alarm
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": ACCOUNT_ID,
        "AlarmConfigurationUpdatedTimestamp": _stamp(alarm["AlarmConfigurationUpdatedTimestamp"]),
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": _stamp(alarm["StateUpdatedTimestamp"]),
        "Region": region_name(region),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": change.old_state,
        "OKActions": alarm["OKActions"],
        "AlarmActions": alarm["AlarmActions"],
        "InsufficientDataActions": alarm["InsufficientDataActions"],
        "Trigger": _trigger(alarm),
    }


def _trigger(alarm: Document) -> dict[str, Any]:
    evaluation = {
        "Period": alarm_checks.period_of(alarm),
        "EvaluationPeriods": alarm["EvaluationPeriods"],
        **({"DatapointsToAlarm": alarm["DatapointsToAlarm"]} if alarm.get("DatapointsToAlarm") else {}),
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": alarm["Threshold"],
        "TreatMissingData": alarm["TreatMissingData"],
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
    }
    if alarm.get("Metrics"):
        return {**evaluation, "Metrics": alarm["Metrics"]}
    statistic = _statistic(alarm)
    is_basic = statistic in statistics.BASIC
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        "StatisticType": "Statistic" if is_basic else "ExtendedStatistic",
        "Statistic": statistic.upper() if is_basic else statistic,
        "Unit": alarm.get("Unit"),
        "Dimensions": [{"value": item["Value"], "name": item["Name"]} for item in alarm["Dimensions"]],
        **evaluation,
    }


def _text(change: Change, region: str) -> str:
    alarm = change.alarm
    name, reason, when = alarm["AlarmName"], alarm["StateReason"], _long(alarm["StateUpdatedTimestamp"])
    count = alarm["EvaluationPeriods"]
    needed = alarm.get("DatapointsToAlarm") or count
    threshold = f"{alarm['ComparisonOperator']} {number(alarm['Threshold'])}"
    span = f"at least {needed} of the last {count} period(s) of {alarm_checks.period_of(alarm)} seconds."
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/deeplink.js?region={region}#alarmsV2:alarm"
    return f"""You are receiving this email because your Amazon CloudWatch Alarm "{name}" in the {region_name(region)} region has entered the {alarm["StateValue"]} state, because "{reason}" at "{when}".

View this alarm in the AWS Management Console:
{console}/{quote(name, safe="")}

Alarm Details:
- Name:                       {name}
- Description:                {alarm.get("AlarmDescription") or ""}
- State Change:               {change.old_state} -> {alarm["StateValue"]}
- Reason for State Change:    {reason}
- Timestamp:                  {when}
- AWS Account:                {ACCOUNT_ID}
- Alarm Arn:                  {alarm["AlarmArn"]}

Threshold:
- The alarm is in the ALARM state when the metric is {threshold} for {span}

{_monitored(alarm)}

State Change Actions:
- OK: {_actions(alarm["OKActions"])}
- ALARM: {_actions(alarm["AlarmActions"])}
- INSUFFICIENT_DATA: {_actions(alarm["InsufficientDataActions"])}
"""  # noqa: E501


def _monitored(alarm: Document) -> str:
    if alarm.get("Metrics"):
        returned = [query for query in alarm["Metrics"] if query.get("ReturnData", True)]
        lines = ["Monitored Metrics:"]
        for query in returned:
            if query.get("Expression"):
                lines.append(f"- MetricExpression:           {query['Expression']}")
            if query.get("Label"):
                lines.append(f"- MetricLabel:                {query['Label']}")
        return "\n".join(lines)
    dimensions = ", ".join(f"[{item['Name']} = {item['Value']}]" for item in alarm["Dimensions"])
    return f"""Monitored Metric:
- MetricNamespace:                     {alarm["Namespace"]}
- MetricName:                          {alarm["MetricName"]}
- Dimensions:                          {dimensions}
- Period:                              {alarm["Period"]} seconds
- Statistic:                           {_statistic(alarm)}
- Unit:                                {alarm.get("Unit") or "not specified"}
- TreatMissingData:                    {alarm["TreatMissingData"]}"""


def _statistic(alarm: Document) -> str:
    return str(alarm.get("Statistic") or alarm["ExtendedStatistic"])


def _actions(actions: list[str]) -> str:
    return f"[{', '.join(actions)}]" if actions else ""


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def _long(moment: datetime) -> str:
    return f"{moment:%A} {moment.day:02d} {moment:%B, %Y %H:%M:%S} UTC"
