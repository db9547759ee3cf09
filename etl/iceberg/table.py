"""The curated Iceberg table of a source: made empty, and evolved as its contract grows."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.sorting import NullOrder, SortField, SortOrder
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IcebergType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
)

from etl.contract import Column, CompiledContract
from etl.iceberg import layout

PARTITION = "event_day"
COMMITS = {
    "commit.retry.num-retries": "0",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}
"""Properties of every table: with pyiceberg's silent retry, two runs with the same input would both commit."""
_KEY_PROPERTY = "rapid.primary-key"
_TIME_PROPERTY = "rapid.event-time"
_TYPES: dict[str, IcebergType] = {
    "string": StringType(),
    "bigint": LongType(),
    "double": DoubleType(),
    "boolean": BooleanType(),
    "timestamp": TimestampType(),
    "date": DateType(),
}
_Identifier = tuple[str, str]
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


class IncompatibleContract(Exception):
    """A contract that the table cannot follow without losing or changing rows; nothing was written."""


def load_or_create(catalog: Catalog, database: str, contract: CompiledContract, location: str) -> Table:
    """The table, made empty if it is missing. `location` is an S3 URI that no other table shares."""
    return loaded_or_made(
        catalog, (database, contract.table), lambda identifier: _create(catalog, identifier, contract, location)
    )


def loaded_or_made(catalog: Catalog, identifier: _Identifier, make: Callable[[_Identifier], Table]) -> Table:
    """A table, made if it is missing; another run may make it at the same moment."""
    try:
        return catalog.load_table(identifier)
    except NoSuchTableError:
        try:
            return make(identifier)
        except TableAlreadyExistsError:
            return catalog.load_table(identifier)


def schema_of(columns: Iterable[Column]) -> Schema:
    """The Iceberg schema of a table that is made with these columns."""
    return Schema(
        *(
            NestedField(number, column.name, iceberg_type(column.type), required=False, doc=column.comment or None)
            for number, column in enumerate(columns, start=1)
        )
    )


def evolve(table: Table, contract: CompiledContract) -> Table:
    """Bring the table up to the contract: columns, wider types, renames by alias; order and layout of new files.

    Raises IncompatibleContract before anything is written, naming the column and what can be done.
    """
    steps = list(_steps(table, contract))
    wanted = _properties(contract)
    changed = {name: value for name, value in wanted.items() if table.properties.get(name) != value}
    outdated = layout.outdated(table, contract.primary_key)
    is_ordered = [name for name, _ in layout.sorted_by(table)] == [*contract.sort_by, contract.event_time]
    if not (steps or changed or outdated) and is_ordered:
        return table
    with table.transaction() as transaction:
        if steps:
            with transaction.update_schema() as update:
                for method, arguments in steps:
                    getattr(update, method)(**arguments)
        if not is_ordered:
            with transaction.update_sort_order() as order:
                for name in (*contract.sort_by, contract.event_time):
                    order.asc(name, IdentityTransform())
        if changed:
            transaction.set_properties(changed)
        if outdated:
            transaction.remove_properties(*outdated)
    return table


def iceberg_type(name: str) -> IcebergType:
    """The Iceberg type of a Glue type's name. Raises IncompatibleContract for one that is unknown."""
    match = _DECIMAL.fullmatch(name)
    if match:
        return DecimalType(int(match[1]), int(match[2]))
    if name not in _TYPES:
        raise IncompatibleContract(f"the type {name!r} has no Iceberg counterpart here")
    return _TYPES[name]


def _create(catalog: Catalog, identifier: _Identifier, contract: CompiledContract, location: str) -> Table:
    schema = schema_of(contract.columns)
    order = [
        SortField(schema.find_field(name).field_id, IdentityTransform(), null_order=NullOrder.NULLS_LAST)
        for name in (*contract.sort_by, contract.event_time)
    ]
    day = PartitionField(schema.find_field(contract.event_time).field_id, 1000, DayTransform(), PARTITION)
    return catalog.create_table(
        identifier,
        schema,
        location=location,
        partition_spec=PartitionSpec(day),
        sort_order=SortOrder(*order),
        properties={"format-version": "2", **_properties(contract)},
    )


def _properties(contract: CompiledContract) -> dict[str, str]:
    return {
        **COMMITS,
        _KEY_PROPERTY: contract.primary_key,
        _TIME_PROPERTY: contract.event_time,
        **layout.properties(contract.primary_key),
    }


def _steps(table: Table, contract: CompiledContract) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schema updates that are missing, as method names of pyiceberg's UpdateSchema with their arguments."""
    name = ".".join(table.name())
    for option, now in ((_KEY_PROPERTY, contract.primary_key), (_TIME_PROPERTY, contract.event_time)):
        before = table.properties.get(option, now)
        if now != before and before not in _column(contract, now).aliases:
            raise IncompatibleContract(
                f"{name}: {option.removeprefix('rapid.')} was {before!r} and is now {now!r}; "
                f"keep it, or name {before!r} among the aliases of {now!r}, or start a new source"
            )
    existing = {field.name: field for field in table.schema().fields}
    wanted = {column.name for column in contract.columns}
    for column in contract.columns:
        new_type = iceberg_type(column.type)
        if column.name in existing:
            yield from _widen(name, column, existing[column.name].field_type, new_type)
            continue
        former = next((alias for alias in column.aliases if alias in existing and alias not in wanted), None)
        if former:
            yield "rename_column", {"path_from": former, "new_name": column.name}
            yield from _widen(name, column, existing[former].field_type, new_type, path=former)
        else:
            yield "add_column", {"path": column.name, "field_type": new_type, "doc": column.comment or None}


def _widen(
    table: str, column: Column, before: IcebergType, now: IcebergType, path: str | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    if before == now:
        return
    wider = (
        isinstance(before, DecimalType)
        and isinstance(now, DecimalType)
        and now.scale == before.scale
        and now.precision > before.precision
    )
    if not wider:
        raise IncompatibleContract(
            f"{table}: column {column.name!r} is {before} and the contract now says {now}, which existing rows cannot "
            f"take; keep {before}, or add a field of another name (only a decimal's precision can grow)"
        )
    yield "update_column", {"path": path or column.name, "field_type": now}


def _column(contract: CompiledContract, name: str) -> Column:
    return next(column for column in contract.columns if column.name == name)
