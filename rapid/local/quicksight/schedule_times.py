"""When a refresh schedule is due.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_RefreshFrequency.html
"""

from __future__ import annotations

import calendar
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from .errors import invalid

_SECONDS = {"MINUTE15": 900, "MINUTE30": 1800, "HOURLY": 3600}
ONCE_A_DATA_SET = frozenset(_SECONDS)
"""Intervals that can be used for one schedule per data set."""
INCREMENTAL_ALONE = frozenset({"MINUTE15", "MINUTE30"})
_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LAST_DAY = "LAST_DAY_OF_MONTH"
_DAYS_OF_MONTH = frozenset({*map(str, range(1, 29)), _LAST_DAY})


@dataclass(frozen=True)
class Every:
    """Again and again after so many seconds, from a moment on."""

    start: float
    seconds: int

    def next_after(self, moment: float) -> float:
        """As of an Expression of the clock."""
        if moment < self.start:
            return self.start
        return self.start + ((moment - self.start) // self.seconds + 1) * self.seconds


@dataclass(frozen=True)
class OnDays:
    """At a time of some days in a time zone, from a moment on."""

    start: float
    at: time
    zone: zoneinfo.ZoneInfo
    weekday: str | None = None
    day_of_month: str | None = None

    def next_after(self, moment: float) -> float:
        """As of an Expression of the clock."""
        begin = max(moment, self.start - 1)
        for day in _from(datetime.fromtimestamp(begin, self.zone).date()):
            if not self._is_on(day):
                continue
            due = datetime.combine(day, self.at, self.zone).timestamp()
            if due > begin:
                return due
        raise AssertionError("there is always another day")

    def _is_on(self, day: date) -> bool:
        if self.weekday:
            return _WEEKDAYS[day.weekday()] == self.weekday
        if self.day_of_month == _LAST_DAY:
            return day.day == calendar.monthrange(day.year, day.month)[1]
        return self.day_of_month is None or day.day == int(self.day_of_month)


def times_of(schedule: Mapping[str, Any], now: float) -> Every | OnDays:
    """When a schedule is due, made at a time. Raises ServiceError for what makes no sense."""
    frequency = schedule["ScheduleFrequency"]
    interval, on = frequency["Interval"], frequency.get("RefreshOnDay") or {}
    start = _start(schedule.get("StartAfterDateTime"), now)
    if interval in _SECONDS:
        return Every(start, _SECONDS[interval])
    at = frequency.get("TimeOfTheDay") or ""
    if not _TIME.fullmatch(at):
        raise invalid(f"TimeOfTheDay must be HH:MM for the interval {interval}")
    try:
        zone = zoneinfo.ZoneInfo(frequency.get("Timezone") or "UTC")
    except (ValueError, zoneinfo.ZoneInfoNotFoundError):
        raise invalid(f"Timezone {frequency['Timezone']} is not valid") from None
    weekday, day_of_month = on.get("DayOfWeek"), on.get("DayOfMonth")
    if interval == "WEEKLY" and not weekday:
        raise invalid("RefreshOnDay must have DayOfWeek for the interval WEEKLY")
    if interval == "MONTHLY" and day_of_month not in _DAYS_OF_MONTH:
        raise invalid(f"RefreshOnDay must have DayOfMonth, 1 to 28 or {_LAST_DAY}, for the interval MONTHLY")
    return OnDays(
        start,
        time.fromisoformat(at),
        zone,
        weekday if interval == "WEEKLY" else None,
        day_of_month if interval == "MONTHLY" else None,
    )


def _start(given: Any, now: float) -> float:
    if given is None:
        return now
    try:
        moment = datetime.fromtimestamp(given, UTC) if isinstance(given, int | float) else datetime.fromisoformat(given)
    except (ValueError, OverflowError):
        raise invalid(f"StartAfterDateTime {given} is not valid") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += timedelta(days=1)
