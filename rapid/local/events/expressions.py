"""Schedule expressions: `at`, `rate` and `cron`.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import datetime
import re
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from . import cron

_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_RATE = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)(s?)\s*\)")
_CRON = re.compile(r"cron\((.+)\)")


class Expression(Protocol):
    """When something is due."""

    def next_after(self, moment: float) -> float | None:
        """The first time after a moment, both in epoch seconds; None if there is none any more."""


@dataclass(frozen=True)
class At:
    """Once."""

    moment: float

    def next_after(self, moment: float) -> float | None:
        """As of Expression."""
        return self.moment if moment < self.moment else None


@dataclass(frozen=True)
class Rate:
    """At regular intervals."""

    interval_seconds: int
    first: float

    def next_after(self, moment: float) -> float | None:
        """As of Expression."""
        if moment < self.first:
            return self.first
        return self.first + ((moment - self.first) // self.interval_seconds + 1) * self.interval_seconds


def of_schedule(text: str, zone_name: str, first: float) -> Expression:
    """The expression of a schedule, whose rate begins at `first`. Raises ValueError."""
    zone = ZoneInfo(zone_name)
    if match := _AT.fullmatch(text):
        return At(datetime.datetime.fromisoformat(match[1]).replace(tzinfo=zone).timestamp())
    if match := _RATE.fullmatch(text):
        return Rate(_interval_seconds(match), first)
    return _cron(text, zone)


def of_rule(text: str, created: float) -> Expression:
    """The expression of a rule, whose rate is counted from its making. Raises ValueError.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html: in UTC; no `at`; one
    minute, but five minutes.
    """
    if match := _RATE.fullmatch(text):
        seconds = _interval_seconds(match)
        if (int(match[1]) == 1) == bool(match[3]):
            raise ValueError("the unit of a rate is singular for one, otherwise plural")
        return Rate(seconds, created + seconds)
    return _cron(text, ZoneInfo("UTC"))


def _interval_seconds(match: re.Match[str]) -> int:
    if int(match[1]) == 0:
        raise ValueError("a rate is positive")
    return int(match[1]) * _SECONDS[match[2]]


def _cron(text: str, zone: ZoneInfo) -> Expression:
    match = _CRON.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no schedule expression")
    try:
        return cron.parse(match[1], zone)
    except ValueError as error:
        raise ValueError(f"{text!r} is no cron expression: {error}") from None
