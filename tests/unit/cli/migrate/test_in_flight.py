"""Waiting for events on their way, in a world with a clock of its own where events never stop coming."""

import datetime
import math
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapid.cli.migrate import in_flight
from rapid.cli.migrate.in_flight import MAX_SECONDS, AwsWait, LocalWait

START = datetime.datetime(2026, 11, 28, 12)
LOST = math.inf


@dataclass(frozen=True)
class Event:
    """When it was received, and after how long each lake has it. Seconds."""

    received: float
    to_old: float
    to_target: float


class Clock(datetime.datetime):
    """Goes on when somebody sleeps, and a second with each look at it."""

    seconds = 0.0

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        cls.seconds += 1
        return (START + datetime.timedelta(seconds=cls.seconds)).replace(tzinfo=tz)


@dataclass(frozen=True)
class Found:
    differs: bool
    waits: bool


class World:
    """Two lakes into which events come."""

    def __init__(self, events: list[Event], moment: float) -> None:
        self.events, self.moment, self.looks = events, moment, 0

    def compare(self, _source: str, settled: datetime.datetime) -> Found:
        self.looks += 1
        now, before = Clock.seconds, (settled - START).total_seconds()
        differing = [
            event.received
            for event in self.events
            if event.received < self.moment
            and (event.received + event.to_old <= now) != (event.received + event.to_target <= now)
        ]
        return Found(bool(differing), any(received >= before for received in differing))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    def sleep(seconds: float) -> None:
        Clock.seconds += seconds

    monkeypatch.setattr(in_flight.datetime, "datetime", Clock)
    monkeypatch.setattr(in_flight.time, "sleep", sleep)
    Clock.seconds = 0.0
    return Clock


def settled(world: World, wait: Any) -> Found:
    return in_flight.until_settled(["orders"], wait, lambda: None, world.compare, lambda _what: None)["orders"]


DELAYS = st.floats(0, MAX_SECONDS - 1) | st.sampled_from([0.0, 60.0])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(DELAYS, DELAYS), min_size=1, max_size=40))
def test_it_ends_whatever_comes_and_what_is_on_its_way_is_no_difference(delays: list[tuple[float, float]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_flight.datetime, "datetime", Clock)
        patch.setattr(in_flight.time, "sleep", lambda seconds: setattr(Clock, "seconds", Clock.seconds + seconds))
        Clock.seconds = 0.0
        moment = float(MAX_SECONDS)
        Clock.seconds = moment
        every_twenty_seconds = [
            Event(20.0 * number, *delays[number % len(delays)]) for number in range(2 * MAX_SECONDS // 20)
        ]
        world = World(every_twenty_seconds, moment)
        assert not settled(world, AwsWait()).differs
        assert Clock.seconds <= moment + MAX_SECONDS + 60


def test_an_event_that_never_comes_is_a_difference_once_none_can_be_on_its_way_so_long(clock: type[Clock]) -> None:
    clock.seconds = 100.0
    found = settled(World([Event(50, 0, LOST), Event(60, 0, 600)], 100.0), AwsWait())
    assert (found.differs, found.waits) == (True, False)
    assert clock.seconds > 50 + MAX_SECONDS


def test_an_old_loss_is_told_as_soon_as_nothing_else_is_on_its_way(clock: type[Clock]) -> None:
    clock.seconds = 2.0 * MAX_SECONDS
    world = World([Event(50, 0, LOST), Event(clock.seconds - 10, 0, 65)], clock.seconds)
    assert settled(world, AwsWait()).differs
    assert clock.seconds < 2 * MAX_SECONDS + 120


def test_a_local_cloud_is_flushed_so_often_that_what_streams_hand_on_arrives(clock: type[Clock]) -> None:
    class Stack:
        flushes = 0

        def flush(self) -> int:
            self.flushes += 1
            return 0

    moment = START + datetime.timedelta(seconds=100)
    clock.seconds, stack = 101.0, Stack()
    wait = LocalWait(stack, moment)  # type: ignore[arg-type]
    assert not settled(World([Event(90, 0, 15)], 100.0), wait).differs
    lost, stack.flushes = World([Event(90, 0, LOST)], 100.0), 0
    assert settled(lost, LocalWait(stack, moment)).differs  # type: ignore[arg-type]
    assert stack.flushes == lost.looks == 4
