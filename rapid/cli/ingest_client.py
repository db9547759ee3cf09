"""Posting batches of events to a path with the ingest function behind it, which answers for each event."""

import random
import time
from collections.abc import Callable
from typing import Any

from .backoff import Backoff
from .connection import Answer, Connection
from .credentials import Credentials
from .outcome import Outcome, Refusal

NOT_STORED = "could not be stored"
"""How the reason begins that the API gives for a valid event which it could not store; sending it again may help."""


class IngestClient:
    """Sends batches over one connection. Not for use by several threads."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        *,
        body: Callable[[list[Any]], Any] = list,
        sleep: Callable[[float], None] = time.sleep,
        randomness: random.Random | None = None,
    ) -> None:
        """`url` is http or https; `body` makes a request's body of events; the others serve the backoff."""
        self._body = body
        self._connection = Connection(url, credentials)
        self._sleep, self._random = sleep, randomness or random.Random()

    def send(self, events: list[Any]) -> Outcome:
        """Send a batch; whatever is not accepted for a passing reason, and only that, is sent again."""
        outcome = Outcome(accepted=0, refusals=[], unsent=list(range(len(events))), repeats=0)
        backoff = Backoff(self._sleep, self._random)
        while True:
            answer = self._connection.post(self._body([events[index] for index in outcome.unsent]))
            if not _settle(outcome, answer) or not backoff.again(answer.retry_after_seconds):
                outcome.repeats = backoff.repeats
                return outcome

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _settle(outcome: Outcome, answer: Answer) -> bool:
    """Enter an answer into the outcome; true if what is still unsent is worth another try."""
    sent, outcome.failure, outcome.request_id = outcome.unsent, answer.message, answer.request_id
    if answer.status == 202 and "accepted" in answer.content:
        errors = _errors(answer.content)
        again = {error["index"] for error in errors if error["reason"].startswith(NOT_STORED)}
        outcome.accepted += answer.content["accepted"]
        outcome.refusals += _refusals(sent, [error for error in errors if error["index"] not in again])
        outcome.unsent = [sent[index] for index in sorted(again)]
        outcome.failure = NOT_STORED
        return bool(again)
    if answer.status == 400:
        errors = _errors(answer.content)
        named = {error["index"] for error in errors}
        reason = answer.content.get("message") or "the request was refused"
        errors += [{"index": i, "field": "body", "reason": reason} for i in range(len(sent)) if i not in named]
        outcome.refusals += _refusals(sent, errors)
        outcome.unsent = []
        return False
    return answer.may_pass


def _errors(content: dict[str, Any]) -> list[dict[str, Any]]:
    return list(content.get("errors") or [])


def _refusals(sent: list[int], errors: list[dict[str, Any]]) -> list[Refusal]:
    return [Refusal(sent[error["index"]], error["field"], error["reason"]) for error in errors]
