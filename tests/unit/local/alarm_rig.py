"""Metrics, alarms and their mails in a local cloud, over HTTP and with boto3."""

import email
import re
from email import policy
from email.message import EmailMessage
from typing import Any

import urllib3

from .cloud_rig import Rig

API = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_"
GUIDE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
ADDRESS = "operator@example.com"


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
