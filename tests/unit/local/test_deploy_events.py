"""Notifications, rules, schedules and calls of functions: deployed, edited, ended."""

import json

import pytest

from rapid.local.cloud import LocalCloud

from .deploy_rig import Rig

PAGES = "https://www.pulumi.com/registry/packages/aws/api-docs"
NOTIFICATION = pytest.mark.aws("Pulumi deployer", "Notifications of buckets", f"{PAGES}/s3/bucketnotification/")
RULE = pytest.mark.aws("Pulumi deployer", "Event rules", f"{PAGES}/cloudwatch/eventtarget/")
SCHEDULE = pytest.mark.aws("Pulumi deployer", "Schedules", f"{PAGES}/scheduler/schedule/")

NOTIFICATIONS = """
import pulumi, pulumi_aws as aws

bucket = aws.s3.Bucket("bucket", force_destroy=True)
if NOTIFIED:
    aws.s3.BucketNotification("notified", bucket=bucket.bucket, eventbridge=EVENTBRIDGE)
pulumi.export("bucket", bucket.bucket)
"""
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
RULES = """
import json
import pulumi, pulumi_aws as aws

rule = aws.cloudwatch.EventRule("rule", tags=TAGS, event_pattern=json.dumps({"source": ["aws.s3"],
    "detail-type": ["Object Created"], "detail": {"bucket": {"name": [BUCKET]}}}))
target = aws.cloudwatch.EventTarget("target", rule=rule.name, arn=ARN)
for name, value in {"rule": rule.name, "arn": rule.arn}.items():
    pulumi.export(name, value)
"""
SCHEDULES = """
import json
import pulumi, pulumi_aws as aws

role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "scheduler.amazonaws.com"}}]}))
group = aws.scheduler.ScheduleGroup("group", tags={"team": "data"})
schedule = aws.scheduler.Schedule("schedule", group_name=GROUP, schedule_expression=EXPRESSION,
    flexible_time_window={"mode": "OFF"}, target={"arn": "arn:aws:lambda:us-east-1:123456789012:function:start",
        "role_arn": role.arn, "input": json.dumps({"JobName": "curate"})})
for name, value in {"name": schedule.name, "arn": schedule.arn, "group": group.name}.items():
    pulumi.export(name, value)
"""
CALLED = """
import json, pulumi, pulumi_aws as aws
trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
code = "def handler(event, context): return 1 / event['by']"
function = aws.lambda_.Function("called", role=role.arn, runtime="python3.13", handler="handler.handler",
    code=pulumi.AssetArchive({"handler.py": pulumi.StringAsset(code)}))
call = aws.lambda_.Invocation("call", function_name=function.name, input=json.dumps({"by": BY}), triggers={"a": "A"})
pulumi.export("result", call.result)
"""


@pytest.fixture(scope="module")
def cloud():
    with LocalCloud(0) as made:
        yield Rig(made.url, made.clients)


def deploy(cloud, folder, program, **values):
    for name, value in values.items():
        program = program.replace(name, value if name == "GROUP" else repr(value))
    outcome = cloud.deploy(folder, program)
    assert outcome.status == 0, outcome.errors
    return outcome


@NOTIFICATION
def test_a_bucket_tells_what_the_program_says_and_nothing_any_more_when_that_is_gone(cloud, tmp_path):
    first = deploy(cloud, tmp_path, NOTIFICATIONS, NOTIFIED=True, EVENTBRIDGE=True)
    read = cloud.client("s3").get_bucket_notification_configuration
    assert "EventBridgeConfiguration" in read(Bucket=first.output("bucket"))

    second = deploy(cloud, tmp_path, NOTIFICATIONS, NOTIFIED=True, EVENTBRIDGE=False)
    assert second.told("updated") == ["notified"]
    assert "EventBridgeConfiguration" not in read(Bucket=first.output("bucket"))

    deploy(cloud, tmp_path, NOTIFICATIONS, NOTIFIED=True, EVENTBRIDGE=True)
    third = deploy(cloud, tmp_path, NOTIFICATIONS, NOTIFIED=False, EVENTBRIDGE=False)
    assert third.told("deleted") == ["notified"]
    assert "EventBridgeConfiguration" not in read(Bucket=first.output("bucket"))
    assert cloud.run(tmp_path, "--action", "destroy").status == 0


@NOTIFICATION
def test_notifications_to_others_than_eventbridge_are_refused_by_name(cloud, tmp_path):
    program = NOTIFICATIONS.replace("eventbridge=EVENTBRIDGE", "queues=[{'queue_arn': 'q', 'events': ['e']}]")
    outcome = cloud.deploy(tmp_path, program.replace("NOTIFIED", "True"))
    assert "property queues: is not known here" in outcome.errors["notified"]
    assert cloud.run(tmp_path, "--action", "destroy").status == 0


@RULE
def test_a_rule_and_its_target_are_as_the_program_says_and_an_edit_changes_them_in_place(cloud, tmp_path):
    first = deploy(cloud, tmp_path, RULES, BUCKET="mine", TAGS={"team": "data"}, ARN=f"{FUNCTION}one")
    client = cloud.client("events")
    rule = client.describe_rule(Name=first.output("rule"))
    assert json.loads(rule["EventPattern"])["detail"] == {"bucket": {"name": ["mine"]}}
    assert rule["Arn"] == first.output("arn")
    (target,) = client.list_targets_by_rule(Rule=first.output("rule"))["Targets"]
    assert target["Arn"] == f"{FUNCTION}one"

    second = deploy(cloud, tmp_path, RULES, BUCKET="yours", TAGS={"team": "shop"}, ARN=f"{FUNCTION}two")
    assert second.told("updated") == ["rule", "target"]
    pattern = json.loads(client.describe_rule(Name=first.output("rule"))["EventPattern"])
    assert pattern["detail"] == {"bucket": {"name": ["yours"]}}
    (target,) = client.list_targets_by_rule(Rule=first.output("rule"))["Targets"]
    assert target["Arn"] == f"{FUNCTION}two"
    tags = client.list_tags_for_resource(ResourceARN=first.output("arn"))["Tags"]
    assert tags == [{"Key": "team", "Value": "shop"}]

    assert cloud.run(tmp_path, "--action", "destroy").status == 0
    assert client.list_rules()["Rules"] == []


@SCHEDULE
def test_a_schedule_is_changed_as_a_whole_and_another_group_makes_another_schedule(cloud, tmp_path):
    first = deploy(cloud, tmp_path, SCHEDULES, GROUP="None", EXPRESSION="cron(0 6 * * ? *)")
    client = cloud.client("scheduler")
    found = client.get_schedule(Name=first.output("name"))
    assert (found["ScheduleExpression"], found["Arn"]) == ("cron(0 6 * * ? *)", first.output("arn"))
    assert found["Target"]["Input"] == '{"JobName": "curate"}'

    second = deploy(cloud, tmp_path, SCHEDULES, GROUP="None", EXPRESSION="cron(0 7 * * ? *)")
    assert second.told("updated") == ["schedule"]
    assert client.get_schedule(Name=first.output("name"))["ScheduleExpression"] == "cron(0 7 * * ? *)"

    third = deploy(cloud, tmp_path, SCHEDULES, GROUP="group.name", EXPRESSION="cron(0 7 * * ? *)")
    assert third.told("replaced") == ["schedule"]
    (listed,) = client.list_schedules()["Schedules"]
    assert (listed["GroupName"], listed["Name"]) == (third.output("group"), third.output("name"))

    assert cloud.run(tmp_path, "--action", "destroy").status == 0
    assert client.list_schedules()["Schedules"] == []
    assert [group["Name"] for group in client.list_schedule_groups()["ScheduleGroups"]] == ["default"]


@pytest.mark.aws(
    "Pulumi deployer", "Updates", "https://www.pulumi.com/registry/packages/aws/api-docs/lambda/invocation/"
)
def test_a_function_is_called_when_the_triggers_of_its_call_differ_and_its_error_is_the_call_s(cloud, tmp_path):
    first = cloud.deploy(tmp_path, CALLED.replace("BY", "4"))
    assert (first.status, first.output("result")) == (0, "0.25")
    assert cloud.run(tmp_path).told("unchanged") == ["role", "called", "call"]
    assert cloud.deploy(tmp_path, CALLED.replace("BY", "4").replace('"A"', '"B"')).told("replaced") == ["call"]
    failed = cloud.deploy(tmp_path, CALLED.replace("BY", "0"))
    assert "ZeroDivisionError" in failed.errors["call"]
    assert cloud.run(tmp_path, "--action", "destroy").status == 0
