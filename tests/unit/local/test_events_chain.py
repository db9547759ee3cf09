"""The way from a new object to a job: an event, a rule, a function, a schedule whose name makes it one for many."""

import json

import pytest

from . import lambda_rig
from .cloud_rig import Rig
from .events_rig import permit, role_for, rule_arn, tick
from .glue_rig import Jobs

CURATE_SOON = """
import datetime, os
import boto3

def handler(event, context):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=15)
    scheduler = boto3.client("scheduler")
    try:
        scheduler.create_schedule(
            Name="curate-soon",
            ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={
                "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun",
                "RoleArn": os.environ["ROLE"],
                "Input": '{"JobName": "' + os.environ["JOB"] + '"}',
            },
        )
    except scheduler.exceptions.ConflictException:
        boto3.client("sqs").send_message(QueueUrl=os.environ["CONFLICTS"], MessageBody="again")
"""


@pytest.mark.aws(
    "EventBridge Scheduler",
    "Targets",
    "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html",
)
def test_many_new_objects_start_one_run_of_a_job(rig: Rig) -> None:
    jobs, conflicts, rule, s3 = Jobs(rig), lambda_rig.queue(rig), rig.name("rule"), rig.aws("s3")
    job = jobs.create("print('curated')")
    role = lambda_rig.role(rig, "scheduler:CreateSchedule", "iam:PassRole", "sqs:SendMessage")
    environment = {"JOB": job, "ROLE": role_for(rig, "glue:StartJobRun"), "CONFLICTS": conflicts.url}
    function = lambda_rig.function(rig, CURATE_SOON, role, Environment={"Variables": environment})
    s3.create_bucket(Bucket="lake")
    s3.put_bucket_notification_configuration(Bucket="lake", NotificationConfiguration={"EventBridgeConfiguration": {}})
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": ["lake"]}}}
    rig.aws("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
    permit(rig, function, "events.amazonaws.com", rule_arn(rule))
    rig.aws("events").put_targets(Rule=rule, Targets=[{"Id": "curate", "Arn": function}])

    for number in range(3):
        s3.put_object(Bucket="lake", Key=f"orders/{number}.parquet", Body=b"1")
    assert [conflicts.message()["Body"] for _ in range(2)] == ["again"] * 2
    assert jobs.glue.get_job_runs(JobName=job)["JobRuns"] == []
    (run,) = tick(rig, "+1h")
    assert run["outcome"] == "arn:aws:scheduler:::aws-sdk:glue:startJobRun delivered"
    (started,) = jobs.glue.get_job_runs(JobName=job)["JobRuns"]
    assert jobs.wait(job, started["Id"], ("SUCCEEDED",))["JobRunState"] == "SUCCEEDED"
    assert rig.aws("scheduler").list_schedules()["Schedules"] == []
