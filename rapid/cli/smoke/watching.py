"""What watches over a stack: its alarms, and who hears of them."""

from collections.abc import Callable
from typing import Any

from .. import target
from ..errors import CommandError
from .checks import Checks, NotMadeError

Tell = Callable[[str], None]
_ALARM = "docs/runbook.md, in the section of each alarm"
_MAIL = "confirm by the link in the mail that Amazon SNS sent, or look into its folder for spam"
_IN_ALARM, _OK = "ALARM", "OK"


def check(stack: target.Target, checks: Checks, tell: Tell) -> None:
    """Check alarms and subscriptions."""
    tell("looking at alarms")
    outputs = stack.masked_outputs
    with checks.make("", "alarms", _ALARM) as made:
        made.seen = _alarms(stack, outputs.get("alarms"))
    with checks.make("", "alarm mail", _MAIL) as made:
        made.seen = _subscriptions(stack, outputs.get("alarm_topic_arn"))


def _alarms(stack: target.Target, names: Any) -> str:
    if not names:
        raise NotMadeError("the stack has no alarms")
    cloudwatch, found, ringing = stack.client("cloudwatch"), dict[str, str](), []
    for start in range(0, len(names), 100):
        pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNames=names[start : start + 100])
        for alarm in (alarm for page in pages for alarm in page["MetricAlarms"]):
            found[alarm["AlarmName"]] = alarm["StateValue"]
            if alarm["StateValue"] == _IN_ALARM:
                # It says what that means, and the first thing to do.
                ringing.append(f"{alarm['AlarmName']}: {alarm.get('AlarmDescription', '')}")
    missing = sorted(set(names) - found.keys())
    if missing:
        raise CommandError(f"of {len(names)} alarms there are not: {', '.join(missing)}")
    if ringing:
        raise CommandError(f"in alarm: {'; '.join(sorted(ringing))}")
    ok = sum(state == _OK for state in found.values())
    return f"{len(found)} alarms, none rings: {ok} OK, {len(found) - ok} without data yet"


def _subscriptions(stack: target.Target, topic_arn: Any) -> str:
    if not topic_arn:
        raise NotMadeError("the stack has no topic for alarms")
    pages = stack.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    found = [subscription["SubscriptionArn"] for page in pages for subscription in page["Subscriptions"]]
    if not found:
        raise NotMadeError("nobody is told of alarms: the topic has no subscription")
    waiting = sum(not arn.startswith("arn:") for arn in found)
    if waiting:
        raise CommandError(f"{waiting} of {len(found)} subscriptions are not confirmed, so no mail of an alarm comes")
    return f"{len(found)} confirmed"
