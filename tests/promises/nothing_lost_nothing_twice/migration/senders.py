"""Senders that go on while a stack moves: by the ingest function, by the direct path, as guests straight onto streams.

Each knows every event that it sent and whether it was accepted; what is refused for a passing reason is sent again by
the product's own clients, which count that. So in the end every event is accepted, or a test fails.
"""

import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from bench.history import Event
from rapid.cli import project, samples
from rapid.cli.send import client_of
from rapid.cli.target import LocalStack
from tests.deployed.guest import guest_client

ORDERS, CLICKS = project.contract_of("orders"), project.contract_of("clickstream")
_REPEATED = 0.02
"""Share of events that are sent once more, as a client does that did not hear the answer."""
_BAD = 0.05
"""Share of the guests' events that break their contract; at the other doors such an event is not accepted."""
_STEPS_A_SECOND = 5
Put = Callable[[list[Event]], list[Event]]
"""Sends events; those of them that keep their contract. All are accepted."""
_SHARES = {"function": 0.6, "direct": 0.2, "guests": 0.1, "stragglers": 0.1}


class Senders:
    """All senders together, from the beginning of the context to its end."""

    def __init__(self, stack: LocalStack, events_a_second: float, *, prefix: str = "", stragglers: bool = True) -> None:
        """`prefix` begins all ids; without `stragglers` no page goes on that was opened before writers moved."""
        self.sent: dict[str, dict[str, Event]] = {"orders": {}, "clickstream": {}}
        """Every accepted event that keeps its contract, by source and primary key."""
        self.bad: set[str] = set()
        """Ids of the envelopes of accepted clicks that break it."""
        self.accepted = dict.fromkeys(self.sent, 0)
        """How many were accepted, each as often as it was."""
        self.repeats = 0
        """How many of these were sent once more."""
        self.failed_requests = 0
        """Requests that were not accepted when they were first sent."""
        self.errors: list[BaseException] = []
        self._ended, self._counting = threading.Event(), threading.Lock()
        function, direct = client_of(stack, ORDERS), client_of(stack, CLICKS)
        self._stack, self._guest = stack, guest_client(stack, "firehose")
        self._old_stream = self.open_pages()
        doors: dict[str, tuple[str, Put]] = {
            "function": ("orders", lambda events: self._post(function, events)),
            "direct": ("clickstream", lambda events: self._post(direct, events)),
            "guests": ("clickstream", lambda events: self._put(self._page_stream, events)),
            "stragglers": ("clickstream", lambda events: self._put(self._old_stream, events)),
        }
        if not stragglers:
            del doors["stragglers"]
        self._threads = [
            threading.Thread(target=self._send, args=[f"{prefix}{door}", source, put, _SHARES[door] * events_a_second])
            for door, (source, put) in doors.items()
        ]

    def __enter__(self) -> "Senders":
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self.seconds = time.monotonic() - self._began

    def open_pages(self) -> str:
        """Guests open their pages anew, which then put clicks onto the stream that the stack names now; that stream."""
        outputs = LocalStack(self._stack.endpoint_url, self._stack.stack).outputs
        self._page_stream = str((outputs.get("guest_streams") or outputs["streams"])["clickstream"])
        return self._page_stream

    @property
    def total(self) -> int:
        """How many events were accepted."""
        return sum(self.accepted.values())

    def check(self) -> None:
        """Raise what ended a sender before its time."""
        for error in self.errors:
            raise error

    def _send(self, door: str, source: str, put: Put, a_second: float) -> None:
        randomness, own = random.Random(door), self.sent[source]
        events = samples.events(project.contract_of(source), 10**9, seed=len(door))
        began, number = time.monotonic(), 0
        try:
            for step in itertools.count(1):
                due = int(step / _STEPS_A_SECOND * a_second)
                if batch := list(itertools.islice(_numbered(door, number, events), due - number)):
                    number += len(batch)
                    good = put(batch)
                    own |= {event["event_id"]: event for event in good}
                    if again := [event for event in good if randomness.random() < _REPEATED]:
                        put(again)
                    with self._counting:
                        self.accepted[source] += len(batch) + len(again)
                        self.repeats += len(again)
                # Where this machine is slower than the senders, they send as fast as it can.
                if self._ended.wait(max(0.0, began + step / _STEPS_A_SECOND - time.monotonic())):
                    return
        except BaseException as error:
            self.errors.append(error)

    def _post(self, client: Any, events: list[Event]) -> list[Event]:
        outcome = client.send(events)
        with self._counting:
            self.failed_requests += outcome.repeats
        assert outcome.accepted == len(events), outcome
        return events

    def _put(self, stream: str, events: list[Event]) -> list[Event]:
        """As a guest's page does (web/guest-sender.js), each event a line; some that are new break their contract."""
        good, lines = list[Event](), list[str]()
        randomness = random.Random(events[0]["event_id"])
        for event in events:
            envelope = {"id": f"guest-{uuid.uuid4().hex}", "receivedAt": _now(), "body": event}
            if event["event_id"] not in self.sent["clickstream"] and randomness.random() < _BAD:
                envelope["body"] = {**event, "time_spent": -1}
                self.bad.add(str(envelope["id"]))
            else:
                good.append(event)
            lines.append(json.dumps(envelope) + "\n")
        records = [{"Data": "".join(lines).encode()}]
        answer = self._guest.put_record_batch(DeliveryStreamName=stream, Records=records)
        assert answer["FailedPutCount"] == 0, answer
        return good


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _numbered(door: str, number: int, events: Iterator[Event]) -> Iterator[Event]:
    """Events whose ids say which door they came by."""
    for count in itertools.count(number):
        yield {**next(events), "event_id": f"{door}-{count:07d}"}
