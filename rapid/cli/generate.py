"""Random events that keep a contract, for any source. The same seed gives the same events."""

import datetime
import math
import random
import string
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from contracts import Contract, Field, FieldType

from .errors import CommandError

_WINDOW = datetime.timedelta(hours=24)
"""Generated moments lie within this much time before now."""
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_DEFAULT_SPAN = 100
"""Width of the range that numbers are drawn from where the contract sets one limit or none."""
_DEFAULT_LENGTH = 12


def event(contract: Contract, randomness: random.Random, now: datetime.datetime) -> dict[str, Any]:
    """One event with every field of the contract. Raises CommandError for a field that cannot be made up."""
    made = {field.name: value(field, randomness, now) for field in contract.fields}
    made[contract.primary_key.name] = unique_id(contract.primary_key, randomness)
    return made


def unique_id(field: Field, randomness: random.Random) -> str:
    """An id that no other event has, as long as the field allows."""
    made = str(uuid.UUID(int=randomness.getrandbits(128), version=4))
    if field.pattern or field.allowed or not (field.min_length or 0) <= len(made) <= (field.max_length or len(made)):
        raise CommandError(f"no {field.name} can be generated: the contract allows no UUID there; send a file instead")
    return made


def value(field: Field, randomness: random.Random, now: datetime.datetime) -> Any:
    """A value that one field allows: from its enumeration, its examples, or its limits."""
    if field.allowed:
        return randomness.choice(field.allowed)
    if field.type is FieldType.STRING and (field.pattern or field.examples):
        if not field.examples:
            raise CommandError(f"no {field.name} can be generated from its pattern; give the contract's field examples")
        return randomness.choice(field.examples)
    return _MAKERS[field.type](field, randomness, now)


def iso(moment: datetime.datetime) -> str:
    """A moment in UTC as `2026-03-14T18:30:00.000Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def written(field: Field, when: datetime.datetime) -> str | int:
    """A moment as the senders of a field write it."""
    if field.epoch_unit is None:
        return iso(when)
    return (when - _EPOCH) // datetime.timedelta(microseconds=1_000_000 // field.epoch_unit.per_second)


def moment(randomness: random.Random, now: datetime.datetime) -> datetime.datetime:
    """A moment within the day before `now`."""
    return now - _WINDOW * randomness.random()


def _string(field: Field, randomness: random.Random, _now: datetime.datetime) -> str:
    length = min(max(_DEFAULT_LENGTH, field.min_length or 0), field.max_length or _DEFAULT_LENGTH)
    return "".join(randomness.choices(string.ascii_lowercase, k=max(length, field.min_length or 0)))


def _integer(field: Field, randomness: random.Random, _now: datetime.datetime) -> int:
    low, high = _limits(field, Decimal(1))
    return randomness.randint(math.ceil(low), math.floor(high))


def _number(field: Field, randomness: random.Random, _now: datetime.datetime) -> float:
    low, high = _limits(field, Decimal("0.001"))
    return round(randomness.uniform(float(low), float(high)), 3)


def _decimal(field: Field, randomness: random.Random, _now: datetime.datetime) -> float:
    step = Decimal(1).scaleb(-field.scale)
    low, high = _limits(field, step)
    bound = Decimal(10) ** (field.precision - field.scale) - step
    low, high = max(low, -bound), min(high, bound)
    return float(step * randomness.randint(math.ceil(low / step), math.floor(high / step)))


def _limits(field: Field, step: Decimal) -> tuple[Any, Any]:
    """The lowest and highest value allowed; past an exclusive limit, the next multiple of `step`."""
    lows = [Decimal(str(field.minimum))] if field.minimum is not None else []
    if field.exclusive_minimum is not None:
        lows.append((math.floor(Decimal(str(field.exclusive_minimum)) / step) + 1) * step)
    highs = [Decimal(str(field.maximum))] if field.maximum is not None else []
    if field.exclusive_maximum is not None:
        highs.append((math.ceil(Decimal(str(field.exclusive_maximum)) / step) - 1) * step)
    low = max(lows) if lows else (min(highs) - _DEFAULT_SPAN if highs else Decimal(0))
    return low, min(highs) if highs else low + _DEFAULT_SPAN


_MAKERS: dict[FieldType, Callable[[Field, random.Random, datetime.datetime], Any]] = {
    FieldType.STRING: _string,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOLEAN: lambda _field, randomness, _now: randomness.random() < 0.5,
    FieldType.TIMESTAMP: lambda field, randomness, now: written(field, moment(randomness, now)),
    FieldType.DATE: lambda _field, randomness, now: moment(randomness, now).date().isoformat(),
}
