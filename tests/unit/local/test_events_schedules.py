"""EventBridge Scheduler: schedules, their targets, and the clock that a tick moves."""

import datetime
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from . import lambda_rig
from .cloud_rig import Rig, policy
from .events_rig import body, recording_function, refused, role_for, tick
from .lambda_rig import Queue

CREATE = "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"
TYPES = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"
CONTEXT = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"
DELETION = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html"
TEMPLATED = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html"
ROLE = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html"
GROUPS = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html"


def soon(minutes: float = 30) -> str:
    """An expression that is due in some minutes."""
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def to_queue(rig: Rig, queue: Queue, **target: Any) -> dict[str, Any]:
    """A target that lets a function send what it gets to a queue."""
    role = role_for(rig, "lambda:InvokeFunction")
    return {"Arn": recording_function(rig, queue), "RoleArn": role, "Input": '"hello"', **target}


def schedule(rig: Rig, expression: str, target: dict[str, Any], **definition: Any) -> str:
    """A schedule; its name."""
    given = {"Name": rig.name("schedule"), "FlexibleTimeWindow": {"Mode": "OFF"}, **definition}
    rig.aws("scheduler").create_schedule(ScheduleExpression=expression, Target=target, **given)
    return str(given["Name"])


def runs_of(rig: Rig, name: str, until: str) -> list[dict[str, str]]:
    return [run for run in tick(rig, until) if run["name"].endswith(f"/{name}")]


@pytest.mark.aws("EventBridge Scheduler", "Schedules", DELETION)
def test_a_one_time_schedule_runs_once_and_is_deleted_then_if_it_says_so(rig: Rig) -> None:
    queue, scheduler = lambda_rig.queue(rig), rig.aws("scheduler")
    target = to_queue(rig, queue)
    kept = schedule(rig, soon(), target)
    gone = schedule(rig, soon(), target, ActionAfterCompletion="DELETE")
    assert [run["outcome"] for run in tick(rig, "+1h")] == [f"{target['Arn']} delivered"] * 2
    assert [body(queue) for _ in range(2)] == ["hello"] * 2
    assert scheduler.get_schedule(Name=kept)["ActionAfterCompletion"] == "NONE"
    error = refused(scheduler.get_schedule, Name=gone)
    assert (error["Code"], error["Message"]) == ("ResourceNotFoundException", f"Schedule {gone} does not exist.")
    assert runs_of(rig, kept, "+2h") == []


@pytest.mark.aws("EventBridge Scheduler", "Schedules", CONTEXT)
def test_a_target_is_told_for_which_time_it_is_called(rig: Rig) -> None:
    queue, expression = lambda_rig.queue(rig), soon()
    schedule(rig, expression, to_queue(rig, queue, Input='{"time": "<aws.scheduler.scheduled-time>"}'))
    tick(rig, "+1h")
    assert body(queue) == {"time": expression.removeprefix("at(").removesuffix(")") + "Z"}


def test_what_a_schedule_sets_going_has_ended_when_a_tick_comes_to_a_later_time(rig: Rig) -> None:
    queue = lambda_rig.queue(rig)
    source = """
    import os, time, boto3
    def handler(event, context):
        time.sleep(event)
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=str(event))
    """
    slow = rig.function(source, Environment={"Variables": {"QUEUE": queue.url}})
    role = role_for(rig, "lambda:InvokeFunction")
    for minutes, seconds in ((10, 0.3), (20, 0)):
        schedule(rig, soon(minutes), {"Arn": slow, "RoleArn": role, "Input": str(seconds)})
    tick(rig, "+1h")
    assert [body(queue) for _ in range(2)] == [0.3, 0]


@pytest.mark.aws("EventBridge Scheduler", "Schedules", CREATE)
def test_a_name_that_is_taken_conflicts_unless_it_is_the_same_request_sent_again(rig: Rig) -> None:
    target, create = to_queue(rig, lambda_rig.queue(rig)), rig.aws("scheduler").create_schedule
    request = {
        "Name": rig.name("schedule"),
        "ScheduleExpression": soon(),
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
    }
    first = create(**request, ClientToken="token")
    assert create(**request, ClientToken="token")["ScheduleArn"] == first["ScheduleArn"]
    with pytest.raises(ClientError) as found:
        create(**request)
    assert found.value.response["Error"]["Code"] == "ConflictException"
    assert found.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


@pytest.mark.aws("EventBridge Scheduler", "Schedules", TYPES)
def test_a_cron_expression_is_due_again_and_again(rig: Rig) -> None:
    name = schedule(rig, "cron(30 8 * * ? *)", to_queue(rig, lambda_rig.queue(rig)))
    moments = [datetime.datetime.fromisoformat(run["time"]) for run in runs_of(rig, name, "+2d")]
    # Three where the ticks of other tests have gone past one already, since schedules are due by real time.
    assert len(moments) in (2, 3)
    assert moments == [moments[0] + datetime.timedelta(days=day) for day in range(len(moments))]
    assert f"{moments[0]:%H:%M:%S}" == "08:30:00"
    rig.aws("scheduler").delete_schedule(Name=name)


@pytest.mark.aws("EventBridge Scheduler", "Schedules", CREATE)
def test_a_schedule_can_be_disabled_changed_listed_and_deleted(rig: Rig) -> None:
    scheduler, target = rig.aws("scheduler"), to_queue(rig, lambda_rig.queue(rig))
    name = schedule(rig, soon(), target, State="DISABLED", Description="text")
    assert runs_of(rig, name, "+1h") == []
    found = scheduler.get_schedule(Name=name)
    assert (found["State"], found["Description"], found["GroupName"]) == ("DISABLED", "text", "default")
    assert found["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
    scheduler.update_schedule(Name=name, ScheduleExpression=soon(10), FlexibleTimeWindow={"Mode": "OFF"}, Target=target)
    found = scheduler.get_schedule(Name=name)
    assert (found["State"], "Description" in found) == ("ENABLED", False)
    (listed,) = scheduler.list_schedules(NamePrefix=name)["Schedules"]
    assert (listed["Name"], listed["Target"]) == (name, {"Arn": target["Arn"]})
    scheduler.delete_schedule(Name=name)
    assert scheduler.list_schedules(NamePrefix=name)["Schedules"] == []
    assert runs_of(rig, name, "+1h") == []


@pytest.mark.aws("EventBridge Scheduler", "Schedule groups", GROUPS)
def test_a_group_holds_schedules_and_ends_with_them(rig: Rig) -> None:
    scheduler, target, group = rig.aws("scheduler"), to_queue(rig, lambda_rig.queue(rig)), rig.name("group")
    arn = scheduler.create_schedule_group(Name=group, Tags=[{"Key": "a", "Value": "1"}])["ScheduleGroupArn"]
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    name = schedule(rig, soon(), target, GroupName=group)
    assert scheduler.get_schedule(Name=name, GroupName=group)["Arn"].endswith(f"schedule/{group}/{name}")
    assert refused(scheduler.get_schedule, Name=name)["Code"] == "ResourceNotFoundException"
    assert [found["Name"] for found in scheduler.list_schedules(GroupName=group)["Schedules"]] == [name]
    scheduler.delete_schedule_group(Name=group)
    assert runs_of(rig, name, "+1h") == []
    message = refused(scheduler.list_schedules, GroupName=group)["Message"]
    assert message == f"Schedule group {group} does not exist."


@pytest.mark.aws("EventBridge Scheduler", "Targets", TEMPLATED)
def test_a_function_is_invoked_with_the_input(rig: Rig) -> None:
    results = lambda_rig.queue(rig)
    schedule(rig, soon(), to_queue(rig, results, Input='{"n": 1}'))
    tick(rig, "+1h")
    assert body(results) == {"n": 1}


@pytest.mark.aws("EventBridge Scheduler", "Permissions", ROLE)
def test_a_role_that_does_not_trust_the_scheduler_is_refused(rig: Rig) -> None:
    target = {**to_queue(rig, lambda_rig.queue(rig)), "RoleArn": rig.role_of("lambda")}
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role") as found:
        schedule(rig, soon(), target)
    assert found.value.response["Error"]["Code"] == "ValidationException"


def test_a_trust_that_the_local_cloud_cannot_decide_on_is_refused_by_name(rig: Rig) -> None:
    target = to_queue(rig, lambda_rig.queue(rig))
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    }
    name = target["RoleArn"].rpartition("/")[2]
    rig.aws("iam").update_assume_role_policy(RoleName=name, PolicyDocument=policy(trust))
    with pytest.raises(ClientError, match="IpAddress on aws:SourceIp"):
        schedule(rig, soon(), target)


@pytest.mark.aws("EventBridge Scheduler", "Permissions", ROLE)
def test_a_run_whose_role_may_not_invoke_the_function_says_so(rig: Rig) -> None:
    queue = lambda_rig.queue(rig)
    name = schedule(rig, soon(), to_queue(rig, queue, RoleArn=role_for(rig, "sqs:SendMessage")))
    (run,) = runs_of(rig, name, "+1h")
    assert "not authorized to perform: lambda:InvokeFunction" in run["outcome"]
    assert queue.size() == 0


@pytest.mark.aws("EventBridge Scheduler", "Schedules", CREATE)
@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"ScheduleExpression": "every day"}, "Invalid Schedule Expression every day."),
        ({"ScheduleExpression": "rate(1 day)"}, "neither at(...) nor cron(...)"),
        ({"ScheduleExpression": "cron(0 0 L * ? *)"}, "Invalid Schedule Expression cron(0 0 L * ? *)."),
        ({"ScheduleExpressionTimezone": "Europe/Berlin"}, "in the time zone Europe/Berlin"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "a flexible time window"),
        ({"Name": "no spaces"}, "Member must satisfy regular expression pattern"),
        ({"EndDate": datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC)}, "schedules with EndDate"),
        ({"GroupName": "missing"}, "Schedule group missing does not exist."),
        ({"KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k"}, "schedules with KmsKeyArn"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_by_name(rig: Rig, definition: dict[str, Any], message: str) -> None:
    given = {"expression": soon(), **{key: value for key, value in definition.items() if key != "ScheduleExpression"}}
    given["expression"] = definition.get("ScheduleExpression", given["expression"])
    with pytest.raises(ClientError) as found:
        schedule(rig, target=to_queue(rig, lambda_rig.queue(rig)), **given)
    assert message in found.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun"}, "aws-sdk:glue:startJobRun as the target"),
        ({"Arn": "arn:aws:sqs:us-east-1:123456789012:q"}, "q as the target of a schedule"),
        ({"Input": "hello"}, "Input is not valid JSON."),
        ({"Input": '"<aws.scheduler.execution-id>"'}, "attributes of the context"),
        ({"Input": None}, "schedules without an input"),
        ({"DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q"}}, "whose target has DeadLetterConfig"),
        ({"RetryPolicy": {"MaximumRetryAttempts": 2}}, "a retry policy of their own"),
    ],
)
def test_a_target_that_the_local_cloud_does_not_have_is_refused_by_name(
    rig: Rig, change: dict[str, Any], named: str
) -> None:
    target = {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "RoleArn": role_for(rig), "Input": "{}"}
    changed = {name: value for name, value in {**target, **change}.items() if value is not None}
    create = rig.aws("scheduler").create_schedule
    window = {"Mode": "OFF"}
    error = refused(create, Name="n", ScheduleExpression=soon(), FlexibleTimeWindow=window, Target=changed)
    assert named in error["Message"]


@pytest.mark.aws("EventBridge Scheduler", "Permissions", ROLE)
def test_a_function_makes_a_schedule_with_its_own_role_if_that_may_and_may_pass_the_role_on(rig: Rig) -> None:
    queue = lambda_rig.queue(rig)
    target, role = to_queue(rig, queue), lambda_rig.role(rig, "scheduler:CreateSchedule")
    source = """
    import boto3
    def handler(event, context):
        boto3.client("scheduler").create_schedule(FlexibleTimeWindow={"Mode": "OFF"}, **event)
    """
    function = lambda_rig.function(rig, source, role)
    request = {"Name": rig.name("schedule"), "ScheduleExpression": soon(), "Target": target}
    answer, _ = rig.invoke(function, request)
    assert "not authorized to perform: iam:PassRole" in answer["errorMessage"]
    lambda_rig.permit(rig, role, "scheduler:CreateSchedule", "iam:PassRole")
    assert rig.invoke(function, request)[0] is None
    tick(rig, "+1h")
    assert body(queue) == "hello"


@pytest.mark.parametrize(
    ("until", "message"),
    [
        ("tomorrow", "is no time"),
        ("+99999999d", "too far away"),
        ("2020-01-01T00:00:00Z", "is past"),
        ("+", "is no time"),
        (5, "takes"),
    ],
)
def test_a_tick_to_what_is_no_time_to_come_is_refused(rig: Rig, until: Any, message: str) -> None:
    answer = urllib3.request("POST", f"{rig.url}/_rapid/tick", json={"until": until})
    assert (answer.status, message in answer.json()["message"]) == (400, True)
