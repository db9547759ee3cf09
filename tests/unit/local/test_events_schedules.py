"""EventBridge Scheduler: schedules, their targets, and the clock that a tick moves."""

import datetime
import json
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from rapid.local.events import deliveries, schedule_target
from rapid.local.events.deliveries import DeliveryError

from . import lambda_rig
from .cloud_rig import Rig, policy
from .events_rig import attribute, body, recording_function, role_for, tick
from .lambda_rig import Queue

CREATE = "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"
TYPES = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"
DELETION = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html"
TEMPLATED = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html"
UNIVERSAL = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html"
ROLE = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html"
DEAD_LETTERS = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html"
CONTEXT = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"
GROUPS = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html"


def soon(minutes: float = 30) -> str:
    """An expression that is due in some minutes."""
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


def to_queue(rig: Rig, queue: Queue, *actions: str, **target: Any) -> dict[str, Any]:
    """A target that sends a message to a queue."""
    role = role_for(rig, *(actions or ("sqs:SendMessage",)))
    return {"Arn": queue.arn, "RoleArn": role, "Input": "hello", **target}


def schedule(rig: Rig, expression: str, target: dict[str, Any], **definition: Any) -> str:
    """A schedule; its name."""
    given = {"Name": rig.name("schedule"), "FlexibleTimeWindow": {"Mode": "OFF"}, **definition}
    rig.aws("scheduler").create_schedule(ScheduleExpression=expression, Target=target, **given)
    return str(given["Name"])


def runs_of(rig: Rig, name: str, until: str) -> list[dict[str, str]]:
    return [run for run in tick(rig, until) if run["name"].endswith(f"/{name}")]


def refused(call: Any, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as found:
        call(**parameters)
    error: dict[str, Any] = found.value.response["Error"]
    return error


@pytest.mark.aws("EventBridge Scheduler", "Schedules", DELETION)
def test_a_one_time_schedule_runs_once_and_is_deleted_then_if_it_says_so(rig: Rig) -> None:
    queue, scheduler = lambda_rig.queue(rig), rig.aws("scheduler")
    target = to_queue(rig, queue)
    kept = schedule(rig, soon(), target)
    gone = schedule(rig, soon(), target, ActionAfterCompletion="DELETE")
    assert [run["outcome"] for run in tick(rig, "+1h")] == [f"{queue.arn} delivered"] * 2
    assert [queue.message()["Body"] for _ in range(2)] == ["hello"] * 2
    assert scheduler.get_schedule(Name=kept)["ActionAfterCompletion"] == "NONE"
    error = refused(scheduler.get_schedule, Name=gone)
    assert (error["Code"], error["Message"]) == ("ResourceNotFoundException", f"Schedule {gone} does not exist.")
    assert runs_of(rig, kept, "+2h") == []


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
def test_a_rate_begins_at_its_start_date_and_ends_with_its_end_date(rig: Rig) -> None:
    queue = lambda_rig.queue(rig)
    start = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(hours=1)
    end = start + datetime.timedelta(minutes=25)
    name = schedule(rig, "rate(10 minutes)", to_queue(rig, queue), StartDate=start, EndDate=end)
    expected = [start + datetime.timedelta(minutes=minutes) for minutes in (0, 10, 20)]
    assert [run["time"] for run in runs_of(rig, name, "+20h")] == [f"{due:%Y-%m-%dT%H:%M:%SZ}" for due in expected]


@pytest.mark.aws("EventBridge Scheduler", "Schedules", TYPES)
def test_a_rate_without_a_start_date_begins_at_once(rig: Rig) -> None:
    queue = lambda_rig.queue(rig)
    schedule(rig, "rate(1 day)", to_queue(rig, queue))
    assert queue.message()["Body"] == "hello"


@pytest.mark.aws("EventBridge Scheduler", "Schedules", TYPES)
def test_a_cron_expression_is_read_in_its_time_zone(rig: Rig) -> None:
    name = schedule(
        rig,
        "cron(30 8 * * ? *)",
        to_queue(rig, lambda_rig.queue(rig)),
        ScheduleExpressionTimezone="Asia/Kolkata",
    )
    (run, *_) = runs_of(rig, name, "+1d")
    assert run["time"].endswith("T03:00:00Z")
    rig.aws("scheduler").delete_schedule(Name=name)


@pytest.mark.aws("EventBridge Scheduler", "Schedules", CREATE)
def test_a_schedule_can_be_disabled_changed_listed_and_deleted(rig: Rig) -> None:
    scheduler, target = rig.aws("scheduler"), to_queue(rig, lambda_rig.queue(rig))
    name = schedule(rig, soon(), target, State="DISABLED", Description="text")
    assert runs_of(rig, name, "+1h") == []
    found = scheduler.get_schedule(Name=name)
    assert (found["State"], found["Description"], found["GroupName"]) == ("DISABLED", "text", "default")
    assert found["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    scheduler.update_schedule(Name=name, ScheduleExpression=soon(10), FlexibleTimeWindow=window, Target=target)
    found = scheduler.get_schedule(Name=name)
    assert (found["State"], found["FlexibleTimeWindow"], "Description" in found) == ("ENABLED", window, False)
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
def test_a_function_is_invoked_with_the_input_or_with_an_event_that_tells_of_the_schedule(rig: Rig) -> None:
    results = lambda_rig.queue(rig)
    target = {"Arn": recording_function(rig, results), "RoleArn": role_for(rig, "lambda:InvokeFunction")}
    schedule(rig, soon(), {**target, "Input": '{"n": 1}'})
    tick(rig, "+1h")
    assert body(results) == {"n": 1}
    name = schedule(rig, soon(), target)
    tick(rig, "+1h")
    event = body(results)
    assert (event["source"], event["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert event["resources"][0].endswith(f":schedule/default/{name}")


@pytest.mark.aws("EventBridge Scheduler", "Targets", CONTEXT)
def test_the_input_may_name_the_schedule_and_its_time(rig: Rig) -> None:
    queue = lambda_rig.queue(rig)
    text = "<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> <aws.scheduler.attempt-number>"
    name = schedule(rig, soon(), to_queue(rig, queue, Input=text))
    (run,) = runs_of(rig, name, "+1h")
    assert queue.message()["Body"] == f"{run['name']} {run['time']} 1"


@pytest.mark.aws("EventBridge Scheduler", "Targets", UNIVERSAL)
def test_any_operation_of_a_service_can_be_called_with_the_role_of_the_schedule(rig: Rig) -> None:
    queue = lambda_rig.queue(rig)
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        "RoleArn": role_for(rig, "sqs:SendMessage"),
        "Input": json.dumps({"QueueUrl": queue.url, "MessageBody": "universal"}),
    }
    schedule(rig, soon(), target)
    tick(rig, "+1h")
    assert queue.message()["Body"] == "universal"


@pytest.mark.aws("EventBridge Scheduler", "Targets", UNIVERSAL)
@pytest.mark.parametrize("arn", ["glue:getJobRun", "glue:startNothing", "nothing:startJobRun"])
def test_operations_that_only_read_or_do_not_exist_are_no_targets(rig: Rig, arn: str) -> None:
    target = {"Arn": f"arn:aws:scheduler:::aws-sdk:{arn}", "RoleArn": role_for(rig), "Input": "{}"}
    with pytest.raises(ClientError, match=arn):
        schedule(rig, soon(), target)


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


@pytest.mark.aws("EventBridge Scheduler", "Permissions", DEAD_LETTERS)
def test_what_the_role_may_not_do_goes_to_the_dead_letter_queue_with_the_reason(rig: Rig) -> None:
    dead, queue = lambda_rig.queue(rig), lambda_rig.queue(rig)
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun",
        "RoleArn": role_for(rig, "sqs:SendMessage"),
        "Input": '{"JobName": "curate"}',
        "DeadLetterConfig": {"Arn": dead.arn},
    }
    name = schedule(rig, soon(), target)
    (run,) = runs_of(rig, name, "+1h")
    assert "not authorized to perform: glue:StartJobRun" in run["outcome"]
    message = dead.message()
    assert json.loads(message["Body"]) == {"JobName": "curate"}
    assert attribute(message, "ERROR_CODE") == "AccessDeniedException"
    assert attribute(message, "SCHEDULE_ARN") == run["name"]
    assert attribute(message, "SCHEDULED_TIME") == run["time"]
    assert (attribute(message, "RETRY_ATTEMPTS"), queue.size()) == ("0", 0)


@pytest.mark.aws("EventBridge Scheduler", "Retries", DEAD_LETTERS)
def test_a_target_that_fails_for_a_while_is_tried_as_often_as_the_retry_policy_says(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def busy(*call: Any) -> None:
        tries.append(call)
        raise DeliveryError("ServiceUnavailableException", "busy", is_retryable=True)

    monkeypatch.setattr(deliveries, "LONGEST_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(schedule_target, "request", busy)
    dead = lambda_rig.queue(rig)
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun",
        "RoleArn": role_for(rig, "sqs:SendMessage"),
        "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60},
        "DeadLetterConfig": {"Arn": dead.arn},
    }
    schedule(rig, soon(), target)
    tick(rig, "+1h")
    message = dead.message()
    assert len(tries) == 3
    assert attribute(message, "ERROR_CODE") == "ServiceUnavailableException"
    assert attribute(message, "EXHAUSTED_RETRY_CONDITION") == "MaximumRetryAttempts"
    assert attribute(message, "RETRY_ATTEMPTS") == "2"


@pytest.mark.aws("EventBridge Scheduler", "Schedules", CREATE)
@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"ScheduleExpression": "every day"}, "Invalid Schedule Expression every day."),
        ({"ScheduleExpressionTimezone": "Mars/Base"}, "Invalid ScheduleExpressionTimezone Mars/Base."),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"Name": "no spaces"}, "Member must satisfy regular expression pattern"),
        (
            {"ScheduleExpression": "rate(1 day)", "StartDate": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)},
            "The StartDate you specify cannot be earlier than 5 minutes ago.",
        ),
        ({"GroupName": "missing"}, "Schedule group missing does not exist."),
        ({"KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k"}, "KMS key"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_by_name(rig: Rig, definition: dict[str, Any], message: str) -> None:
    given = {"expression": soon(), **{key: value for key, value in definition.items() if key != "ScheduleExpression"}}
    given["expression"] = definition.get("ScheduleExpression", given["expression"])
    with pytest.raises(ClientError) as found:
        schedule(rig, target=to_queue(rig, lambda_rig.queue(rig)), **given)
    assert message in found.value.response["Error"]["Message"]


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
    assert queue.message()["Body"] == "hello"


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
