import json
import random
import re
from types import SimpleNamespace

import pytest

CONTEXT = SimpleNamespace(invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:starter")
NEW_OBJECT = {"source": "aws.s3", "detail": {"object": {"key": "incoming/orders/1/a.csv"}}}
NOON = 1_795_780_800
INTERVAL_SECONDS = 60


class Taken(Exception):
    """The name of a schedule is taken."""


class Busy(Exception):
    """As many runs are under way as may be."""


class Cloud:
    """Schedules by name, and a job that runs once at a time; in the place of both services and of the clock."""

    def __init__(self):
        self.now, self.schedules, self.runs, self.is_running = float(NOON), {}, [], False
        self.exceptions = SimpleNamespace(ConflictException=Taken, ConcurrentRunsExceededException=Busy)

    def create_schedule(self, **asked):
        if asked["Name"] in self.schedules:
            raise Taken
        self.schedules[asked["Name"]] = asked

    def start_job_run(self, JobName):
        if self.is_running:
            raise Busy
        self.runs.append(self.now)
        return {"JobRunId": "jr_1"}

    def time(self):
        return self.now

    def due(self):
        """When each schedule is due, in seconds since the epoch."""
        return sorted(int(name.removeprefix("start-")) for name in self.schedules)


@pytest.fixture
def starter(aws, package):
    cloud = Cloud()
    handler = package(
        "job_starter",
        JOB_NAME="files",
        INTERVAL_SECONDS=str(INTERVAL_SECONDS),
        SCHEDULE_GROUP="group",
        SCHEDULE_ROLE_ARN="arn:aws:iam::123456789012:role/schedule",
    ).handler
    handler._scheduler = handler._glue = handler.time = cloud
    return SimpleNamespace(cloud=cloud, handle=lambda event: handler.handler(event, CONTEXT), lead=handler.LEAD_SECONDS)


def start(starter):
    """Send what the first schedule sends."""
    (schedule,) = list(starter.cloud.schedules.values())[:1]
    starter.handle(json.loads(schedule["Target"]["Input"]))


def test_a_new_object_makes_a_schedule_that_calls_the_function_and_then_goes(starter):
    starter.handle(NEW_OBJECT)
    (schedule,) = starter.cloud.schedules.values()
    assert schedule["ScheduleExpression"] == "at(2026-11-27T12:01:00)"
    assert (schedule["GroupName"], schedule["ActionAfterCompletion"]) == ("group", "DELETE")
    assert schedule["Target"]["Arn"] == CONTEXT.invoked_function_arn
    assert schedule["Target"]["RoleArn"].endswith("role/schedule")
    assert starter.cloud.runs == []


def test_a_thousand_objects_of_one_interval_are_one_run(starter):
    for _ in range(1000):
        starter.handle(NEW_OBJECT)
    assert len(starter.cloud.schedules) == 1
    start(starter)
    assert len(starter.cloud.runs) == 1


def test_an_object_that_comes_while_a_run_is_on_gets_another_run(starter):
    starter.handle(NEW_OBJECT)
    starter.cloud.is_running = True
    starter.cloud.now += INTERVAL_SECONDS
    start(starter)
    assert starter.cloud.runs == []
    assert starter.cloud.due() == [NOON + INTERVAL_SECONDS, NOON + 2 * INTERVAL_SECONDS]


def test_what_glue_refuses_for_another_reason_is_raised_so_that_lambda_tries_again(starter):
    def refuse(JobName):
        raise RuntimeError("throttled")

    starter.cloud.start_job_run = refuse
    with pytest.raises(RuntimeError):
        starter.handle({"start": "files"})


@pytest.mark.parametrize("seed", range(20))
def test_after_each_object_a_run_is_due_that_has_not_begun_and_is_near(starter, seed):
    randomness = random.Random(seed)
    for _ in range(20):
        starter.cloud.now = NOON + randomness.uniform(0, 10_000)
        starter.handle(NEW_OBJECT)
        soonest = min(due for due in starter.cloud.due() if due > starter.cloud.now + starter.lead)
        assert soonest <= starter.cloud.now + starter.lead + INTERVAL_SECONDS


def test_the_name_of_a_schedule_is_one_that_scheduler_takes(starter):
    starter.handle(NEW_OBJECT)
    (name,) = starter.cloud.schedules
    assert re.fullmatch(r"[0-9a-zA-Z-_.]{1,64}", name)
