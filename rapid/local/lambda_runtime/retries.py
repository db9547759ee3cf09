"""When an asynchronous invocation is tried again, and when it is given up.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from dataclasses import dataclass
from enum import Enum

FUNCTION_ERROR_WAITS_SECONDS = (60.0, 120.0)
"""Before the second attempt and before the third."""
_FIRST_THROTTLE_WAIT_SECONDS = 1.0
_LONGEST_THROTTLE_WAIT_SECONDS = 300.0


class Condition(Enum):
    """Why an event has come to its end, as records of invocations name it."""

    SUCCESS = "Success"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    EVENT_AGE_EXCEEDED = "EventAgeExceeded"
    ZERO_RESERVED_CONCURRENCY = "ZeroReservedConcurrency"


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long an event is tried; what a function says nothing about is as AWS sets it."""

    max_retries: int = 2
    max_age_seconds: int = 21_600


def after_function_error(policy: RetryPolicy, attempts: int, age_seconds: float) -> float | Condition:
    """The seconds until the next attempt after `attempts` failed ones, or why there is none."""
    if attempts > policy.max_retries:
        return Condition.RETRIES_EXHAUSTED
    return _within_age(policy, age_seconds, FUNCTION_ERROR_WAITS_SECONDS[attempts - 1])


def after_throttle(policy: RetryPolicy, throttles: int, age_seconds: float) -> float | Condition:
    """The seconds until the next attempt after `throttles` that the service turned away, or why there is none."""
    wait = min(_FIRST_THROTTLE_WAIT_SECONDS * 2 ** min(throttles - 1, 16), _LONGEST_THROTTLE_WAIT_SECONDS)
    return _within_age(policy, age_seconds, wait)


def _within_age(policy: RetryPolicy, age_seconds: float, wait_seconds: float) -> float | Condition:
    if age_seconds + wait_seconds > policy.max_age_seconds:
        return Condition.EVENT_AGE_EXCEEDED
    return wait_seconds
