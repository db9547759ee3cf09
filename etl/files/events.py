"""Records as the events that a sender would have sent: JSON objects by the names of the contract."""

import base64
import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from etl.files import names, text_values
from etl.files.contract import FileContract
from etl.files.records import Batch


def from_columns(batch: Batch, contract: FileContract, found: dict[str, str]) -> list[dict[str, Any]]:
    """The events of a batch of columns; `found` says which are fields. What has no value is left out."""
    readings: list[tuple[str, list[Any]]] = []
    for name, column in (batch.columns or {}).items():
        target = found.get(name, name)
        if not batch.is_text:
            values = [_json_value(value) for value in _python(column)]
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
    """Names of JSON objects to those of the contract, remembered by the set of names."""

    _MAX_REMEMBERED = 1000

    def __init__(self, contract: FileContract) -> None:
        self._known = contract.known
        self._by_names: dict[tuple[str, ...], dict[str, str]] = {}
        self.found: dict[str, str] = {}
        """Every name that was another field's, with the field."""

    def apply(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event with its fields' own names."""
        given = tuple(event)
        found = self._by_names.get(given)
        if found is None:
            matched = names.matched(given, self._known)
            found = {name: target for name, target in matched.items() if name != target}
            if len(self._by_names) < self._MAX_REMEMBERED:
                self._by_names[given] = found
                self.found |= found
        return {found.get(name, name): value for name, value in event.items()} if found else event


def _python(column: pa.Array) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        # Python has no nanoseconds; a table keeps milliseconds.
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column.to_pylist()


def _moment_with_zone(value: datetime.datetime) -> str:
    return value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat() + "Z"


def _json_value(value: Any) -> Any:
    """A value of Arrow as JSON says it."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
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
