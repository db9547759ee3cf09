"""What reacts and what is due: notifications of buckets, rules of EventBridge and their targets, schedules.

What makes a replacement: internal/service/s3/bucket_notification.go, events/rule.go, events/target.go,
scheduler/schedule.go and schedule_group.go.
"""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.errors import DeployError, PropertyError
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ResourceType, UpdateRule, whole
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import Update

_NOTIFICATION_RENAMES = {
    "lambdaFunctions": "LambdaFunctionConfigurations",
    "queues": "QueueConfigurations",
    "topics": "TopicConfigurations",
}
_TARGET_RENAMES = {
    "targets.inputTransformer.inputPaths": "InputPathsMap",
    "targets.sqsTarget": "SqsParameters",
    "targets.targetId": "Id",
}


def _notification(creation: Creation) -> Created:
    bucket = creation.need("bucket")
    given = {name: [_filtered(item, name) for item in creation.take_list(name)] for name in _NOTIFICATION_RENAMES}
    configured = creation.convert(
        "PutBucketNotificationConfiguration.NotificationConfiguration",
        {**{name: items for name, items in given.items() if items}, **_event_bridge(creation)},
        _NOTIFICATION_RENAMES,
    )
    creation.call("PutBucketNotificationConfiguration", Bucket=bucket, NotificationConfiguration=configured)
    return Created(bucket)


def _event_bridge(creation: Creation) -> dict[str, Any]:
    return {"eventBridgeConfiguration": {}} if creation.take("eventbridge") else {}


def _filtered(item: Any, name: str) -> dict[str, Any]:
    """One notification, with its prefix and suffix as the API has them."""
    if not isinstance(item, dict):
        raise PropertyError(name, f"takes a list of objects, not {item!r}")
    edges = {"prefix": item.get("filterPrefix"), "suffix": item.get("filterSuffix")}
    rules = [{"name": edge, "value": value} for edge, value in edges.items() if value]
    rest = {key: value for key, value in item.items() if key not in ("filterPrefix", "filterSuffix")}
    return {**rest, "filter": {"key": {"filterRules": rules}}} if rules else rest


def _delete_notification(deletion: Deletion) -> None:
    deletion.call("PutBucketNotificationConfiguration", Bucket=deletion.id, NotificationConfiguration={})


def _rule(creation: Creation) -> Created:
    creation.take("forceDestroy")  # speaks of the rule's end, which creation does not meet
    parameters = creation.convert("PutRule", creation.rest())
    return Created(parameters["Name"], {"arn": creation.call("PutRule", **parameters)["RuleArn"]})


def _update_rule(update: Update) -> None:
    update.take("tags")  # have a call of their own
    _rule(update)


def _delete_rule(deletion: Deletion) -> None:
    deletion.call("DeleteRule", Name=deletion.id, Force=bool(deletion.value("forceDestroy")))


def _target(creation: Creation) -> Created:
    creation.take("forceDestroy")
    place = {name: value for name in ("rule", "eventBusName") if (value := creation.take(name))}
    parameters = creation.convert("PutTargets", {**place, "targets": [creation.rest()]}, _TARGET_RENAMES)
    for failed in creation.call("PutTargets", **parameters).get("FailedEntries", []):
        raise DeployError(f"PutTargets was refused: {failed['ErrorCode']}: {failed['ErrorMessage']}")
    return Created(f"{place['rule']}-{parameters['Targets'][0]['Id']}")


def _delete_target(deletion: Deletion) -> None:
    ids = [deletion.value("targetId")]
    deletion.call("RemoveTargets", Rule=deletion.value("rule"), Ids=ids, Force=bool(deletion.value("forceDestroy")))


def _schedule(creation: Creation) -> Created:
    parameters = creation.convert("CreateSchedule", creation.rest())
    arn = creation.call("CreateSchedule", **parameters)["ScheduleArn"]
    group = parameters.get("GroupName", "default")
    return Created(f"{group}/{parameters['Name']}", {"arn": arn, "groupName": group})


def _update_schedule(update: Update) -> None:
    """All of a schedule is given anew: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html."""
    update.call("UpdateSchedule", **update.convert("UpdateSchedule", update.rest()))


def _delete_schedule(deletion: Deletion) -> None:
    group, _, name = deletion.id.partition("/")
    deletion.call("DeleteSchedule", GroupName=group, Name=name)


def _group(creation: Creation) -> Created:
    parameters = creation.convert("CreateScheduleGroup", creation.rest())
    arn = creation.call("CreateScheduleGroup", **parameters)["ScheduleGroupArn"]
    return Created(parameters["Name"], {"arn": arn, "state": "ACTIVE"})


def _delete_group(deletion: Deletion) -> None:
    deletion.call("DeleteScheduleGroup", Name=deletion.id)


_RULE_UPDATED = ("description", "eventPattern", "roleArn", "scheduleExpression", "state")
_TARGET_UPDATED = (
    "arn", "deadLetterConfig", "input", "inputPath", "inputTransformer", "retryPolicy", "roleArn", "sqsTarget",
)  # fmt: skip
_SCHEDULE_UPDATED = (
    "actionAfterCompletion", "description", "endDate", "flexibleTimeWindow", "kmsKeyArn", "scheduleExpression",
    "scheduleExpressionTimezone", "startDate", "state", "target",
)  # fmt: skip

ROWS = (
    ResourceType(
        "aws:s3/bucketNotification:BucketNotification",
        "s3",
        _notification,
        _delete_notification,
        replace_on=("bucket",),
        updates=(UpdateRule(("eventbridge", "lambdaFunctions", "queues", "topics"), whole(_notification)),),
        id_property="bucket",
    ),
    ResourceType(
        "aws:cloudwatch/eventRule:EventRule",
        "events",
        _rule,
        _delete_rule,
        AutoName(64),
        replace_on=("eventBusName", "name", "namePrefix"),
        updates=(UpdateRule(_RULE_UPDATED, _update_rule), tags()),
        end_only=("forceDestroy",),
    ),
    ResourceType(
        "aws:cloudwatch/eventTarget:EventTarget",
        "events",
        _target,
        _delete_target,
        AutoName(64, "targetId"),
        replace_on=("eventBusName", "rule", "targetId"),
        updates=(UpdateRule(_TARGET_UPDATED, whole(_target)),),
        end_only=("forceDestroy",),
        find=lambda made: [f"{made.value('rule')}-{made.value('targetId')}"],
    ),
    ResourceType(
        "aws:scheduler/schedule:Schedule",
        "scheduler",
        _schedule,
        _delete_schedule,
        AutoName(64),
        replace_on=("groupName", "name", "namePrefix"),
        updates=(UpdateRule(_SCHEDULE_UPDATED, _update_schedule),),
        find=lambda made: [f"{made.value('groupName') or 'default'}/{made.value('name')}"],
    ),
    ResourceType(
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        "scheduler",
        _group,
        _delete_group,
        AutoName(64),
        replace_on=("name", "namePrefix"),
        updates=(tags(),),
    ),
)
