"""A compiled contract, as the job reads it: columns, key, event time, horizon, order."""

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
    )
