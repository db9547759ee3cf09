"""Logs, alarms, events."""

from .resource import Resource
from .rule import Faults, rule, rules_of

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE_ALARM = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"


@rule(
    "CloudWatch.16",
    types=[LOG_GROUP],
    title="A log group keeps its lines for a stated time, and no longer",
    fix="make the log group by log_group(), which takes log_retention_days",
)
def log_group_forgets(resource: Resource) -> Faults:
    if not resource.get("retentionInDays"):
        yield "", "it keeps its lines for ever"


@rule(
    "CloudWatch.15",
    types=[ALARM, COMPOSITE_ALARM],
    title="An alarm tells somebody",
    fix="name the topic in alarm_actions",
)
def alarm_tells_somebody(resource: Resource) -> Faults:
    if not resource.get("alarmActions"):
        yield "", "it has no action"


@rule(
    "CloudWatch.17",
    types=[ALARM, COMPOSITE_ALARM],
    title="An alarm's actions are on",
    fix="leave actions_enabled out",
)
def alarm_actions_are_on(resource: Resource) -> Faults:
    if resource.get("actionsEnabled") is False:
        yield "", "its actions are off"


@rule(
    "EventBridge.3",
    types=[EVENT_RULE],
    title="A rule listens to the account's own event bus",
    fix="leave event_bus_name out; a bus of its own needs a policy",
)
def event_rule_uses_default_bus(resource: Resource) -> Faults:
    bus = resource.get("eventBusName")
    if bus not in (None, "default"):
        yield "", f"it listens to {bus}"


RULES = rules_of(globals())
