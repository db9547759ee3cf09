"""Deliveries on their way: tried, tried again where that may help, and brought to their end.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..lambda_runtime.event_queue import EventQueue

LONGEST_WAIT_SECONDS = 300.0


class DeliveryError(Exception):
    """A target did not take what was sent to it: AWS's code and message, and whether another try may help."""

    def __init__(self, code: str, message: str, is_retryable: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.is_retryable = is_retryable


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long a delivery is tried again; what a target says nothing about is as AWS sets it."""

    max_retries: int = 185
    max_age_seconds: int = 86_400


@dataclass(frozen=True)
class Failure:
    """Why a delivery was given up; `condition` names the limit of the retry policy that ended it, if one did."""

    error: DeliveryError
    retries: int
    condition: str | None


@dataclass
class Delivery:
    """Something that is sent to one target."""

    send: Callable[[int], None]
    """Sends it; takes the number of the attempt, from 1. Raises DeliveryError."""
    give_up: Callable[[Failure], None]
    policy: RetryPolicy = RetryPolicy()
    size_bytes: int = 1024
    attempts: int = 0
    begun_at: float = field(default_factory=time.time)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Deliveries:
    """Carries deliveries out on threads of its own, which exist while there is something to do."""

    def __init__(self) -> None:
        self._queue = EventQueue(lambda delivery: self._attempt(delivery)[0])

    def start(self, delivery: Delivery) -> None:
        """Carry a delivery out soon. Raises ServiceError (429) when too much is on its way."""
        self._queue.put(delivery)

    def carry_out(self, delivery: Delivery) -> str:
        """Try a delivery now, and again later if need be; what came of the first attempt."""
        wait_seconds, error = self._attempt(delivery)
        if wait_seconds is not None:
            self._queue.put(delivery, wait_seconds)
        return str(error) if error else "delivered"

    def stop(self) -> None:
        """Try nothing more."""
        self._queue.stop()

    def _attempt(self, delivery: Delivery) -> tuple[float | None, DeliveryError | None]:
        """The seconds until the next attempt, or None at the delivery's end; and why this one failed."""
        delivery.attempts += 1
        try:
            delivery.send(delivery.attempts)
        except DeliveryError as error:
            wait_seconds = min(2.0 ** (delivery.attempts - 1), LONGEST_WAIT_SECONDS)
            condition = None
            if error.is_retryable:
                condition = _exhausted(delivery, wait_seconds)
                if condition is None:
                    return wait_seconds, error
            delivery.give_up(Failure(error, delivery.attempts - 1, condition))
            return None, error
        return None, None


def _exhausted(delivery: Delivery, wait_seconds: float) -> str | None:
    """The limit of the retry policy that allows no further attempt."""
    if delivery.attempts > delivery.policy.max_retries:
        return "MaximumRetryAttempts"
    if time.time() - delivery.begun_at + wait_seconds > delivery.policy.max_age_seconds:
        return "MaximumEventAgeInSeconds"
    return None


def retry_policy(target: Mapping[str, Any]) -> RetryPolicy:
    """The retry policy of a target of EventBridge or Scheduler."""
    given = target.get("RetryPolicy") or {}
    return RetryPolicy(
        int(given.get("MaximumRetryAttempts", RetryPolicy.max_retries)),
        int(given.get("MaximumEventAgeInSeconds", RetryPolicy.max_age_seconds)),
    )
