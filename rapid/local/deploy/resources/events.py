"""What reacts and what is due: rules of EventBridge and their targets, schedules and their groups.

What makes a replacement: internal/service/events/rule.go, events/target.go, scheduler/schedule.go and
schedule_group.go.
"""

from __future__ import annotations

from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.operations import Created, Creation, Deletion
from rapid.local.deploy.resource_type import AutoName, ResourceType, created, deleted, sent, tags

_put_rule = created("PutRule", "{Name}", outputs={"arn": "{RuleArn}"})


def _target(creation: Creation) -> Created:
    place = {name: value for name in ("rule", "eventBusName") if (value := creation.take(name))}
    properties = {**place, "targets": [creation.rest()]}
    parameters = creation.convert("PutTargets", properties, {"targets.targetId": "Id"})
    for failed in creation.call("PutTargets", **parameters).get("FailedEntries", []):
        raise DeployError(f"PutTargets was refused: {failed['ErrorCode']}: {failed['ErrorMessage']}")
    return Created(f"{place['rule']}-{parameters['Targets'][0]['Id']}")


def _delete_rule(deletion: Deletion) -> None:
    deletion.call("DeleteRule", Name=deletion.id, Force=bool(deletion.value("forceDestroy")))


def _delete_target(deletion: Deletion) -> None:
    deletion.call("RemoveTargets", Rule=deletion.value("rule"), Ids=[deletion.value("targetId")])


def _delete_schedule(deletion: Deletion) -> None:
    group, _, name = deletion.id.partition("/")
    deletion.call("DeleteSchedule", GroupName=group, Name=name)


ROWS = (
    ResourceType(
        "aws:cloudwatch/eventRule:EventRule",
        "events",
        _put_rule,
        _delete_rule,
        AutoName(64),
        replace_on=("eventBusName", "name", "namePrefix"),
        updates=(tags(),),
        update=_put_rule,
        end_only=("forceDestroy",),
    ),
    ResourceType(
        "aws:cloudwatch/eventTarget:EventTarget",
        "events",
        _target,
        _delete_target,
        AutoName(64, "targetId"),
        replace_on=("eventBusName", "rule", "targetId"),
        update=_target,
        end_only=("forceDestroy",),
        find=lambda made: [f"{made.value('rule')}-{made.value('targetId')}"],
    ),
    ResourceType(
        "aws:scheduler/schedule:Schedule",
        "scheduler",
        created(
            "CreateSchedule",
            "{GroupName}/{Name}",
            outputs={"arn": "{ScheduleArn}"},
            defaults={"groupName": "default"},
        ),
        _delete_schedule,
        AutoName(64),
        replace_on=("groupName", "name", "namePrefix"),
        # All of it is given anew: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
        update=sent("UpdateSchedule"),
        find=lambda made: [f"{made.value('groupName') or 'default'}/{made.value('name')}"],
    ),
    ResourceType(
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        "scheduler",
        created("CreateScheduleGroup", "{Name}", outputs={"arn": "{ScheduleGroupArn}"}),
        deleted("DeleteScheduleGroup", Name="id"),
        AutoName(64),
        replace_on=("name", "namePrefix"),
        updates=(tags(),),
    ),
)
