import heapq
import itertools
import json
import random
import re
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CONTEXT = SimpleNamespace(invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:starter")
NEW_OBJECT = {"source": "aws.s3", "detail": {"object": {"key": "incoming/orders/1/a.csv"}}}
NOON = 1_795_780_800
INTERVAL_SECONDS = 60
DAILY = {"--task": "daily"}
CALL = {"call": DAILY}


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

    def update_schedule(self, **asked):
        assert asked["Name"] in self.schedules
        self.schedules[asked["Name"]] = asked

    def start_job_run(self, JobName, Arguments):
        if self.is_running:
            raise Busy
        self.runs.append((self.now, Arguments))
        return {"JobRunId": "jr_1"}

    def time(self):
        return self.now

    def due(self):
        """When each schedule is due, in seconds since the epoch."""
        return sorted(int(name.removeprefix("start-")) for name in self.schedules)


@pytest.fixture
def starter_of(aws, package):
    handler = package(
        "job_starter",
        JOB_NAME="files",
        INTERVAL_SECONDS=str(INTERVAL_SECONDS),
        SCHEDULE_GROUP="group",
        SCHEDULE_ROLE_ARN="arn:aws:iam::123456789012:role/schedule",
    ).handler

    def build(interval_seconds):
        cloud = Cloud()
        handler._INTERVAL_SECONDS = interval_seconds
        handler._scheduler = handler._glue = handler.time = cloud
        return SimpleNamespace(
            cloud=cloud, handle=lambda event: handler.handler(event, CONTEXT), lead=handler.LEAD_SECONDS
        )

    return build


@pytest.fixture
def starter(starter_of):
    return starter_of(INTERVAL_SECONDS)


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


def test_a_deployment_is_followed_by_a_run_within_two_minutes_whatever_the_interval(starter_of):
    starter = starter_of(6 * 60 * 60)
    for _ in range(3):
        starter.handle({"deployed": {}})
        starter.cloud.now += 9
    [due] = starter.cloud.due()
    assert starter.lead <= due - NOON <= 2 * 60
    start(starter)
    assert [arguments for _, arguments in starter.cloud.runs] == [{}]


def test_a_deployment_during_a_run_is_followed_by_the_run_at_the_end_of_the_interval(starter):
    starter.handle({"deployed": {}})
    starter.cloud.is_running = True
    starter.cloud.now += INTERVAL_SECONDS
    start(starter)
    assert starter.cloud.due()[-1] == NOON + 2 * INTERVAL_SECONDS


def test_an_object_that_comes_while_a_run_is_on_gets_another_run(starter):
    starter.handle(NEW_OBJECT)
    starter.cloud.is_running = True
    starter.cloud.now += INTERVAL_SECONDS
    start(starter)
    assert starter.cloud.runs == []
    assert starter.cloud.due() == [NOON + INTERVAL_SECONDS, NOON + 2 * INTERVAL_SECONDS]


def task_of(schedule):
    return json.loads(schedule["Target"]["Input"])["start"].get("--task")


@pytest.mark.parametrize("events", list(itertools.permutations([NEW_OBJECT, CALL, NEW_OBJECT])))
def test_the_daily_run_takes_the_place_of_the_one_for_new_objects(starter, events):
    for event in events:
        starter.handle(event)
    (schedule,) = starter.cloud.schedules.values()
    assert task_of(schedule) == "daily"
    start(starter)
    assert starter.cloud.runs == [(NOON, DAILY)]


def test_a_daily_run_that_finds_another_is_the_next_one(starter):
    starter.cloud.is_running = True
    starter.handle({"start": DAILY})
    starter.handle(NEW_OBJECT)
    assert [task_of(schedule) for schedule in starter.cloud.schedules.values()] == ["daily"]


@pytest.mark.parametrize("interval_minutes", [1, 5, 60, 360])
@pytest.mark.parametrize("late_seconds", [0, 59])
def test_the_run_that_is_called_for_at_two_begins_at_two_minutes_past_two(starter_of, interval_minutes, late_seconds):
    starter, two = starter_of(interval_minutes * 60), NOON + 14 * 3600
    starter.cloud.now = two + late_seconds
    starter.handle(CALL)
    (due,) = starter.cloud.due()
    assert due <= two + 120


def test_what_glue_refuses_for_another_reason_is_raised_so_that_lambda_tries_again(starter):
    def refuse(JobName, Arguments):
        raise RuntimeError("throttled")

    starter.cloud.start_job_run = refuse
    with pytest.raises(RuntimeError):
        starter.handle({"start": {}})


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


# What AWS promises: an event comes late or twice, a schedule within the minute, and a run takes its time.
HOURS = 12
seconds = st.integers(0, HOURS * 3600)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    interval_seconds=st.sampled_from([60, 300, 420, 3600]),
    arrivals=st.lists(st.tuples(seconds, st.sampled_from([0, 1, 20, 200])), max_size=60),
    calls=st.lists(seconds, max_size=3),
    run_seconds=st.lists(st.integers(5, 9000), min_size=1, max_size=5),
    late_seconds=st.lists(st.integers(0, 59), min_size=1, max_size=7),
)
def test_each_object_is_followed_by_a_run_and_each_interval_has_one_at_most(
    starter_of, interval_seconds, arrivals, calls, run_seconds, late_seconds
):
    starter = starter_of(interval_seconds)
    lasting, lateness = itertools.cycle(run_seconds), itertools.cycle(late_seconds)
    queue = [(NOON + at + delay, NEW_OBJECT) for at, delay in arrivals]
    queue += [(NOON + at + 2 * delay + 1, NEW_OBJECT) for at, delay in arrivals[::3]]
    queue += [(NOON + at, CALL) for at in calls]
    waiting = [(moment, number, event) for number, (moment, event) in enumerate(queue)]
    heapq.heapify(waiting)
    numbers, ended, dues = itertools.count(len(queue)), 0, []
    cloud = starter.cloud
    while waiting:
        cloud.now, _, event = heapq.heappop(waiting)
        cloud.is_running = cloud.now < ended
        started = len(cloud.runs)
        if "start" in event:
            dues.append(event.pop("due"))
            event = json.loads(cloud.schedules.pop(f"start-{dues[-1]}")["Target"]["Input"])
        before = set(cloud.schedules)
        starter.handle(event)
        for name in set(cloud.schedules) - before:
            due = int(name.removeprefix("start-"))
            assert due >= cloud.now + starter.lead
            heapq.heappush(waiting, (due + next(lateness), next(numbers), {"start": {}, "due": due}))
        if len(cloud.runs) > started:
            ended = cloud.now + next(lasting)
    assert len(dues) == len(set(dues))
    assert all(later - earlier >= interval_seconds for earlier, later in itertools.pairwise(sorted(dues)))
    begun = [moment for moment, _ in cloud.runs]
    assert all(later - earlier > interval_seconds - 60 for earlier, later in itertools.pairwise(begun))
    assert all(any(moment > NOON + at for moment in begun) for at, _ in arrivals)
    nightly = [moment for moment, arguments in cloud.runs if arguments == DAILY]
    assert all(any(moment > NOON + at for moment in nightly) for at in calls)


def test_ten_thousand_objects_in_a_minute_are_one_run(starter_of):
    starter = starter_of(3600)
    for number in range(10_000):
        starter.cloud.now = NOON + number * 60 / 10_000
        starter.handle(NEW_OBJECT)
    assert len(starter.cloud.schedules) == 1
    start(starter)
    assert len(starter.cloud.runs) == 1
