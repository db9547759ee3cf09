"""Posting events to the API: keep-alive, retries with exponential backoff and full jitter, per-event answers."""

import http.client
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

ATTEMPTS = 8
BASE_DELAY_SECONDS = 0.2
MAX_DELAY_SECONDS = 20.0
TIMEOUT_SECONDS = 35
"""Longer than API Gateway's own 29 s (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""
NOT_STORED = "could not be stored"
"""How the reason begins that the API gives for a valid event which it could not store; sending it again may help."""


class Refusal(NamedTuple):
    """An event that the API refused: its position among those sent, the field, the reason."""

    index: int
    field: str
    reason: str


@dataclass
class Outcome:
    """What became of a batch: every event is accepted, refused or unsent."""

    accepted: int
    refusals: list[Refusal]
    unsent: list[int]
    """Positions that were never accepted nor refused, though tried again."""
    repeats: int
    """Requests that were sent again."""
    failure: str = ""
    """Why the unsent ones are unsent."""

    @property
    def refused(self) -> int:
        """Number of refused events; one event may have several refusals."""
        return len({refusal.index for refusal in self.refusals})


class _Answer(NamedTuple):
    status: int
    retry_after_seconds: float
    content: dict[str, Any]

    @property
    def message(self) -> str:
        return f"{self.status} {self.content.get('message') or http.client.responses.get(self.status, '')}".strip()


class IngestClient:
    """One keep-alive connection to a source's URL. Not for use by several threads."""

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        randomness: random.Random | None = None,
    ) -> None:
        """`url` is http or https; `sleep` and `randomness` serve the backoff."""
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
        self._path = parts.path or "/"
        self._headers = {"Content-Type": "application/json", "x-api-key": api_key}
        self._sleep, self._random = sleep, randomness or random.Random()

    def send(self, events: list[Any]) -> Outcome:
        """Send a batch; whatever is not accepted for a passing reason, and only that, is sent again."""
        outcome = Outcome(accepted=0, refusals=[], unsent=list(range(len(events))), repeats=0)
        for attempt in range(ATTEMPTS):
            try:
                answer = self._post([events[index] for index in outcome.unsent])
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                answer = _Answer(0, 0.0, {"message": f"no answer: {error or type(error).__name__}"})
            if not self._settle(outcome, answer) or attempt == ATTEMPTS - 1:
                break
            outcome.repeats += 1
            self._sleep(self._delay(attempt, answer.retry_after_seconds))
        return outcome

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _post(self, events: list[Any]) -> _Answer:
        body = json.dumps(events, separators=(",", ":")).encode()
        self._connection.request("POST", self._path, body, self._headers)
        response = self._connection.getresponse()
        raw = response.read()
        try:
            content = json.loads(raw)
        except ValueError:
            content = {}
        return _Answer(
            response.status,
            _seconds(response.getheader("Retry-After")),
            content if isinstance(content, dict) else {},
        )

    def _settle(self, outcome: Outcome, answer: _Answer) -> bool:
        """Enter an answer into the outcome; true if what is still unsent is worth another try."""
        sent, outcome.failure = outcome.unsent, answer.message.removeprefix("0 ")
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
        return answer.status in (0, 429) or answer.status >= 500

    def _delay(self, attempt: int, retry_after_seconds: float) -> float:
        """Full jitter, never before Retry-After.

        https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        """
        jitter = self._random.uniform(0, min(MAX_DELAY_SECONDS, BASE_DELAY_SECONDS * 2**attempt))
        return max(jitter, retry_after_seconds)


def _errors(content: dict[str, Any]) -> list[dict[str, Any]]:
    return list(content.get("errors") or [])


def _refusals(sent: list[int], errors: list[dict[str, Any]]) -> list[Refusal]:
    return [Refusal(sent[error["index"]], error["field"], error["reason"]) for error in errors]


def _seconds(retry_after: str | None) -> float:
    """`Retry-After` in seconds; its other form, a date, counts as none."""
    return float(retry_after) if retry_after and retry_after.isdigit() else 0.0
