"""Expressions, and the clock that runs what is due."""

import datetime
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapid.local.events import expressions
from rapid.local.events.clock import Clock, Entry, TimeError
from rapid.local.events.expressions import At

TYPES = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"


def following(fields: str, after: str, count: int = 2) -> list[str]:
    """The next times of a cron expression."""
    expression, reached, found = expressions.parse(f"cron({fields})"), moment(after), []
    for _ in range(count):
        due = expression.next_after(reached)
        assert due is not None
        reached = due
        found.append(f"{datetime.datetime.fromtimestamp(due, datetime.UTC):%Y-%m-%dT%H:%M}")
    return found


def moment(text: str) -> float:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC).timestamp()


@pytest.mark.aws("EventBridge Scheduler", "Schedules", TYPES)
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("0 10 * * ? *", ["2026-02-27T10:00", "2026-02-28T10:00"]),
        ("15 12 * * ? 2030", ["2030-01-01T12:15", "2030-01-02T12:15"]),
        ("0 18 ? * MON-FRI *", ["2026-02-26T18:00", "2026-02-27T18:00"]),
        ("0 8 1 * ? *", ["2026-03-01T08:00", "2026-04-01T08:00"]),
        ("0/15 * * * ? *", ["2026-02-26T12:15", "2026-02-26T12:30"]),
        ("5,35 14 ? JAN,JUN 2 *", ["2026-06-01T14:05", "2026-06-01T14:35"]),
        ("0 0 29 2 ? *", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("0 0 ? * FRI-MON *", ["2026-02-27T00:00", "2026-02-28T00:00"]),
    ],
)
def test_a_cron_expression_is_due_when_its_six_fields_say(fields: str, expected: list[str]) -> None:
    assert following(fields, "2026-02-26T12:00") == expected


@pytest.mark.aws("EventBridge Scheduler", "Schedules", TYPES)
@pytest.mark.parametrize(
    "fields", ["* * * * * *", "* * ? * ? *", "60 * * * ? *", "* * 1 13 ? *", "* * * * ?", "x * * * ? *"]
)
def test_a_cron_expression_with_fields_that_cannot_be_is_refused(fields: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        expressions.parse(f"cron({fields})")


@pytest.mark.parametrize("fields", ["0 0 L * ? *", "0 0 ? * 5L *", "0 0 ? * 3#2 *", "0 0 1W * ? *"])
def test_a_cron_expression_of_a_kind_that_the_local_cloud_does_not_know_is_refused(fields: str) -> None:
    with pytest.raises(ValueError, match="that the local cloud knows"):
        expressions.parse(f"cron({fields})")


@pytest.mark.aws("EventBridge Scheduler", "Schedules", TYPES)
def test_a_one_time_expression_is_due_once() -> None:
    expression = expressions.parse("at(2026-07-01T12:00:00)")
    assert expression.next_after(0) == moment("2026-07-01T12:00")
    assert expression.next_after(moment("2026-07-01T12:00")) is None


class Times:
    """What a clock shows, and what it ran."""

    def __init__(self, now: float) -> None:
        self.now, self.ran = now, list[tuple[str, float]]()
        self.clock = Clock(lambda: self.now)

    def put(self, name: str, text: str, *, only_latest: bool = False) -> None:
        def run(due: float) -> str:
            self.ran.append((name, due))
            return "done"

        self.clock.put(name, Entry(expressions.parse(text), run, self.now, only_latest=only_latest))


def test_a_tick_runs_all_that_is_due_in_the_order_of_time_and_each_once() -> None:
    times = Times(1000)
    times.put("each minute", "cron(* * * * ? *)")
    times.put("once", "at(1970-01-01T00:18:00)")
    until, runs = times.clock.tick("+2m")
    assert (until, len(runs)) == ("1970-01-01T00:18:40Z", 3)
    assert times.ran == [("each minute", 1020), ("each minute", 1080), ("once", 1080)]
    assert times.clock.tick("+10s")[1] == []
    times.clock.tick("+30s")
    assert times.ran[3:] == [("each minute", 1140)]
    times.clock.stop()


def test_a_tick_runs_what_is_only_of_use_at_last_once_when_it_is_due_last() -> None:
    times = Times(moment("2026-07-01T12:00"))
    times.put("each", "cron(0 * * * ? *)")
    times.put("latest", "cron(30 * * * ? *)", only_latest=True)
    for until, ran in (("+10m", []), ("+3h", ["each", "each", "latest", "each"]), ("+50m", ["latest", "each"])):
        times.ran.clear()
        times.clock.tick(until)
        assert [name for name, _ in times.ran] == ran
    times.clock.stop()


def test_a_tick_stops_at_more_runs_than_a_person_can_mean() -> None:
    times = Times(1000)
    times.put("each minute", "cron(* * * * ? *)")
    with pytest.raises(TimeError, match="more than 10000 runs"):
        times.clock.tick("+300d")
    times.clock.stop()


def test_a_failing_run_does_not_keep_the_others_from_running() -> None:
    times = Times(1000)

    def fail(due: float) -> str:
        raise RuntimeError("no")

    times.clock.put("failing", Entry(At(1010), fail, 1000))
    times.put("other", "at(1970-01-01T00:17:00)")
    assert [run.outcome for run in times.clock.tick("+1m")[1]] == ["failed: no", "done"]
    times.clock.stop()


def test_real_time_runs_what_is_due_and_nothing_runs_after_the_end() -> None:
    clock, ran = Clock(), threading.Event()

    def run(due: float) -> str:
        ran.set()
        return "done"

    clock.put("soon", Entry(At(clock.now() + 0.05), run, clock.now()))
    assert ran.wait(60)
    clock.stop()


def test_a_held_clock_runs_by_ticks_alone_and_what_was_due_once_it_is_released() -> None:
    ran, done = [], threading.Event()

    def run(due: float) -> str:
        ran.append(due)
        done.set()
        return "ran"

    clock = Clock()
    clock.hold()
    now = clock.now()
    clock.put("past", Entry(At(now - 1), run, now - 60))
    assert not done.wait(0.1)
    clock.put("later", Entry(At(now + 3600), run, now))
    _, ticked = clock.tick("+2m")
    assert [each.name for each in ticked] == ["past"]
    done.clear()
    clock.put("missed", Entry(At(now - 2), run, now - 60))
    clock.release()
    assert done.wait(60)
    clock.stop()
    assert ran == [now - 1, now - 2]


def test_what_goes_ahead_follows_the_time_that_ticks_brought_forward_and_the_rest_the_real_one() -> None:
    now = [1_000.0]
    clock, told = Clock(lambda: now[0]), list[float]()
    clock.hold()
    clock.put("ahead", Entry(expressions.EveryMinute(), lambda due: told.append(due) or {}, now[0], goes_ahead=True))
    clock.tick("+3m")
    assert told == [1_020, 1_080, 1_140]
    assert (clock.ahead(), clock.now()) == (1_180, 1_000)
    now[0] += 30
    assert clock.ahead() == 1_210
    clock.tick("+1m")
    assert told[3:] == [1_200, 1_260]
    clock.stop()


@given(st.lists(st.floats(0, 200), min_size=1, max_size=10))
def test_a_tick_of_a_minute_comes_to_the_end_of_the_minute_that_ticks_had_brought_forward(waits: list[float]) -> None:
    now, ends = [1_000.0], list[float]()
    clock = Clock(lambda: now[0])
    clock.hold()
    clock.put("ahead", Entry(expressions.EveryMinute(), lambda due: ends.append(due) or {}, now[0], goes_ahead=True))
    for seconds in waits:
        now[0] += seconds
        told = clock.ahead()
        clock.tick("+1m")
        assert ends[-1] > told
    clock.stop()


def test_a_tick_tells_of_what_became_of_something_and_not_of_what_changed_nothing() -> None:
    clock = Clock(lambda: 1_000.0)
    outcomes = iter([{}, {"one": "OK", "two": "ALARM"}, {}])
    clock.hold()
    clock.put("many", Entry(expressions.EveryMinute(), lambda _due: next(outcomes), 1_000.0))
    _, runs = clock.tick("+3m")
    assert [(run.time, run.name, run.outcome) for run in runs] == [(1_080, "one", "OK"), (1_080, "two", "ALARM")]
    clock.stop()


def test_what_ticks_brought_forward_before_something_came_is_not_its_age() -> None:
    now = [1_000.0]
    clock = Clock(lambda: now[0])
    clock.hold()
    now[0] = 1_010
    clock.tick("+10m")
    now[0] = 1_020
    clock.tick("+1m")
    now[0] = 1_030
    assert [clock.age(moment) for moment in (1_000, 1_015, 1_025)] == [30 + 600 + 60, 15 + 60, 5]
    clock.stop()


def test_a_tick_lets_what_runs_set_going_end_before_a_later_time_and_before_it_ends_itself() -> None:
    clock, seen = Clock(), list[str]()
    clock.settle = lambda seconds: seen.append("settled") if seconds > 0 else None
    start = clock.now()
    for name, minutes in (("a", 10), ("b", 10), ("c", 20)):
        clock.put(name, Entry(At(start + minutes * 60), lambda _due, name=name: seen.append(name) or "done", start))
    clock.hold()
    clock.tick("+1h")
    clock.stop()
    assert seen == ["a", "b", "settled", "c", "settled"]
