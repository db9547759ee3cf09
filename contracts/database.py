"""A source whose events are the rows of a database's table, each version of a row being an event."""

import dataclasses
from pathlib import Path
from typing import Any

from .model import ContractError, DatabaseTable, Field, FieldType
from .source_properties import DatabaseProperty

REPEAT_HORIZON_DAYS = 36_500
"""A hundred years: a version of a row that the table holds is never added again."""

LATE_SECONDS = 60
"""How late a change may become visible, where highWater is a timestamp and the contract does not say."""
LATE_VALUES = 1_000
"""The same for an integer, in values."""

ROW_VERSION = Field(
    name="row_version",
    type=FieldType.STRING,
    required=True,
    description="The row's key, and its highWater or else its export: one for each version of a row",
)
EXPORTED_AT = Field(
    name="exported_at",
    type=FieldType.TIMESTAMP,
    required=True,
    description="The moment in which the database was looked at, UTC",
)
ADDED_FIELDS = (ROW_VERSION, EXPORTED_AT)
"""What the export knows of a row beside its columns."""

_KEY_TYPES = (FieldType.STRING, FieldType.INTEGER, FieldType.DECIMAL, FieldType.DATE, FieldType.TIMESTAMP)


def table(
    file: Path, declared: list[dict[str, Any]], fields: tuple[Field, ...], properties: DatabaseProperty
) -> DatabaseTable:
    """The table that a contract names. Raises ContractError naming the place and the fix."""
    high_water = _high_water(file, fields, properties)
    late = LATE_VALUES if high_water and high_water.type is FieldType.INTEGER else LATE_SECONDS
    return DatabaseTable(
        connection=properties.connection,
        engine=properties.engine,
        table=properties.table,
        key=_key(file, declared, fields),
        high_water=high_water,
        late_by=late if properties.late_by is None else properties.late_by,
        utc_offset_minutes=_minutes(properties.utc_offset) if properties.utc_offset else None,
    )


def event_time(of: DatabaseTable) -> str:
    """The name of the event time, where the contract does not say: highWater, or else when the row was exported."""
    if of.high_water and of.high_water.type is FieldType.TIMESTAMP:
        return of.high_water.name
    return EXPORTED_AT.name


def _key(file: Path, declared: list[dict[str, Any]], fields: tuple[Field, ...]) -> tuple[Field, ...]:
    taken = {field.column for field in ADDED_FIELDS}
    for position, field in enumerate(fields):
        if field.column in taken:
            place = f"schema[0].properties[{position}] ({field.name}).name"
            raise ContractError(file, place, f"the column {field.column!r} is one that the export adds; rename it")
    pairs = [(item, field) for item, field in zip(declared, fields, strict=True) if item.get("primaryKey")]
    keys = [field for _, field in sorted(pairs, key=lambda pair: pair[0].get("primaryKeyPosition") or 0)]
    if not keys or any(field.type not in _KEY_TYPES for field in keys):
        raise ContractError(
            file,
            "schema[0].properties",
            "needs the columns that tell the table's rows apart, each with primaryKey: true, none of them "
            "a boolean or a floating-point number",
        )
    return tuple(keys)


def _high_water(file: Path, fields: tuple[Field, ...], properties: DatabaseProperty) -> Field | None:
    if properties.high_water is None:
        return None
    for candidate in fields:
        if candidate.name == properties.high_water and candidate.type in (FieldType.TIMESTAMP, FieldType.INTEGER):
            return dataclasses.replace(candidate, required=True)
    raise ContractError(
        file,
        "customProperties.database.highWater",
        f"{properties.high_water!r} must name a field of logicalType timestamp or integer that grows with each change "
        "of a row; leave it out to export the whole table each time",
    )


def _minutes(offset: str) -> int:
    minutes = int(offset[1:3]) * 60 + int(offset[4:])
    return -minutes if offset[0] == "-" else minutes
