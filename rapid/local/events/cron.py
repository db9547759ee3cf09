"""Cron expressions of EventBridge: six fields, days of the month or of the week, in a time zone.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import calendar
import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_ITEM = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")
_LAST_YEAR = 2199

DayTest = Callable[[datetime.date], bool]


@dataclass(frozen=True)
class Cron:
    """When a cron expression is due."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    is_day: DayTest
    months: frozenset[int]
    years: frozenset[int]
    zone: ZoneInfo

    def next_after(self, moment: float) -> float | None:
        """The first time after a moment, both in epoch seconds; None if there is none any more.

        https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html: a time that daylight saving leaves
        out is skipped, and one that comes twice is taken once.
        """
        for day in self._days(datetime.datetime.fromtimestamp(moment, self.zone).date()):
            for hour in self.hours:
                for minute in self.minutes:
                    local = datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                    due = local.timestamp()
                    exists = datetime.datetime.fromtimestamp(due, self.zone).replace(fold=0) == local
                    if due > moment and exists:
                        return due
        return None

    def _days(self, day: datetime.date) -> Iterator[datetime.date]:
        while day.year <= _LAST_YEAR:
            if day.year not in self.years:
                day = datetime.date(day.year + 1, 1, 1)
            elif day.month not in self.months:
                day = (day.replace(day=1) + datetime.timedelta(days=31)).replace(day=1)
            else:
                if self.is_day(day):
                    yield day
                day += datetime.timedelta(days=1)


def parse(fields: str, zone: ZoneInfo) -> Cron:
    """The content of `cron(...)`. Raises ValueError for what AWS would refuse."""
    minutes, hours, days, months, weekdays, years = fields.upper().split()
    if (days == "?") == (weekdays == "?"):
        raise ValueError("exactly one of day-of-month and day-of-week must be ?")
    return Cron(
        tuple(sorted(_numbers(minutes, 0, 59))),
        tuple(sorted(_numbers(hours, 0, 23))),
        _day_of_week(weekdays) if days == "?" else _day_of_month(days),
        frozenset(_numbers(months, 1, 12, _MONTHS)),
        frozenset(_numbers(years, 1970, _LAST_YEAR)),
        zone,
    )


def _numbers(field: str, least: int, most: int, names: dict[str, int] | None = None) -> set[int]:
    found: set[int] = set()
    for item in field.split(","):
        match = _ITEM.fullmatch(item)
        if not match:
            raise ValueError(f"{item!r} is no value of a field")
        is_all = match["first"] == "*"
        first = least if is_all else _number(match["first"], names)
        last = _number(match["last"], names) if match["last"] else (most if is_all or match["step"] else first)
        step = int(match["step"] or 1)
        if not (least <= first <= most and least <= last <= most) or step < 1 or (is_all and match["last"]):
            raise ValueError(f"{item!r} is not between {least} and {most}")
        # FRI-MON goes over the end.
        span = range(first, (last if last >= first else last + most - least + 1) + 1, step)
        found |= {(number - least) % (most - least + 1) + least for number in span}
    return found


def _number(text: str, names: dict[str, int] | None) -> int:
    return names[text] if names and text in names else int(text)


def _day_of_month(field: str) -> DayTest:
    if field == "L":
        return lambda day: day.day == _length(day)
    if match := re.fullmatch(r"(\d+)W", field):
        wanted = int(match[1])
        return lambda day: day.day == _nearest_weekday(day, wanted)
    days = frozenset(_numbers(field, 1, 31))
    return lambda day: day.day in days


def _day_of_week(field: str) -> DayTest:
    if match := re.fullmatch(r"(\w+)#([1-5])", field):
        wanted, position = _number(match[1], _WEEKDAYS), int(match[2])
        return lambda day: _weekday(day) == wanted and (day.day + 6) // 7 == position
    if field != "L" and (match := re.fullmatch(r"(\w+)L", field)):
        last = _number(match[1], _WEEKDAYS)
        return lambda day: _weekday(day) == last and day.day + 7 > _length(day)
    days = frozenset({7} if field == "L" else _numbers(field, 1, 7, _WEEKDAYS))
    return lambda day: _weekday(day) in days


def _weekday(day: datetime.date) -> int:
    return day.isoweekday() % 7 + 1


def _length(day: datetime.date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: datetime.date, wanted: int) -> int:
    """The working day of this month that is nearest to one of its days; 0 where the month has no such day."""
    if not 1 <= wanted <= _length(day):
        return 0
    match day.replace(day=wanted).isoweekday():
        case 6:
            return wanted - 1 if wanted > 1 else wanted + 2
        case 7:
            return wanted + 1 if wanted < _length(day) else wanted - 2
    return wanted
