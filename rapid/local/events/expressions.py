"""Schedule expressions in UTC: `at`, and `cron` with six fields.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((.+)\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_ITEM = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")
_LAST_YEAR = 2199


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
class EveryMinute:
    """At the beginning of each minute."""

    def next_after(self, moment: float) -> float | None:
        """As of Expression."""
        return moment // 60 * 60 + 60


@dataclass(frozen=True)
class Cron:
    """When the fields of a cron expression say; days of the month or of the week, the other ones being None."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    years: frozenset[int]

    def next_after(self, moment: float) -> float | None:
        """As of Expression."""
        for day in self._days(datetime.datetime.fromtimestamp(moment, datetime.UTC).date()):
            for hour in self.hours:
                for minute in self.minutes:
                    at = datetime.time(hour, minute, tzinfo=datetime.UTC)
                    due = datetime.datetime.combine(day, at).timestamp()
                    if due > moment:
                        return due
        return None

    def _days(self, day: datetime.date) -> Iterator[datetime.date]:
        while day.year <= _LAST_YEAR:
            if day.year not in self.years:
                day = datetime.date(day.year + 1, 1, 1)
            elif day.month not in self.months:
                day = (day.replace(day=1) + datetime.timedelta(days=31)).replace(day=1)
            else:
                weekday = day.isoweekday() % 7 + 1
                if (self.days is None or day.day in self.days) and (self.weekdays is None or weekday in self.weekdays):
                    yield day
                day += datetime.timedelta(days=1)


def parse(text: str) -> Expression:
    """The expression of a schedule. Raises ValueError for what AWS would refuse, and what is not supported here."""
    if match := _AT.fullmatch(text):
        return At(datetime.datetime.fromisoformat(match[1]).replace(tzinfo=datetime.UTC).timestamp())
    if match := _CRON.fullmatch(text):
        return _cron(match[1])
    raise ValueError(f"{text!r} is neither at(...) nor cron(...), which the local cloud knows alone")


def _cron(fields: str) -> Cron:
    minutes, hours, days, months, weekdays, years = fields.upper().split()
    if (days == "?") == (weekdays == "?"):
        raise ValueError("exactly one of day-of-month and day-of-week must be ?")
    return Cron(
        tuple(sorted(_numbers(minutes, 0, 59))),
        tuple(sorted(_numbers(hours, 0, 23))),
        None if days == "?" else _numbers(days, 1, 31),
        _numbers(months, 1, 12, _MONTHS),
        None if weekdays == "?" else _numbers(weekdays, 1, 7, _WEEKDAYS),
        _numbers(years, 1970, _LAST_YEAR),
    )


def _numbers(field: str, least: int, most: int, names: dict[str, int] | None = None) -> frozenset[int]:
    found: set[int] = set()
    for item in field.split(","):
        match = _ITEM.fullmatch(item)
        if not match:
            raise ValueError(f"{item!r} is no value of a field that the local cloud knows")
        is_all = match["first"] == "*"
        first = least if is_all else _number(match["first"], names)
        last = _number(match["last"], names) if match["last"] else (most if is_all or match["step"] else first)
        step = int(match["step"] or 1)
        if not (least <= first <= most and least <= last <= most) or step < 1 or (is_all and match["last"]):
            raise ValueError(f"{item!r} is not between {least} and {most}")
        # FRI-MON goes over the end.
        span = range(first, (last if last >= first else last + most - least + 1) + 1, step)
        found |= {(number - least) % (most - least + 1) + least for number in span}
    return frozenset(found)


def _number(text: str, names: dict[str, int] | None) -> int:
    if names and text in names:
        return names[text]
    if not text.isdecimal():
        # L, W and # among them.
        raise ValueError(f"{text!r} is no number that the local cloud knows")
    return int(text)
