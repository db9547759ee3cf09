"""What was chosen on a page, as its address has it: `?dates=last-28-days&store=harbour&store=main-street&as=owners`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from werkzeug.datastructures import MultiDict

from ...service_error import ServiceError
from ..answers import Selection

DATES, AS_GROUP = "dates", "as"
_RANGE = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")

PERIODS: Mapping[str, Callable[[date], tuple[date, date]]] = {
    "today": lambda today: (today, today),
    "yesterday": lambda today: (today - timedelta(1), today - timedelta(1)),
    "last-7-days": lambda today: (today - timedelta(6), today),
    "last-28-days": lambda today: (today - timedelta(27), today),
    "this-month": lambda today: (today.replace(day=1), today),
    "last-90-days": lambda today: (today - timedelta(89), today),
}
"""Spans of days by the name that an address has for them: a bookmark of one moves with the days."""


def read(arguments: MultiDict[str, str], today: Callable[[], date]) -> Selection:
    """Read an address's query. `today` is asked for a period alone.

    Raises ServiceError, 400 for dates that are none.
    """
    given = arguments.to_dict(flat=False)
    dates, as_group = arguments.get(DATES), arguments.get(AS_GROUP)
    values = {column: chosen for column, chosen in given.items() if column not in (DATES, AS_GROUP)}
    return Selection(_dates(dates, today) if dates else None, values, as_group or None)


def _dates(text: str, today: Callable[[], date]) -> tuple[date, date]:
    if text in PERIODS:
        return PERIODS[text](today())
    try:
        if found := _RANGE.fullmatch(text):
            first, last = (date.fromisoformat(day) for day in found.groups())
            return min(first, last), max(first, last)
    except ValueError:
        pass
    periods = ", ".join(PERIODS)
    message = f"dates={text} is no span of days: one of {periods}, or two days as 2026-11-01..2026-11-30"
    raise ServiceError("InvalidParameterValueException", message, 400)
