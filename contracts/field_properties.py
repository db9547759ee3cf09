"""What the standard has no word for in a field: other names, and the shapes in which its senders write values."""

import re
from collections.abc import Callable
from typing import Any

from . import unknown_names
from .model import EpochUnit, FieldType

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,126}")

_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER, FieldType.DECIMAL)


class FieldError(ValueError):
    """A property that cannot become a field: which option, and why."""

    def __init__(self, option: str, reason: str) -> None:
        self.option, self.reason = option, reason
        super().__init__(f"{option}: {reason}")


def parse(kind: FieldType, declared: list[dict[str, Any]]) -> dict[str, Any]:
    """The `customProperties` of a field of some type, as arguments of Field. Raises FieldError naming the property."""
    found: dict[str, Any] = {}
    for item in declared:
        name, value = item["property"], item["value"]
        if name not in _KNOWN:
            raise FieldError(f"customProperties.{name}", unknown_names.reason(name, _KNOWN))
        argument, types, read = _KNOWN[name]
        if argument in found:
            raise FieldError(f"customProperties.{name}", "stands twice")
        if kind not in types:
            fitting = ", ".join(allowed.value for allowed in types)
            raise FieldError(f"customProperties.{name}", f"is not for {kind.value} fields (only for: {fitting})")
        try:
            found[argument] = read(value)
        except ValueError as error:
            raise FieldError(f"customProperties.{name}", str(error)) from None
    return found


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) and NAME.fullmatch(name) for name in value):
        raise ValueError("must be a list of field names")
    return tuple(value)


def _true(value: object) -> bool:
    if value is not True:
        raise ValueError(f"{value!r} must be true; leave the property out otherwise")
    return True


def _epoch_unit(value: object) -> EpochUnit:
    try:
        return EpochUnit(value)
    except ValueError:
        raise ValueError(f"{value!r} must be {', '.join(unit.value for unit in EpochUnit)}") from None


_KNOWN: dict[str, tuple[str, tuple[FieldType, ...], Callable[[object], Any]]] = {
    "aliases": ("aliases", tuple(FieldType), _names),
    "numericStrings": ("numeric_strings", _NUMBERS, _true),
    "round": ("rounded", (FieldType.DECIMAL,), _true),
    "hash": ("hashed", (FieldType.STRING,), _true),
    "epochUnit": ("epoch_unit", (FieldType.TIMESTAMP,), _epoch_unit),
}
"""By property: the argument of Field, the types of field that may have it, and what reads its value."""
