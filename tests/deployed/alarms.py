"""Letting the alarms of a deployed stack ring, and reading their mails."""

import email
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import policy
from typing import Any

import urllib3

from rapid.cli.target import LocalStack

MAILBOX = "on-call@example.com"
_LINK = re.compile(r"http://\S+/_aws/sns/confirmation\.html\S+")
_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Mail:
    """A mail of the outbox."""

    subject: str
    text: str


def subscribe(stack: LocalStack, topic_arn: str, mailbox: str) -> None:
    """Subscribe a mailbox to a topic, and confirm by the link in the mail that it gets; once, whoever does it again."""
    answer = stack.client("sns").subscribe(TopicArn=topic_arn, Protocol="email", Endpoint=mailbox)
    if answer["SubscriptionArn"] == "pending confirmation":
        (link,) = _LINK.findall(mails(stack, mailbox)[0].text)
        assert urllib3.request("GET", link).status == 200


def mails(stack: LocalStack, mailbox: str) -> list[Mail]:
    """The mails to a mailbox, the newest first."""
    raw = [stack.mail(each["number"]) for each in stack.mails() if each["to"] == mailbox]
    found = [email.message_from_bytes(content, policy=policy.default) for content in raw]
    return [Mail(str(each["Subject"]), each.get_content()) for each in found]


@contextmanager
def without_schedules(stack: LocalStack) -> Iterator[None]:
    """Nothing is due while time passes, and no new object calls for a run."""
    events = stack.client("events")
    rules = [events.describe_rule(Name=each["Name"]) for each in events.list_rules()["Rules"]]
    of_objects = [rule for rule in rules if "Object Created" in rule["EventPattern"]]
    for rule in of_objects:
        events.put_rule(Name=rule["Name"], EventPattern=rule["EventPattern"], State="DISABLED")
    scheduler, taken = stack.client("scheduler"), ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow")
    listed = scheduler.list_schedules()["Schedules"]
    found = [scheduler.get_schedule(Name=each["Name"], GroupName=each["GroupName"]) for each in listed]
    settings = [{name: each[name] for name in (*taken, "Target")} for each in found]
    for each in settings:
        scheduler.update_schedule(**each, State="DISABLED")
    yield
    for each in settings:
        scheduler.update_schedule(**each, State="ENABLED")
    for rule in of_objects:
        events.put_rule(Name=rule["Name"], EventPattern=rule["EventPattern"], State="ENABLED")


class Alarms:
    """The alarms of a stack, by their kinds: their names without the stack's prefix."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._cloudwatch = stack.client("cloudwatch")
        names = stack.outputs["alarms"]
        self._prefix = _common_prefix(names)
        self.kinds = frozenset(name.removeprefix(self._prefix) for name in names)

    def tell(self, mailbox: str) -> None:
        """Subscribe a mailbox to the alarms' topic."""
        subscribe(self._stack, self._stack.outputs["alarm_topic_arn"], mailbox)

    def watched(self, kind: str, dimension: str) -> list[str]:
        """The values of a dimension in the metrics that an alarm watches."""
        alarm = self._described(kind)
        metrics = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
        dimensions = [each for metric in metrics or [alarm] for each in metric["Dimensions"]]
        return [each["Value"] for each in dimensions if each["Name"] == dimension]

    def state(self, kind: str) -> str:
        """The state that an alarm is in."""
        return str(self._described(kind)["StateValue"])

    def rings(self, kind: str) -> Mail:
        """The mail that tells of an alarm, once its minute is over."""
        return self._told(kind, "ALARM", "+1m")

    def ends(self, kind: str) -> Mail:
        """The mail that tells that an alarm is over, once time has passed."""
        return self._told(kind, "OK", "+10m")

    def _told(self, kind: str, state: str, until: str) -> Mail:
        name, end = self._prefix + kind, time.monotonic() + _WAIT_SECONDS
        while self.state(kind) != state:
            assert time.monotonic() < end, f"{name} is not in the state {state}: {self._described(kind)['StateReason']}"
            # What the stack does in the background may still be under way.
            time.sleep(0.2)
            self._stack.tick(until)
        found = [mail for mail in self._mails(MAILBOX) if mail.subject.startswith(f'{state}: "{name}" in ')]
        assert found, f"no mail tells that {name} is in the state {state}"
        return found[0]

    def _described(self, kind: str) -> dict[str, Any]:
        (alarm,) = self._cloudwatch.describe_alarms(AlarmNames=[self._prefix + kind])["MetricAlarms"]
        return dict(alarm)

    def _mails(self, mailbox: str) -> list[Mail]:
        return mails(self._stack, mailbox)


def _common_prefix(names: list[str]) -> str:
    """What all names begin with, up to a hyphen."""
    first, last = min(names), max(names)
    same = next(index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: first.rindex("-", 0, same) + 1]
