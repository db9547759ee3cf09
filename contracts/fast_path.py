"""The fast path of the transform: one regular expression that checks a usual event's line and cuts out its values.

It knows the line as the source's door writes it, with the fields in the contract's order, and values that are written
in the row as they were read. It takes less than the contract allows and never more: a line that it does not match goes
the general way (`check`, `json_line`), which makes the same row of every line that it does match.
"""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from .limits import MAX_ID_CHARACTERS, MAX_RECORD_BYTES
from .model import Contract, Delivery, Field, FieldType
from .row_writer import has_value

# What JSON writes as itself.
_CHARACTER = r'[^"\\\x00-\x1f]'
# Days that every year has, in years that a timestamp can have.
_DAY = (
    "(?:19|20)[0-9]{2}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    "|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_MILLISECONDS = r"\.[0-9]{3}"
_OTHER_MOMENT = "[0-9T :.Z+-]{16,35}"
_ID = rf"[!#-\[\]-~]{{1,{MAX_ID_CHARACTERS}}}"
# From 2001 to 2033.
_EPOCH_SECONDS = "1[0-9]{9}"
_MAX_INTEGER = 10**18
_FEW_INTEGERS = 100
# Within these, a double is written with the digits that it was read from: it keeps 15 (IEEE 754), without an exponent.
_MAX_NUMBER = 10**9
_FRACTION_DIGITS, _FRACTION_DIGITS_BELOW_ONE = 6, 4

_FUNCTION = '''

_USUAL_LINE = re.compile(
    {pattern!a}
)


def fast_row(line):
    """The row of a usual envelope (bytes, with or without newline), as `json_line` writes it; None for others."""
    try:
        match = _USUAL_LINE.fullmatch(line.decode())
        if match is None:
            return None
        {groups} = match.groups()
        {steps}
    except (UnicodeDecodeError, Refused):
        return None
    return f'{row}\\n'
'''


_NONE = '''

def fast_row(line):
    """None: rows are filtered, or values hashed, the general way alone."""
    return None
'''


class _Part(NamedTuple):
    """What a part of the line adds to the function: to its pattern, its groups' names, its statements and its row."""

    pattern: str
    groups: tuple[str, ...]
    steps: tuple[str, ...]
    row: str
    has_value: bool = True


def source_code(contract: Contract) -> str:
    """The function `fast_row(line)` of a contract; no line is a usual one where rows are filtered or hashed."""
    if contract.filter or contract.hashed:
        return _NONE
    parts = [_head(contract.delivery), *(_field(contract, position) for position in range(len(contract.fields)))]
    return _FUNCTION.format(
        pattern="".join(part.pattern for part in parts) + r"\}\}\n?",
        groups=", ".join(name for part in parts for name in part.groups),
        steps="\n        ".join(step for part in parts for step in part.steps),
        row="".join(part.row for part in sorted(parts, key=lambda part: not part.has_value)) + "}}",
    )


def _head(delivery: Delivery) -> _Part:
    groups: tuple[str, ...]
    if delivery is Delivery.DIRECT:
        received, groups = f"({_EPOCH_SECONDS})([0-9]{{3}})", ("epoch_seconds", "milliseconds")
        step = 'received_at = f"{second(epoch_seconds)}.{milliseconds}"'
    else:
        received, groups = f'"({_DAY})T({_TIME}{_MILLISECONDS})Z"', ("day", "time")
        step = 'received_at = f"{day} {time}"'
    return _Part(
        rf'\{{"id":"({_ID})","receivedAt":{received},(?:"key":"({_ID})",)?"body":\{{',
        ("ingest_id", *groups, "event_key"),
        (step, "event_key = event_key or ingest_id"),
        '{{"received_at":"{received_at}","ingest_id":"{ingest_id}"',
    )


def _field(contract: Contract, position: int) -> _Part:
    """A field with the comma behind it; what may be absent may be absent here."""
    field, later = contract.fields[position], contract.fields[position + 1 :]
    name = f"value{position}"
    if field.column == contract.primary_key.column:
        # An empty id is none.
        key = _plain(replace(field, min_length=max(1, field.min_length or 0)), name)
        value = key._replace(steps=(*key.steps, f"""{name} = {name} or f'"{{event_key}}"'"""))
    elif field.type is FieldType.TIMESTAMP:
        value = _moment(name, "" if field.required or field.column != contract.event_time.column else "received_at")
    else:
        value = _plain(field, name)
    names = "|".join((field.name, *field.aliases))
    pattern = f'"(?:{names})":{value.pattern}'
    if later:
        pattern += "," if any(other.required for other in later) else r'(?:,(?=")|(?=\}))'
    pattern = pattern if field.required else f"(?:{pattern})?"
    row, steps = f',"{field.column}":{value.row}', value.steps
    if not has_value(contract, field):
        row, steps = f"{{{name}}}", (*steps, f"""{name} = f'{row}' if {value.groups[0]} else \"\"""")
    return _Part(pattern, value.groups, steps, row, has_value(contract, field))


def _moment(name: str, otherwise: str) -> _Part:
    """A timestamp: usual ones are cut apart, and others converted first. `otherwise` is what stands for an absent one.

    The group is atomic: a failure behind it must not try the second alternative of each timestamp anew.
    """
    day, time, milliseconds, other = (f"{name}_{part}" for part in ("day", "time", "milliseconds", "other"))
    cut = f"{day}, {time}, {milliseconds} = {name}[:10], {name}[11:19], {name}[19:]"
    steps = [f"if {other}: {name} = timestamp({other}); {cut}"]
    if otherwise:
        steps.append(f"if not {day}: {name} = {otherwise}; {cut}")
    return _Part(
        f'"(?>({_DAY})[T ]({_TIME})({_MILLISECONDS})?Z?"|({_OTHER_MOMENT})")',
        (day, time, milliseconds, other),
        tuple(steps),
        f'"{{{day}}} {{{time}}}{{{milliseconds} or ".000"}}"',
    )


def _plain(field: Field, name: str) -> _Part:
    """A value that stays as it is."""
    refused = f"{name} and not _PATTERN_{field.column}.search({name}[1:-1])"
    steps = (f"if {refused}: return None",) if field.pattern else ()
    return _Part(f"({_TEXTS[field.type](field)})", (name,), steps, f"{{{name}}}")


def _string(field: Field) -> str:
    least, most = field.min_length or 0, min(MAX_RECORD_BYTES, _or(field.max_length, MAX_RECORD_BYTES))
    if least > most:
        return _any_of([])
    text = f"{_CHARACTER}{{{least},{most}}}"
    if field.allowed:
        return f'"{_any_of([re.escape(str(value)) for value in field.allowed if re.fullmatch(text, str(value))])}"'
    return f'"{text}"'


def _integer(field: Field) -> str:
    low = max(-_MAX_INTEGER, _or(field.minimum, -math.inf) - 1, _or(field.exclusive_minimum, -math.inf))
    high = min(_MAX_INTEGER, _or(field.maximum, math.inf) + 1, _or(field.exclusive_maximum, math.inf))
    if field.allowed:
        return _any_of([str(value) for value in field.allowed if low < int(value) < high])
    if high - low <= _FEW_INTEGERS:
        return _any_of([str(value) for value in range(math.floor(low) + 1, math.ceil(high))])
    return _any_of([*(["0"] if low < 0 < high else []), *_whole(low, math.ceil(high))])


def _number(field: Field) -> str:
    bound, scale = _MAX_NUMBER, _FRACTION_DIGITS
    if field.type is FieldType.DECIMAL:
        bound, scale = 10 ** (field.precision - field.scale), field.scale
    low = max(-bound, _or(field.minimum, -math.inf), _or(field.exclusive_minimum, -math.inf))
    high = min(bound, _or(field.maximum, math.inf), _or(field.exclusive_maximum, math.inf))
    numbers = [f"{whole}{_fraction(scale)}" for whole in _whole(low, math.floor(high))]
    if low <= 0 and high >= 1 and field.exclusive_minimum != 0:
        numbers.append(f"0{_fraction(min(scale, _FRACTION_DIGITS_BELOW_ONE))}")
    return _any_of(numbers)


def _fraction(digits: int) -> str:
    """A fraction, or none; its last digit is no zero, except in `.0`."""
    return rf"(?:\.(?:0|[0-9]{{0,{digits - 1}}}[1-9]))?" if digits else ""


def _whole(low: float, high: int) -> list[str]:
    """Whole numbers other than 0 between the limits; negative ones only where the limits are as far below 0."""
    if high <= 1:
        return []
    if low >= 1:
        refused = _any_of(_whole(0, math.floor(low) + 1))
        return [rf"(?!{refused}\b){number}" for number in _whole(0, high)]
    digits, sign = str(high), "-?" if -low >= high else ""
    numbers = [f"{sign}[1-9][0-9]{{0,{len(digits) - 2}}}"] if len(digits) > 1 else []
    for place, digit in enumerate(digits):
        first = 0 if place else 1
        if int(digit) > first:
            smaller = f"{digits[:place]}[{first}-{int(digit) - 1}]"
            numbers.append(f"{sign}{smaller}[0-9]{{{len(digits) - place - 1}}}")
    return numbers


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit


def _any_of(patterns: list[str]) -> str:
    return f"(?:{'|'.join(patterns)})" if patterns else "(?!)"


_TEXTS: dict[FieldType, Callable[[Field], str]] = {
    FieldType.STRING: _string,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.DECIMAL: _number,
    FieldType.BOOLEAN: lambda _: "true|false",
    FieldType.DATE: lambda _: f'"{_DAY}"',
}
