"""Times that go with the clock: `now()`, `truncDate` and `addDateTime`.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_RollingDateConfiguration.html and
https://docs.aws.amazon.com/quicksight/latest/user/addDateTime-function.html. The clock is UTC.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta

from ..errors import invalid

_TRUNC = re.compile(r"truncDate\(\s*['\"](\w+)['\"]\s*,\s*(.+)\)", re.IGNORECASE | re.DOTALL)
_ADD = re.compile(r"addDateTime\(\s*(-?\d+)\s*,\s*['\"](\w+)['\"]\s*,\s*(.+)\)", re.IGNORECASE | re.DOTALL)
_NOW = re.compile(r"now\(\s*\)", re.IGNORECASE)
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
PERIODS = {
    "YYYY": "YEAR",
    "Q": "QUARTER",
    "MM": "MONTH",
    "WK": "WEEK",
    "DD": "DAY",
    "HH": "HOUR",
    "MI": "MINUTE",
    "SS": "SECOND",
}
"""Granularities by the names of periods."""
_FIXED = {
    "WEEK": timedelta(weeks=1),
    "DAY": timedelta(days=1),
    "HOUR": timedelta(hours=1),
    "MINUTE": timedelta(minutes=1),
    "SECOND": timedelta(seconds=1),
}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def evaluate(expression: str, now: datetime, week_start: str) -> datetime:
    """The time that an expression stands for. Raises ServiceError where it is none."""
    text = expression.strip()
    if _NOW.fullmatch(text):
        return now
    if match := _TRUNC.fullmatch(text):
        return truncated(evaluate(match[2], now, week_start), _period(match[1], expression), week_start)
    if match := _ADD.fullmatch(text):
        start, period = evaluate(match[3], now, week_start), _period(match[2], expression)
        try:
            return later(start, int(match[1]), period)
        except (OverflowError, ValueError):
            raise invalid(f"The rolling date {expression!r} is too far away") from None
    raise invalid(f"The local cloud does not know the rolling date {expression!r}")


def truncated(moment: datetime, granularity: str, week_start: str) -> datetime:
    """The beginning of the period that a time is in."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match granularity:
        case "SECOND":
            return moment.replace(microsecond=0)
        case "MINUTE":
            return moment.replace(second=0, microsecond=0)
        case "HOUR":
            return moment.replace(minute=0, second=0, microsecond=0)
        case "WEEK":
            return day - timedelta(days=(day.weekday() - WEEKDAYS.index(week_start)) % 7)
        case "MONTH":
            return day.replace(day=1)
        case "QUARTER":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "YEAR":
            return day.replace(month=1, day=1)
    return day


def later(moment: datetime, count: int, granularity: str) -> datetime:
    """A time so many periods after another; the last day of a month where the month is shorter."""
    if granularity in _FIXED:
        return moment + count * _FIXED[granularity]
    months = moment.year * 12 + moment.month - 1 + count * _MONTHS[granularity]
    year, month = divmod(months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def _period(name: str, expression: str) -> str:
    granularity = PERIODS.get(name.upper())
    if granularity is None:
        raise invalid(f"The local cloud does not know the period {name!r} of the rolling date {expression!r}")
    return granularity
