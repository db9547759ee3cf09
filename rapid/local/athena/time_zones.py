"""Time zones: an instant's wall time in a zone, and back.

A timestamp with time zone is held as the UTC instant; its type tells the zone. Sources:
https://trino.io/docs/current/language/types.html#timestamp-with-time-zone,
https://docs.aws.amazon.com/athena/latest/ug/athena-supported-time-zones.html.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytz

from .scopes import Value
from .trino_types import UTC_ZONE, Kind, with_digits

_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})?")
_MAX_OFFSET_MINUTES = 14 * 60


def zone_named(text: str) -> str | None:
    """Return a zone's name as Trino shows it, ``None`` if there is no such zone."""
    if match := _OFFSET.fullmatch(text):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        if minutes > _MAX_OFFSET_MINUTES or int(match[3] or 0) > 59:
            return None
        return f"{match[1]}{match[2]}:{match[3] or '00'}" if minutes else UTC_ZONE
    if text.upper() in ("UTC", "Z", "GMT", "ETC/UTC"):
        return UTC_ZONE
    return next((name for name in pytz.all_timezones_set if name.lower() == text.lower()), None)


def offset_minutes(zone: str) -> int | None:
    """Return the minutes that a zone like +02:00 is ahead of UTC, ``None`` for a zone with a name."""
    if zone == UTC_ZONE:
        return 0
    match = _OFFSET.fullmatch(zone)
    return (-1 if match[1] == "-" else 1) * (int(match[2]) * 60 + int(match[3])) if match else None


def wall_time(value: Value) -> str:
    """Return the SQL of a moment's wall time: of a date or timestamp without zone, itself."""
    if value.type.kind is not Kind.TIMESTAMP_TZ or value.type.zone == UTC_ZONE:
        return value.sql
    minutes = offset_minutes(value.type.zone)
    if minutes is not None:
        return f"({value.sql} + to_minutes({minutes}))"
    return f"timezone('{value.type.zone}', timezone('UTC', {value.sql}))"


def instant(wall: str, zone: str) -> str:
    """Return the SQL of the UTC instant at which a zone's clocks show a wall time."""
    minutes = offset_minutes(zone)
    if minutes is not None:
        return f"({wall} - to_minutes({minutes}))" if minutes else wall
    return f"timezone('UTC', timezone('{zone}', {wall}))"


def at_zone(value: Value, zone: str) -> Value:
    """Return the same instant shown in another zone; a timestamp without zone is taken as UTC's."""
    return Value(value.sql, with_digits(Kind.TIMESTAMP_TZ, value.type.second_digits, zone))


def shown(moment: datetime, zone: str) -> datetime:
    """Return the wall time of a UTC instant."""
    if zone == UTC_ZONE:
        return moment
    minutes = offset_minutes(zone)
    tz = pytz.timezone(zone) if minutes is None else timezone(timedelta(minutes=minutes))
    return moment.replace(tzinfo=UTC).astimezone(tz).replace(tzinfo=None)
