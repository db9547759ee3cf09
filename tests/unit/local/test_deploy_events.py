"""Notifications, rules and schedules: deployed, edited, ended."""

import json

import pytest

from rapid.local.cloud import LocalCloud

from .deploy_rig import Rig

PAGES = "https://www.pulumi.com/registry/packages/aws/api-docs"
NOTIFICATION = pytest.mark.aws("Pulumi deployer", "Notifications of buckets", f"{PAGES}/s3/bucketnotification/")
RULE = pytest.mark.aws("Pulumi deployer", "Event rules", f"{PAGES}/cloudwatch/eventtarget/")
SCHEDULE = pytest.mark.aws("Pulumi deployer", "Schedules", f"{PAGES}/scheduler/schedule/")

NOTIFICATIONS = """
import json
import pulumi, pulumi_aws as aws

bucket = aws.s3.Bucket("bucket", force_destroy=True)
queue = aws.sqs.Queue("queue")
policy = aws.sqs.QueuePolicy("policy", queue_url=queue.url, policy=pulumi.Output.json_dumps({
    "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": queue.arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": bucket.arn}}}]}))
if NOTIFIED:
    aws.s3.BucketNotification("notified", bucket=bucket.bucket, eventbridge=EVENTBRIDGE, queues=[{
        "queue_arn": queue.arn, "events": ["s3:ObjectCreated:*"], "filter_prefix": PREFIX, "filter_suffix": ".gz"}],
        opts=pulumi.ResourceOptions(depends_on=[policy]))
pulumi.export("bucket", bucket.bucket)
pulumi.export("queue", queue.arn)
"""
RULES = """
import json
import pulumi, pulumi_aws as aws

queue, dead = aws.sqs.Queue("queue"), aws.sqs.Queue("dead")
rule = aws.cloudwatch.EventRule("rule", event_pattern=json.dumps({"source": [SOURCE]}), tags=TAGS)
target = aws.cloudwatch.EventTarget("target", rule=rule.name, arn=queue.arn, dead_letter_config={"arn": dead.arn},
    retry_policy={"maximum_retry_attempts": 3, "maximum_event_age_in_seconds": 60},
    input_transformer={"input_paths": {"n": "$.detail.n"}, "input_template": TEMPLATE})
for name, value in {"rule": rule.name, "arn": rule.arn, "queue": queue.arn, "dead": dead.arn}.items():
    pulumi.export(name, value)
"""
SCHEDULES = """
import json
import pulumi, pulumi_aws as aws

role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "scheduler.amazonaws.com"}}]}))
group = aws.scheduler.ScheduleGroup("group", tags={"team": "data"})
schedule = aws.scheduler.Schedule("schedule", group_name=GROUP, schedule_expression=EXPRESSION,
    schedule_expression_timezone="Europe/Berlin", flexible_time_window={"mode": "OFF"},
    start_date="2030-01-01T00:00:00Z",
    target={"arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun", "role_arn": role.arn,
        "input": json.dumps({"JobName": "curate"}), "retry_policy": {"maximum_retry_attempts": 5}})
for name, value in {"name": schedule.name, "arn": schedule.arn, "group": group.name}.items():
    pulumi.export(name, value)
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
    first = deploy(cloud, tmp_path, NOTIFICATIONS, NOTIFIED=True, EVENTBRIDGE=True, PREFIX="raw/")
    read = cloud.client("s3").get_bucket_notification_configuration
    found = read(Bucket=first.output("bucket"))
    (told,) = found["QueueConfigurations"]
    assert (told["QueueArn"], told["Events"]) == (first.output("queue"), ["s3:ObjectCreated:*"])
    rules = {rule["Name"].lower(): rule["Value"] for rule in told["Filter"]["Key"]["FilterRules"]}
    assert rules == {"prefix": "raw/", "suffix": ".gz"}
    assert "EventBridgeConfiguration" in found

    second = deploy(cloud, tmp_path, NOTIFICATIONS, NOTIFIED=True, EVENTBRIDGE=False, PREFIX="new/")
    found = read(Bucket=first.output("bucket"))
    assert second.told("updated") == ["notified"]
    assert "EventBridgeConfiguration" not in found
    assert found["QueueConfigurations"][0]["Filter"]["Key"]["FilterRules"][0]["Value"] == "new/"

    third = deploy(cloud, tmp_path, NOTIFICATIONS, NOTIFIED=False, EVENTBRIDGE=False, PREFIX="")
    assert third.told("deleted") == ["notified"]
    assert "QueueConfigurations" not in read(Bucket=first.output("bucket"))
    assert cloud.run(tmp_path, "--action", "destroy").status == 0


@RULE
def test_a_rule_and_its_target_are_as_the_program_says_and_an_edit_changes_them_in_place(cloud, tmp_path):
    first = deploy(cloud, tmp_path, RULES, SOURCE="mine", TAGS={"team": "data"}, TEMPLATE='{"n": <n>}')
    client = cloud.client("events")
    rule = client.describe_rule(Name=first.output("rule"))
    assert json.loads(rule["EventPattern"]) == {"source": ["mine"]}
    assert rule["Arn"] == first.output("arn")
    (target,) = client.list_targets_by_rule(Rule=first.output("rule"))["Targets"]
    assert target["Arn"] == first.output("queue")
    assert target["DeadLetterConfig"] == {"Arn": first.output("dead")}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60}
    assert target["InputTransformer"] == {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"n": <n>}'}

    second = deploy(cloud, tmp_path, RULES, SOURCE="yours", TAGS={"team": "shop"}, TEMPLATE='{"m": <n>}')
    assert second.told("updated") == ["rule", "target"]
    assert json.loads(client.describe_rule(Name=first.output("rule"))["EventPattern"]) == {"source": ["yours"]}
    (target,) = client.list_targets_by_rule(Rule=first.output("rule"))["Targets"]
    assert target["InputTransformer"]["InputTemplate"] == '{"m": <n>}'
    tags = client.list_tags_for_resource(ResourceARN=first.output("arn"))["Tags"]
    assert tags == [{"Key": "team", "Value": "shop"}]

    assert cloud.run(tmp_path, "--action", "destroy").status == 0
    assert client.list_rules()["Rules"] == []


@SCHEDULE
def test_a_schedule_is_changed_as_a_whole_and_another_group_makes_another_schedule(cloud, tmp_path):
    first = deploy(cloud, tmp_path, SCHEDULES, GROUP="None", EXPRESSION="cron(0 6 * * ? *)")
    client = cloud.client("scheduler")
    found = client.get_schedule(Name=first.output("name"))
    assert (found["ScheduleExpression"], found["ScheduleExpressionTimezone"]) == ("cron(0 6 * * ? *)", "Europe/Berlin")
    assert (found["Arn"], found["StartDate"].year) == (first.output("arn"), 2030)
    assert found["Target"]["Input"] == '{"JobName": "curate"}'
    assert found["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 5

    second = deploy(cloud, tmp_path, SCHEDULES, GROUP="None", EXPRESSION="rate(1 hour)")
    assert second.told("updated") == ["schedule"]
    assert client.get_schedule(Name=first.output("name"))["ScheduleExpression"] == "rate(1 hour)"

    third = deploy(cloud, tmp_path, SCHEDULES, GROUP="group.name", EXPRESSION="rate(1 hour)")
    assert third.told("replaced") == ["schedule"]
    (listed,) = client.list_schedules()["Schedules"]
    assert (listed["GroupName"], listed["Name"]) == (third.output("group"), third.output("name"))

    assert cloud.run(tmp_path, "--action", "destroy").status == 0
    assert client.list_schedules()["Schedules"] == []
    assert [group["Name"] for group in client.list_schedule_groups()["ScheduleGroups"]] == ["default"]
