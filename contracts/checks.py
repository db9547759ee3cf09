"""Checks of single values, copied verbatim into every compiled contract: standard library only, no imports of ours.

Each returns the value as the table keeps it, or raises Refused with the reason.
"""

import datetime
import functools
import re


class Refused(Exception):
    """A value that breaks the contract; the argument is the reason, for the sender to read."""


# Every dash that word processors and keyboards put where a hyphen belongs (Unicode category Pd, and the minus sign).
_DASH = "[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]"
# Text of patterns that are compiled when the first value needs one: a cold start waits for none of them.
_MOMENT = (
    rf"([0-9]{{4}}){_DASH}([0-9]{{2}}){_DASH}([0-9]{{2}})[Tt ]([0-9]{{2}}):([0-9]{{2}})"
    rf"(?::([0-9]{{2}})(?:[.,]([0-9]{{1,9}}))?)?(?: ?([Zz])|((?:\+|{_DASH})[0-9]{{2}}):?([0-9]{{2}}))?"
)
_DAY = rf"([0-9]{{4}}){_DASH}([0-9]{{2}}){_DASH}([0-9]{{2}})"
_NUMBER = r"[-+]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?"
# How most senders write a moment: what has these parts is a real one, and without an offset needs no arithmetic.
_USUAL_MOMENT = re.compile(
    "((?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"[T ]((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(\.[0-9]{3})?(?:Z|([+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))?"
)
_EPOCH = datetime.datetime(1970, 1, 1)
_INT64 = 2**63
# What 64 bits of nanoseconds hold: readers of Parquet's INT96 timestamps count so, and a value that cannot be
# converted would condemn the whole Firehose record it came in.
_FIRST_YEAR, _LAST_YEAR = 1678, 2261


def kind(value: object) -> str:
    """The JSON name of a value's type, for messages."""
    names = {str: "string", bool: "boolean", int: "number", float: "number", dict: "object", list: "array"}
    return names.get(type(value), "null")


def timestamp(value: object) -> str:
    """ISO 8601 date and time (UTC where no offset stands) as `yyyy-MM-dd HH:mm:ss.SSS` in UTC, which Firehose reads."""
    if type(value) is not str:
        raise Refused(f"must be a string such as 2026-03-14T18:30:00Z, not {kind(value)}")
    usual = _USUAL_MOMENT.fullmatch(value)
    if usual:
        day, time, milliseconds, offset = usual.groups()
        if offset is None:
            return f"{day} {time}{milliseconds or '.000'}"
        return datetime.datetime.fromisoformat(value).astimezone(datetime.UTC).isoformat(" ", "milliseconds")[:23]
    match = re.fullmatch(_MOMENT, value)
    if not match:
        raise Refused("must be an ISO 8601 date and time such as 2026-03-14T18:30:00Z")
    year, month, day, hour, minute, second, fraction, _, offset_hour, offset_minute = match.groups()
    milliseconds = int((fraction or "0")[:3].ljust(3, "0"))
    try:
        moment = datetime.datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), milliseconds * 1000
        )
        if offset_hour:
            if int(offset_hour[1:]) > 23 or int(offset_minute) > 59:
                raise ValueError("offset out of range")
            offset = datetime.timedelta(hours=int(offset_hour[1:]), minutes=int(offset_minute))
            moment = moment - offset if offset_hour[0] == "+" else moment + offset
    except (ValueError, OverflowError) as error:
        raise Refused(f"is not a real date and time: its {_part(error)} is out of range") from None
    return _stored(moment)


def epoch(value: object, per_second: int) -> str:
    """A moment as `timestamp` takes it, or as a number, or its digits, of so many a second since 1970."""
    if type(value) is str:
        if not (value.isascii() and value.isdigit() and len(value) < 30):
            return timestamp(value)
        value = int(value)
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise Refused("must be a whole number since 1970, or an ISO 8601 date and time such as 2026-03-14T18:30:00Z")
    try:
        return _stored(_EPOCH + datetime.timedelta(milliseconds=value * 1000 // per_second))
    except OverflowError:
        raise Refused(f"must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}") from None


def _stored(moment: datetime.datetime) -> str:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise Refused(f"must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment.isoformat(" ", "milliseconds")


def _part(error: Exception) -> str:
    """The part of a moment that is wrong. The rest of the message quotes the value in newer versions of Python."""
    return str(error).split()[0]


# Events that arrive together share their second.
@functools.lru_cache(maxsize=64)
def second(epoch_seconds: str) -> str:
    """A whole second since 1970, UTC, as `yyyy-MM-dd HH:mm:ss`. Raises ValueError or OverflowError out of range."""
    return f"{datetime.datetime.fromtimestamp(int(epoch_seconds), datetime.UTC):%Y-%m-%d %H:%M:%S}"


def date(value: object) -> str:
    """ISO 8601 date as `yyyy-MM-dd`."""
    if type(value) is not str:
        raise Refused(f"must be a string such as 2026-03-14, not {kind(value)}")
    match = re.fullmatch(_DAY, value)
    if not match:
        raise Refused("must be an ISO 8601 date such as 2026-03-14")
    try:
        return datetime.date(*(int(part) for part in match.groups())).isoformat()
    except ValueError as error:
        raise Refused(f"is not a real date: its {_part(error)} is out of range") from None


def string(value: object) -> str:
    """A string of Unicode text."""
    if type(value) is not str:
        raise Refused(f"must be a string, not {kind(value)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Refused("must be Unicode text without lone surrogates") from None
    return value


def boolean(value: object) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise Refused(f"must be true or false, not {kind(value)}")
    return value


def integer(value: object) -> int:
    """A whole number that fits 64 bits; `2.0` is whole, as in JSON Schema."""
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise Refused(
            "must be a whole number" if type(value) is float else f"must be a whole number, not {kind(value)}"
        )
    if not -_INT64 <= value < _INT64:
        raise Refused("must fit 64 bits")
    return value


def number(value: object) -> int | float:
    """A finite number."""
    if type(value) is int and abs(value) < 2**1023:
        return value
    if type(value) is not float:
        raise Refused("is too large" if type(value) is int else f"must be a number, not {kind(value)}")
    if value - value != 0:
        raise Refused("is too large")
    return value


def numeric(value: object) -> object:
    """A number that may have come as text; anything else as it is."""
    if type(value) is not str:
        return value
    if not re.fullmatch(_NUMBER, value):
        raise Refused("must be a number, or the text of one such as 1.99")
    return float(value) if any(mark in value for mark in ".eE") else int(value)


def rounded(value: object, scale: int) -> int | float:
    """A number, rounded to `scale` digits after the point, half to even."""
    return round(number(value), scale)


def decimal(value: object, scale: int, bound: int) -> int | float:
    """A number with at most `scale` digits after the point, and smaller than `bound` without its sign."""
    value = number(value)
    if not -bound < value < bound:
        raise Refused(f"must be smaller than {bound}")
    if round(value, scale) != value:
        raise Refused(f"must have at most {scale} digits after the point")
    return value
