"""Records as the events that a sender would have sent: JSON objects by the names of the contract."""

import base64
import datetime
import math
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pyarrow as pa

from etl.files import names, text_values
from etl.files.contract import FileContract
from etl.files.records import Batch

_MAX_REMEMBERED = 10_000


def from_columns(batch: Batch, contract: FileContract, found: dict[str, str]) -> list[dict[str, Any]]:
    """The events of a batch of columns; `found` says which are fields. What has no value is left out."""
    readings: list[tuple[str, list[Any]]] = []
    for name, column in (batch.columns or {}).items():
        target = found.get(name, name)
        if not batch.is_text:
            values = json_values(column)
        elif name in found:
            parse = text_values.OF_TYPE[contract.field_of(target).kind]
            values = [parse(value) if value else None for value in column.to_pylist()]
        else:
            values = [value or None for value in column.to_pylist()]
        readings.append((target, values))
    return [
        {name: value for name, values in readings if (value := values[row]) is not None}
        for row in range(len(batch.numbers))
    ]


def from_json(values: list[Any], renaming: "Renaming") -> list[Any]:
    """JSON values with the names of the contract; what is no object stays what it is."""
    return [renaming.apply(value) if isinstance(value, dict) else value for value in values]


class Renaming:
    """Names of JSON objects that no field can have, to those that fields have instead; all others are as the API's."""

    def __init__(self, known: Collection[str] | None) -> None:
        """`known` are the names of a contract; None where there is none yet, and every name is wanted."""
        self._known = known
        self._fields: dict[str, str] = {}
        self.found: dict[str, str] = {}
        """Every name that was read as another, with that other."""

    def apply(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event with names of fields."""
        others = [name for name in event if self._field(name) != name]
        if not others:
            return event
        taken = set(event)
        renamed = {}
        for name in others:
            field = self._field(name)
            if field not in taken:
                taken.add(field)
                renamed[name] = self.found[name] = field
        return {renamed.get(name, name): value for name, value in event.items()}

    def _field(self, name: str) -> str:
        field = self._fields.get(name)
        if field is None:
            field = names.field_name(name)
            if self._known is not None and field not in self._known:
                field = name
            if len(self._fields) < _MAX_REMEMBERED:
                self._fields[name] = field
        return field


def json_values(column: pa.Array) -> list[Any]:
    """The values of a column as JSON says them."""
    if pa.types.is_timestamp(column.type):
        # Python has no nanoseconds; a table keeps milliseconds.
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        return [_json_value(value) for value in column.to_pylist()]
    except (OverflowError, ValueError):
        # A date or a time for which Python has no number of the year.
        return [_json_value(value) for value in column.cast(pa.string()).to_pylist()]


def _moment_with_zone(value: datetime.datetime) -> str:
    return value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat() + "Z"


def _json_value(value: Any) -> Any:
    """A value of Arrow as JSON says it, which has no word for what is not a finite number."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, datetime.datetime):
        return _moment_with_zone(value) if value.tzinfo else value.isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(name): _json_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    return str(value)
