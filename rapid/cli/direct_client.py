"""Posting events to a direct path: one event a request, so that the door checks each: of an array it does not."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .backoff import Backoff
from .connection import Answer, Connection
from .credentials import Credentials
from .outcome import Outcome, Refusal

WORKERS = 8
"""Requests under way at once, each on a connection of its own."""


class DirectClient:
    """Sends events over several keep-alive connections at once; `send` is for one thread."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        randomness: random.Random | None = None,
    ) -> None:
        """`url` is http or https; `sleep` and `randomness` serve the backoff."""
        self._url, self._credentials = url, credentials
        self._sleep, self._random = sleep, randomness or random.Random()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="rapid-send")
        self._own = threading.local()
        self._connections: list[Connection] = []

    def send(self, events: list[Any]) -> Outcome:
        """Send each event; one that is not taken for a passing reason is sent again.

        After an answer that another try cannot change and that is not about the event itself, no more are sent.
        """
        given_up = threading.Event()
        tries = [self._pool.submit(self._send_one, event, given_up) for event in events]
        outcome = Outcome(accepted=0, refusals=[], unsent=[], repeats=0)
        for index, (answer, repeats) in enumerate(one.result() for one in tries):
            outcome.repeats += repeats
            outcome.request_id = answer.request_id if answer else outcome.request_id
            if answer is not None and _is_accepted(answer):
                outcome.accepted += 1
            elif answer is not None and answer.status in (400, 413):
                outcome.refusals.append(Refusal(index, "event", answer.validation_error or answer.message))
            else:
                outcome.unsent.append(index)
                outcome.failure = outcome.failure or (answer.message if answer else "")
        return outcome

    def close(self) -> None:
        """Close the connections."""
        self._pool.shutdown()
        for one in self._connections:
            one.close()

    def _send_one(self, event: Any, given_up: threading.Event) -> tuple[Answer | None, int]:
        """The last answer for an event (None: it was not sent), and how often it was sent again."""
        answer, posts, backoff = None, 0, Backoff(self._sleep, self._random)
        while not given_up.is_set():
            answer, posts = self._connection().post(event), posts + 1
            if not answer.may_pass or not backoff.again(answer.retry_after_seconds):
                break
        if answer is not None and not _is_accepted(answer) and answer.status not in (400, 413):
            given_up.set()
        return answer, max(0, posts - 1)

    def _connection(self) -> Connection:
        if not hasattr(self._own, "connection"):
            self._own.connection = Connection(self._url, self._credentials)
            self._connections.append(self._own.connection)
        found: Connection = self._own.connection
        return found


def _is_accepted(answer: Answer) -> bool:
    return answer.status == 200 and answer.content.get("accepted") == 1
