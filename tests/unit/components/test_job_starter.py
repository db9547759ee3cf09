import json

import pytest

from components.job_starter import JobStarter
from tests.unit.components.engine import ACCOUNT, REGION

JOB = f"arn:aws:glue:{REGION}:{ACCOUNT}:job/files"


@pytest.fixture
def starter():
    return lambda: JobStarter(
        "starter",
        {"job_arn": JOB, "bucket": "files", "prefix": "incoming/", "interval_seconds": 60, "log_retention_days": 7},
    )


def test_new_objects_under_the_prefix_alone_call_the_function(deploy, starter):
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
