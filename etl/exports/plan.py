"""What is exported, as the contract says."""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pyarrow as pa


class FieldType(Enum):
    """The types of a contract's fields."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE = "date"


@dataclass(frozen=True)
class Field:
    """A field of the contract: `name` is its column in the files, and in the table unless an alias is."""

    name: str
    aliases: tuple[str, ...]
    type: FieldType
    precision: int
    scale: int

    @property
    def words(self) -> str:
        """The type, for messages."""
        return f"decimal({self.precision},{self.scale})" if self.type is FieldType.DECIMAL else self.type.value

    @property
    def arrow_type(self) -> pa.DataType:
        """The type of the column in the files. Moments are in UTC, without a time zone."""
        if self.type is FieldType.DECIMAL:
            return pa.decimal128(self.precision, self.scale)
        return {
            FieldType.STRING: pa.string(),
            FieldType.INTEGER: pa.int64(),
            FieldType.NUMBER: pa.float64(),
            FieldType.BOOLEAN: pa.bool_(),
            FieldType.TIMESTAMP: pa.timestamp("us"),
            FieldType.DATE: pa.date32(),
        }[self.type]


@dataclass(frozen=True)
class Plan:
    """The table of one source, and what to make of it."""

    source: str
    connection: str
    engine: str
    table: str
    key: tuple[Field, ...]
    high_water: Field | None
    late_by: int
    """Seconds for a timestamp, values for an integer."""
    utc_offset_minutes: int | None
    fields: tuple[Field, ...]


def parse(text: str | bytes) -> tuple[Plan, ...]:
    """Read a JSON array of compiled plans."""
    return tuple(_plan(document) for document in json.loads(text))


def _plan(document: dict[str, Any]) -> Plan:
    fields = {
        item["name"]: Field(
            item["name"], tuple(item["aliases"]), FieldType(item["type"]), item["precision"], item["scale"]
        )
        for item in document["fields"]
    }
    return Plan(
        source=document["source"],
        connection=document["connection"],
        engine=document["engine"],
        table=document["table"],
        key=tuple(fields[name] for name in document["key"]),
        high_water=fields[document["highWater"]] if document["highWater"] else None,
        late_by=document["lateBy"],
        utc_offset_minutes=document["utcOffsetMinutes"],
        fields=tuple(fields.values()),
    )
