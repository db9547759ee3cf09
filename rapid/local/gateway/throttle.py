"""Rates, bursts and quotas.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

import datetime
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..quotas import Tank

_WEEK_DAYS = 7


@dataclass(frozen=True)
class Rate:
    """So many requests a second on average, and so many at once."""

    per_second: float
    burst: int


@dataclass(frozen=True)
class Quota:
    """So many requests a period (DAY, WEEK or MONTH), the first period being shortened by the offset."""

    limit: int
    period: str
    offset: int = 0


class TokenBucket:
    """Admits requests at a rate, with bursts."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._tokens = Tank(rate.per_second, clock, rate.burst)
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether one more request may pass."""
        with self._lock:
            if self._tokens.level < 1:
                return False
            self._tokens.take(1)
        return True


class QuotaCounter:
    """Admits so many requests a period; periods begin at midnight UTC, weeks on Sunday, months on the first."""

    def __init__(
        self, quota: Quota, now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC)
    ) -> None:
        self.quota = quota
        self._now = now
        self._period_start = self._start()
        self._used = quota.offset
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether one more request may pass."""
        with self._lock:
            start = self._start()
            if start != self._period_start:
                self._period_start, self._used = start, 0
            if self._used >= self.quota.limit:
                return False
            self._used += 1
            return True

    def _start(self) -> datetime.date:
        today = self._now().date()
        if self.quota.period == "MONTH":
            return today.replace(day=1)
        if self.quota.period == "WEEK":
            return today - datetime.timedelta(days=(today.weekday() + 1) % _WEEK_DAYS)
        return today


class Throttles:
    """Counts requests; the counts outlive redeployments, as long as the limits stay the same."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], TokenBucket] = {}
        self._quotas: dict[tuple[str, ...], QuotaCounter] = {}
        self._lock = threading.Lock()

    def within_rate(self, key: tuple[str, ...], rate: Rate | None) -> bool:
        """Whether one more request is within a rate."""
        if rate is None:
            return True
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None or bucket.rate != rate:
                bucket = self._buckets[key] = TokenBucket(rate)
        return bucket.take()

    def within_quota(self, key: tuple[str, ...], quota: Quota | None) -> bool:
        """Whether one more request is within a quota."""
        if quota is None:
            return True
        with self._lock:
            counter = self._quotas.get(key)
            if counter is None or counter.quota != quota:
                counter = self._quotas[key] = QuotaCounter(quota)
        return counter.take()
