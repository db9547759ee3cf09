"""Events that say of themselves that they are a smoke test's: one id prefix, one text wherever any text may stand.

Numbers are 0, or the least that the contract allows, so that they add nothing to a sum.
"""

import datetime
import random
import uuid
from typing import Any

from contracts import Contract, Field, FieldType, validator

from .. import generate
from ..errors import CommandError

MARK = "smoke-test"
"""Every text of a smoke event that the contract leaves free: an own restaurant, store or menu item in charts."""
_ID_PREFIX = "smoke-"
_ATTEMPTS = 1000
"""A filter may want a value that is drawn at random."""


def event(contract: Contract, now: datetime.datetime | None = None) -> dict[str, Any]:
    """An event that keeps its contract and that the contract's filter lets through.

    Raises CommandError where none can be made up.
    """
    now = now or datetime.datetime.now(datetime.UTC)
    randomness, compiled = random.SystemRandom(), validator.compiled(contract)
    for _ in range(_ATTEMPTS):
        made = generate.event(contract, randomness, now)
        marks = {name: value for field in contract.fields for name, value in _mark(field, now)}
        made |= marks | {contract.primary_key.name: event_id(contract.primary_key)}
        row, problems = compiled["check"](made)
        if problems:
            raise CommandError(
                f"no smoke event of {contract.source} can be made up: {problems[0]['field']} {problems[0]['reason']}"
            )
        if not contract.filter or compiled["is_of_interest"](row):
            return made
    raise CommandError(f"no event of {contract.source} was found that the contract's filter lets through")


def event_id(field: Field) -> str:
    """A new id that begins with `smoke-`, where the contract allows it."""
    made = f"{_ID_PREFIX}{uuid.uuid4()}"
    if _may_be(field, made):
        return made
    return generate.unique_id(field, random.SystemRandom())


def erasable(contract: Contract) -> str:
    """The name of a field in which the smoke events of all times have the same value; empty where there is none."""
    fields = [field for field in contract.fields if field != contract.primary_key and _may_be(field, MARK)]
    fields.sort(key=lambda field: (field.hashed, not field.required))
    return fields[0].name if fields else ""


def _mark(field: Field, now: datetime.datetime) -> list[tuple[str, Any]]:
    """The value of a smoke event where it has one of its own."""
    match field.type:
        case _ if field.allowed or field.pattern:
            return []
        case FieldType.STRING:
            return [(field.name, MARK)] if _may_be(field, MARK) else []
        case FieldType.TIMESTAMP:
            return [(field.name, generate.written(field, now))]
        case FieldType.DATE:
            return [(field.name, now.date().isoformat())]
        case FieldType.BOOLEAN:
            return [(field.name, False)]
        case _:
            return [(field.name, _least(field))] if field.exclusive_minimum is None else []


def _may_be(field: Field, text: str) -> bool:
    fits = (field.min_length or 0) <= len(text) <= (field.max_length or len(text))
    return field.type is FieldType.STRING and fits and not field.pattern and not field.allowed


def _least(field: Field) -> int | float:
    """0 where the contract allows it, else its limit."""
    if field.minimum is not None and field.minimum > 0:
        return field.minimum
    limits = [limit for limit in (field.maximum, field.exclusive_maximum) if limit is not None]
    if not limits or min(limits) > 0:
        return 0
    return field.minimum if field.minimum is not None else min(limits) - (field.exclusive_maximum is not None)
