import json

import pytest

from components.job_starter import JobStarter
from tests.unit.components.engine import ACCOUNT, REGION

JOB = f"arn:aws:glue:{REGION}:{ACCOUNT}:job/files"


ARGS = {"job_arn": JOB, "bucket_arn": "arn:aws:s3:::files", "keys": {"prefix": "incoming/"}, "interval_seconds": 60}


@pytest.fixture
def starter():
    return lambda: JobStarter("starter", {**ARGS, "runtime": {"log_retention_days": 7}})


@pytest.fixture
def daily_starter():
    daily = {"--task": "daily"}
    return lambda: JobStarter("starter", {**ARGS, "runtime": {"log_retention_days": 7}, "daily_arguments": daily})


def test_new_objects_with_the_keys_alone_call_the_function(deploy, starter):
    deployment = deploy(starter)
    assert json.loads(deployment.one("EventRule").inputs["eventPattern"]) == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["files"]}, "object": {"key": [{"prefix": "incoming/"}]}},
    }
    rule = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:starter-rule"
    assert deployment.one("Permission").inputs["sourceArn"] == rule
    assert "starter-permission" in deployment.one("EventTarget").depends_on


def test_the_function_starts_its_job_and_makes_schedules_of_its_group_with_one_role(deploy, starter):
    statements = deploy(starter).one("RolePolicy", "starter-execution-policy").policy()
    assert {statement["Action"][0]: statement["Resource"] for statement in statements[:3]} == {
        "glue:StartJobRun": [JOB],
        "scheduler:CreateSchedule": [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/starter-schedules-1a2b3c4/*"],
        "iam:PassRole": [f"arn:aws:iam:{REGION}:{ACCOUNT}:starter-schedule-role"],
    }


def test_schedules_may_call_the_function_and_nothing_else(deploy, starter):
    deployment = deploy(starter)
    (statement,) = deployment.one("RolePolicy", "starter-schedule-policy").policy()
    assert statement["Action"] == ["lambda:InvokeFunction"]
    assert statement["Resource"] == [f"arn:aws:lambda:{REGION}:{ACCOUNT}:starter-function"]
    (trust,) = deployment.one("Role", "starter-schedule-role").trust()
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}


def test_a_preview_works_without_knowing_any_arn(deploy, starter):
    assert deploy(starter, preview=True).one("Function").inputs["environment"]["variables"]["INTERVAL_SECONDS"] == "60"


def test_the_daily_run_goes_by_the_function_as_all_others_do(deploy, daily_starter):
    schedule = deploy(daily_starter).one("Schedule")
    assert schedule.inputs["scheduleExpression"] == "cron(0 2 * * ? *)"
    assert schedule.inputs["target"]["arn"] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:starter-function"
    assert json.loads(schedule.inputs["target"]["input"]) == {"call": {"--task": "daily"}}
    assert schedule.inputs["flexibleTimeWindow"] == {"mode": "OFF"}


def test_only_a_starter_with_a_daily_run_changes_schedules(deploy, starter, daily_starter):
    def actions(build):
        statements = deploy(build).one("RolePolicy", "starter-execution-policy").policy()
        return statements[1]["Action"]

    assert actions(starter) == ["scheduler:CreateSchedule"]
    assert actions(daily_starter) == ["scheduler:CreateSchedule", "scheduler:UpdateSchedule"]
    assert not deploy(starter).of("Schedule")


def test_a_starter_that_follows_deployments_calls_its_function_when_the_text_changes(deploy, starter):
    assert not deploy(starter).of("Invocation")
    follows = deploy(lambda: JobStarter("starter", {**ARGS, "deployed": "abc"})).one("Invocation")
    assert follows.inputs["functionName"] == "starter-function-1a2b3c4"
    assert json.loads(follows.inputs["input"]) == {"deployed": {}}
    assert follows.inputs["triggers"] == {"deployed": "abc"}
    assert "starter-execution-policy" in follows.depends_on
