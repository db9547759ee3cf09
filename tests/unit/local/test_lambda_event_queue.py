"""How events wait for their turn: none behind another that is only slow."""

import threading
import time
from collections.abc import Iterator

import pytest

from rapid.local.lambda_runtime.asynchronous import Event
from rapid.local.lambda_runtime.event_queue import EventQueue

from .cloud_rig import WAIT_SECONDS


class Attempts:
    """Attempts that end when they are told to."""

    def __init__(self) -> None:
        self.begun: set[str] = set()
        self.changed = threading.Condition()
        self.may_end = threading.Event()

    def __call__(self, event: Event) -> float | None:
        with self.changed:
            self.begun.add(event.request_id)
            self.changed.notify_all()
        self.may_end.wait(2 * WAIT_SECONDS)
        return None

    def begin(self, *request_ids: str) -> bool:
        """Whether these begin, without that any attempt ends."""
        with self.changed:
            return self.changed.wait_for(lambda: self.begun.issuperset(request_ids), WAIT_SECONDS)


def event(request_id: str) -> Event:
    return Event("function", b"{}", request_id)


@pytest.fixture
def attempts() -> Iterator[Attempts]:
    made = Attempts()
    yield made
    made.may_end.set()


@pytest.fixture
def queue(attempts: Attempts) -> Iterator[EventQueue[Event]]:
    """A queue with one thread, which waits for events."""
    made = EventQueue(attempts)
    attempts.may_end.set()
    made.put(event("first"))
    assert attempts.begin("first")
    while not made._idle_workers:
        time.sleep(0.001)
    attempts.may_end.clear()
    yield made
    made.stop()


def test_events_that_come_together_are_attempted_side_by_side(queue: EventQueue[Event], attempts: Attempts) -> None:
    with queue._changed:
        # The thread that waits cannot wake in between.
        queue.put(event("one"))
        queue.put(event("other"))
    assert attempts.begin("one", "other")


def test_an_event_that_becomes_due_is_attempted_while_another_runs(
    queue: EventQueue[Event], attempts: Attempts
) -> None:
    queue.put(event("retried"), 0.2)
    queue.put(event("slow"))
    assert attempts.begin("slow", "retried")
