"""A compiled contract, as the job reads it: columns, key, event time, horizon, order, aggregates."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """A column of the curated table. `aliases` are names that the column had before, or that senders also use."""

    name: str
    type: str
    comment: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Measure:
    """One measure of an aggregate: `kind` is count, sum, min or max; a sum of two columns is that of their product."""

    name: str
    kind: str
    of: tuple[str, ...]
    where: tuple[dict[str, Any], ...]
    """Conditions that must all hold: `column`, and tests as the contract names them."""


@dataclass(frozen=True)
class Aggregate:
    """A daily aggregate of a source's curated table; its first column is the day of the event time, UTC."""

    name: str
    table: str
    """The Iceberg table's name."""
    columns: tuple[Column, ...]
    by: tuple[str, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class CompiledContract:
    """What curation needs to know of one source."""

    source: str
    table: str
    """The curated Iceberg table's name."""
    version: str
    columns: tuple[Column, ...]
    primary_key: str
    event_time: str
    repeat_horizon_days: int
    sort_by: tuple[str, ...]
    """Columns by which rows are sorted within a day, before the event time."""
    aggregates: tuple[Aggregate, ...]


def parse(text: str | bytes) -> tuple[CompiledContract, ...]:
    """Read a JSON array of compiled contracts."""
    return tuple(_contract(document) for document in json.loads(text))


def _contract(document: dict[str, Any]) -> CompiledContract:
    columns = tuple(
        Column(item["name"], item["type"], item["comment"], tuple(item["aliases"])) for item in document["columns"]
    )
    return CompiledContract(
        source=document["source"],
        table=document["table"],
        version=document["version"],
        columns=columns,
        primary_key=document["primaryKey"],
        event_time=document["eventTime"],
        repeat_horizon_days=document["repeatHorizonDays"],
        sort_by=tuple(document["sortBy"]),
        aggregates=tuple(_aggregate(item) for item in document["aggregates"]),
    )


def _aggregate(document: dict[str, Any]) -> Aggregate:
    return Aggregate(
        name=document["name"],
        table=document["table"],
        columns=tuple(Column(item["name"], item["type"], item["comment"], ()) for item in document["columns"]),
        by=tuple(document["by"]),
        measures=tuple(
            Measure(item["name"], item["kind"], tuple(item["of"]), tuple(item["where"]))
            for item in document["measures"]
        ),
    )
