"""Posting events to a direct path: arrays of those that keep the contract, and any other alone.

The door checks an event that comes alone, and says what is wrong with it; those of an array are checked behind it. One
request is also what throttles, and AWS WAF, count.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from contracts.limits import MAX_EVENTS

from .backoff import Backoff
from .connection import Answer, Connection
from .credentials import Credentials
from .outcome import Outcome, Refusal

WORKERS = 8
"""Requests under way at once, each on a connection of its own."""
MAX_ARRAY_BYTES = 900_000
"""Of the events of one request: with what is put around each, they are one record of Firehose, of 1,000 KiB at most."""
_REFUSALS = (400, 413)


class DirectClient:
    """Sends events over several keep-alive connections at once; `send` is for one thread."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        keeps_contract: Callable[[Any], bool],
        *,
        sleep: Callable[[float], None] = time.sleep,
        randomness: random.Random | None = None,
    ) -> None:
        """`url` is http or https; `sleep` and `randomness` serve the backoff.

        `keeps_contract` says of an event whether the transform would make a row of it.
        """
        self._url, self._credentials = url, credentials
        self._keeps_contract = keeps_contract
        self._sleep, self._random = sleep, randomness or random.Random()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="rapid-send")
        self._own = threading.local()
        self._connections: list[Connection] = []

    def send(self, events: list[Any]) -> Outcome:
        """Send events; what is not taken for a passing reason is sent again.

        After an answer that another try cannot change and that is not about the events themselves, no more are sent.
        """
        given_up = threading.Event()
        outcome = Outcome(accepted=0, refusals=[], unsent=[], repeats=0)
        refused = self._send_groups(events, self._groups(events), given_up, outcome)
        # The door says which one of them it is.
        self._send_groups(events, [[index] for group in refused for index in group], given_up, outcome)
        outcome.refusals.sort(key=lambda refusal: refusal.index)
        outcome.unsent.sort()
        return outcome

    def close(self) -> None:
        """Close the connections."""
        self._pool.shutdown()
        for one in self._connections:
            one.close()

    def _groups(self, events: list[Any]) -> list[list[int]]:
        """Which events go together, by their positions."""
        together: list[list[int]] = []
        alone, size = [], 0
        for index, event in enumerate(events):
            if not self._keeps_contract(event):
                alone.append([index])
                continue
            length = len(json.dumps(event)) + 1
            if not together or len(together[-1]) == MAX_EVENTS or size + length > MAX_ARRAY_BYTES:
                together.append([])
                size = 0
            together[-1].append(index)
            size += length
        return together + alone

    def _send_groups(
        self, events: list[Any], groups: list[list[int]], given_up: threading.Event, outcome: Outcome
    ) -> list[list[int]]:
        """Send each group, and add what became of it; returns those of several events that were refused."""
        refused = []
        tries = [self._pool.submit(self._send_group, [events[at] for at in group], given_up) for group in groups]
        for group, (answer, repeats) in zip(groups, [one.result() for one in tries], strict=True):
            outcome.repeats += repeats
            outcome.request_id = answer.request_id if answer else outcome.request_id
            if answer is not None and _is_accepted(answer):
                outcome.accepted += len(group)
            elif answer is None or answer.status not in _REFUSALS:
                outcome.unsent += group
                outcome.failure = outcome.failure or (answer.message if answer else "")
            elif len(group) > 1:
                refused.append(group)
            else:
                outcome.refusals.append(Refusal(group[0], "event", answer.validation_error or answer.message))
        return refused

    def _send_group(self, group: list[Any], given_up: threading.Event) -> tuple[Answer | None, int]:
        """The last answer for events (None: they were not sent), and how often they were sent again."""
        answer, posts, backoff = None, 0, Backoff(self._sleep, self._random)
        while not given_up.is_set():
            answer, posts = self._connection().post(group if len(group) > 1 else group[0]), posts + 1
            if not answer.may_pass or not backoff.again(answer.retry_after_seconds):
                break
        if answer is not None and not _is_accepted(answer) and answer.status not in _REFUSALS:
            given_up.set()
        return answer, max(0, posts - 1)

    def _connection(self) -> Connection:
        if not hasattr(self._own, "connection"):
            self._own.connection = Connection(self._url, self._credentials)
            self._connections.append(self._own.connection)
        found: Connection = self._own.connection
        return found


def _is_accepted(answer: Answer) -> bool:
    # They are one record: all of them are stored, or none.
    return answer.status == 200 and answer.content.get("accepted", 0) > 0
