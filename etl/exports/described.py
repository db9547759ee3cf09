"""What a database's own catalog says of a table, and what is made of each of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from etl.exports.errors import ExportError
from etl.exports.plan import Field, FieldType, Plan


@dataclass(frozen=True)
class Column:
    """A column of the table. `type` is the catalog's word for its type, `kind` what the export goes by."""

    name: str
    type: str
    kind: str
    nullable: bool
    zoned: bool = False
    """Whether a timestamp is a moment: kept with a time zone, or in UTC."""


@dataclass(frozen=True)
class Table:
    """A table as the catalog has it."""

    name: str
    """The table's name, for messages."""
    columns: Mapping[str, Column]
    is_view: bool
    """Whether it is a view or the like, of which the catalog knows no keys, no indexes and no NOT NULL."""
    unique: Sequence[frozenset[str]]
    """Sets of columns, none of them null, that tell rows apart."""
    leading: frozenset[str]
    """The columns by which an index finds rows."""


@dataclass(frozen=True)
class Expression:
    """SQL that makes a field of a column."""

    sql: str
    """The value, of a type that the engine hands over exactly."""
    fits: str | None = None
    """Whether the field can hold the row's value; None: always."""
    text: str = ""
    """The value as text, for those that do not fit."""


class NoCounterpart(Exception):
    """A column whose values a field cannot hold exactly; the argument is what to do instead."""


def no_counterpart(field: Field, column: Column) -> NoCounterpart:
    """What no engine can say of a column by a field."""
    if field.type is FieldType.STRING:
        return NoCounterpart(
            "its text need not say all of a value; export a view that makes text of it, such as ST_AsText"
        )
    if column.kind == "numeric":
        return NoCounterpart("write number with physicalType: decimal(precision,scale), or string")
    return NoCounterpart("correct its logicalType, or export a view that converts the column")


def matched(plan: Plan, table: Table) -> dict[Field, Column]:
    """The column of each field. Raises ExportError naming what the table lacks, and what it cannot be exported by."""
    found = {}
    for field in plan.fields:
        column = _column(field, table)
        if column is None:
            raise ExportError(
                f"{table.name}: has no column {field.name!r}, which the contract of {plan.source} names; "
                f"its columns are {', '.join(table.columns)}"
            )
        found[field] = column
    _require_key([found[field] for field in plan.key], table)
    if plan.high_water:
        _require_high_water(plan, plan.high_water, found[plan.high_water], table)
    return found


def notes(plan: Plan, columns: Mapping[Field, Column], table: Table) -> list[str]:
    """What makes exports slow."""
    if plan.high_water and not table.is_view and columns[plan.high_water].name not in table.leading:
        name = columns[plan.high_water].name
        return [f"{table.name}: no index begins with {name!r}, so that each export reads the whole table; create one"]
    return []


def _column(field: Field, table: Table) -> Column | None:
    for name in (field.name, *field.aliases):
        if name in table.columns:
            return table.columns[name]
    alike = [column for name, column in table.columns.items() if name.lower() == field.name.lower()]
    return alike[0] if len(alike) == 1 else None


def _require_key(key: list[Column], table: Table) -> None:
    names = {column.name for column in key}
    if not table.is_view and not any(unique <= names for unique in table.unique):
        raise ExportError(
            f"{table.name}: no primary key and no unique index over columns that are never null says that "
            f"{', '.join(sorted(names))} tell its rows apart; correct primaryKey in the contract, or create the index"
        )


def _require_high_water(plan: Plan, field: Field, column: Column, table: Table) -> None:
    place = f"{table.name}: the column {column.name!r}, the contract's highWater,"
    if column.nullable and not table.is_view:
        raise ExportError(f"{place} may be null, and such rows would never be exported; make it NOT NULL")
    if field.type is FieldType.INTEGER and column.kind != "integer":
        raise ExportError(f"{place} is {column.type}, no integer; choose another column, or correct its logicalType")
    if field.type is FieldType.TIMESTAMP and column.kind != "timestamp":
        raise ExportError(f"{place} is {column.type}, no timestamp; choose another column, or correct its logicalType")
    if field.type is FieldType.TIMESTAMP and not column.zoned and plan.utc_offset_minutes is None:
        raise ExportError(
            f"{place} is {column.type}, without a time zone; say how far it is ahead of UTC by database.utcOffset, "
            'such as "+00:00" (where clocks change in summer, choose another column: their hours repeat)'
        )
