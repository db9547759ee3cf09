"""A contract as the files job has it: fields, columns, and the generated check that the functions run as well."""

import json
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_TYPES = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


@dataclass(frozen=True)
class Field:
    """One field of a contract. Limits that are None do not apply."""

    name: str
    column: str
    kind: str
    required: bool
    aliases: tuple[str, ...]
    min_length: int | None
    max_length: int | None
    pattern: str | None
    allowed: tuple[str | int, ...]
    minimum: float | None
    maximum: float | None
    exclusive_minimum: float | None
    exclusive_maximum: float | None
    precision: int
    scale: int
    unit: str
    """What moments are kept in: ms, as Firehose writes them, or us where no stream writes to the table."""
    is_plain: bool
    """Whether its values come as their type alone, so that whole columns can be read at once."""


@dataclass(frozen=True)
class FileContract:
    """What is needed to take in a file of one source."""

    source: str
    version: str
    fields: tuple[Field, ...]
    schema: pa.Schema
    """The columns of the processed table, as Firehose writes them."""
    primary_key: str
    event_time: str
    check: Callable[[dict[str, Any]], tuple[dict[str, Any] | None, list[dict[str, str]]]]
    """A JSON object in; the row and no errors out, or None and the errors."""
    is_of_interest: Callable[[dict[str, Any]], bool] | None
    """Whether the contract's filter lets a row through; None where it has none."""
    hashes: bool
    """Whether fields are kept as keyed hashes, which this job cannot make: it has no key."""

    @property
    def known(self) -> tuple[str, ...]:
        """The names that a file's columns may have: fields and their aliases."""
        return tuple(name for field in self.fields for name in (field.name, *field.aliases))

    def field_of(self, name: str) -> Field:
        """The field that is called so, or has such an alias."""
        return next(field for field in self.fields if name == field.name or name in field.aliases)


def parse(text: str | bytes) -> dict[str, FileContract]:
    """Read a JSON array of compiled contracts; by source."""
    return {document["source"]: _contract(document) for document in json.loads(text)}


def arrow_type(name: str, unit: str = "ms") -> pa.DataType:
    """The Arrow type of a Glue type's name, moments in a unit."""
    if name == "timestamp":
        return pa.timestamp(unit)
    match = _DECIMAL.fullmatch(name)
    return pa.decimal128(int(match[1]), int(match[2])) if match else _TYPES[name]


def _contract(document: dict[str, Any]) -> FileContract:
    module = types.ModuleType(f"compiled.{document['source']}")
    # The generated module lies beside this job's code, written by the same deployment.
    exec(compile(document["check"], f"<contract {document['source']}>", "exec"), module.__dict__)
    return FileContract(
        source=document["source"],
        version=document["version"],
        fields=tuple(_field(item, document["unit"]) for item in document["fields"]),
        schema=pa.schema([(item["name"], arrow_type(item["type"], document["unit"])) for item in document["columns"]]),
        primary_key=document["primaryKey"],
        event_time=document["eventTime"],
        check=module.check,
        is_of_interest=module.is_of_interest if document["hasFilter"] else None,
        hashes=document["hashes"],
    )


def _field(item: dict[str, Any], unit: str) -> Field:
    return Field(
        name=item["name"],
        column=item["column"],
        kind=item["kind"],
        required=item["required"],
        aliases=tuple(item["aliases"]),
        min_length=item["minLength"],
        max_length=item["maxLength"],
        pattern=item["pattern"],
        allowed=tuple(item["allowed"]),
        minimum=item["minimum"],
        maximum=item["maximum"],
        exclusive_minimum=item["exclusiveMinimum"],
        exclusive_maximum=item["exclusiveMaximum"],
        precision=item["precision"] or 0,
        scale=item["scale"] or 0,
        unit=unit,
        is_plain=item["plain"],
    )
