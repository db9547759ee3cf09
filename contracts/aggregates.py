"""Daily aggregates of a source: a contract's `aggregates`, read and checked, and what the job needs to know of them."""

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from . import interest
from .fields import MAX_DIGITS
from .glue import Column, comment, type_of
from .model import Aggregate, Contract, ContractError, Field, FieldType, Measure, MeasureKind
from .source_properties import AggregateProperty, MeasureProperty

DAY = "day"
"""The column that every aggregate begins with: the day of the event time, UTC."""

_DIMENSIONS = (FieldType.STRING, FieldType.INTEGER, FieldType.BOOLEAN, FieldType.DATE)
_SUMMED = (FieldType.INTEGER, FieldType.DECIMAL)
_ORDERED = (FieldType.INTEGER, FieldType.NUMBER, FieldType.DECIMAL, FieldType.TIMESTAMP, FieldType.DATE)
_MOST_OPERANDS = {MeasureKind.COUNT: 0, MeasureKind.SUM: 2, MeasureKind.MIN: 1, MeasureKind.MAX: 1}
_INTEGER_DIGITS = 19
"""Decimal digits of a whole number of 64 bits."""
_RESTRICTED = "restricted"


def read(file: Path, declared: Sequence[AggregateProperty], fields: Iterable[Field]) -> tuple[Aggregate, ...]:
    """The aggregates of a contract. Raises ContractError naming the one that cannot be kept, and why."""
    by_name = {field.name: field for field in fields}
    found: list[Aggregate] = []
    for position, item in enumerate(declared):
        place = f"customProperties.aggregates.{position}"
        if item.name in {other.name for other in found}:
            raise ContractError(file, f"{place}.name", f"{item.name!r} is already the name of another aggregate")
        by = tuple(
            _field(file, f"{place}.by.{number}", name, by_name, _DIMENSIONS) for number, name in enumerate(item.by)
        )
        measures = tuple(
            _measure(file, f"{place}.measures.{number}", measure, by_name)
            for number, measure in enumerate(item.measures)
        )
        columns = [DAY, *(field.column for field in by), *(measure.name for measure in measures)]
        for name in columns:
            if columns.count(name) > 1:
                raise ContractError(file, place, f"has more than one column {name!r}; its first is always {DAY!r}")
        found.append(Aggregate(item.name, by, measures))
    return tuple(found)


def table(contract: Contract, aggregate: Aggregate) -> str:
    """The Iceberg table's name."""
    return f"{contract.source}_{aggregate.name}_daily"


def tables(contract: Contract) -> tuple[str, ...]:
    """The names of all aggregate tables of a source."""
    return tuple(table(contract, aggregate) for aggregate in contract.aggregates)


def columns(contract: Contract, aggregate: Aggregate) -> tuple[Column, ...]:
    """The columns of the table: the day, what rows are grouped by, the measures."""
    return (
        Column(DAY, "date", f"Day of {contract.event_time.column}, UTC"),
        *(Column(field.column, type_of(field), comment(field)) for field in aggregate.by),
        *(Column(measure.name, _type(measure), _meaning(measure)) for measure in aggregate.measures),
    )


def document(contract: Contract, aggregate: Aggregate) -> dict[str, Any]:
    """An aggregate as the job reads it. Dimensions and operands are named by the columns of the curated table."""
    return {
        "name": aggregate.name,
        "table": table(contract, aggregate),
        "columns": [dataclasses.asdict(column) for column in columns(contract, aggregate)],
        "by": [field.column for field in aggregate.by],
        "measures": [
            {
                "name": measure.name,
                "kind": measure.kind.value,
                "of": [field.column for field in measure.of],
                "where": [interest.document(condition) for condition in measure.where],
            }
            for measure in aggregate.measures
        ],
    }


def _measure(file: Path, place: str, declared: MeasureProperty, by_name: dict[str, Field]) -> Measure:
    most = _MOST_OPERANDS[declared.kind]
    if not min(most, 1) <= len(declared.of) <= most:
        wanted = {0: "takes no field: it counts rows", 1: "takes one field", 2: "takes one field, or two to multiply"}
        raise ContractError(file, f"{place}.of", f"{declared.kind.value} {wanted[most]}")
    types = _SUMMED if declared.kind is MeasureKind.SUM else _ORDERED
    of = tuple(_field(file, f"{place}.of.{number}", name, by_name, types) for number, name in enumerate(declared.of))
    measure = Measure(
        declared.name, declared.kind, of, interest.conditions(file, declared.where, by_name.values(), f"{place}.where")
    )
    digits = sum(_digits(field) for field in of)
    if declared.kind is MeasureKind.SUM and digits > MAX_DIGITS:
        raise ContractError(file, f"{place}.of", f"the product has {digits} digits; tables keep {MAX_DIGITS}")
    return measure


def _field(file: Path, place: str, name: str, by_name: dict[str, Field], types: Sequence[FieldType]) -> Field:
    field = by_name.get(name)
    if field is None:
        raise ContractError(file, place, f"{name!r} must be one of {', '.join(by_name)}")
    if field.type not in types:
        fitting = ", ".join(kind.value for kind in types)
        hint = "; sums of it depend on the order, so give it a physicalType such as decimal(18,2)"
        floating = field.type is FieldType.NUMBER and types is _SUMMED
        raise ContractError(
            file, place, f"is for {fitting} fields; {name} is {field.type.value}{hint if floating else ''}"
        )
    if field.classification == _RESTRICTED:
        raise ContractError(file, place, f"{name} is restricted, and an aggregate holds no personal data")
    return field


def _digits(field: Field) -> int:
    return field.precision if field.type is FieldType.DECIMAL else _INTEGER_DIGITS


def _type(measure: Measure) -> str:
    """Sums are decimals of as many digits as there are, so that no sum of contents that a contract allows overflows."""
    if measure.kind is MeasureKind.COUNT:
        return "bigint"
    if measure.kind is MeasureKind.SUM:
        return f"decimal({MAX_DIGITS},{sum(field.scale for field in measure.of)})"
    return type_of(measure.of[0])


def _meaning(measure: Measure) -> str:
    operands = " times ".join(field.column for field in measure.of)
    text = "Number of rows" if measure.kind is MeasureKind.COUNT else f"{measure.kind.value.title()} of {operands}"
    conditions = " and ".join(interest.text(condition) for condition in measure.where)
    return f"{text} where {conditions}" if conditions else text
