"""Reading a contract in the Open Data Contract Standard (https://bitol-io.github.io/open-data-contract-standard)."""

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from . import (
    aggregates,
    callers,
    database,
    file_door,
    frequency,
    interest,
    odcs_document,
    packed_bodies,
    retention,
    row_order,
)
from .field_properties import FieldError
from .fields import JSON_EXACT_DIGITS, MAX_DIGITS, field
from .limits import SOURCE_PATTERN
from .model import (
    RESERVED_COLUMNS,
    Authentication,
    Contract,
    ContractError,
    Field,
    FieldType,
    Throttle,
)
from .source_properties import FileSourceProperties, SourceProperties, parse

_TABLE_SUFFIXES = ("_raw", "_processed", "_curated", "_now", "_latest", "_daily")
_RESERVED_SOURCES = ("csv", "errors", "files", "filtered", "incoming", "reports")
"""Prefixes of the platform's own objects, which lie beside those of the sources, and its own path /ingest/csv."""


def load_all(directory: Path) -> tuple[Contract, ...]:
    """Read every `*.yaml` of a directory, in the order of their names.

    Raises ContractError for an invalid contract, for two contracts with one path or one table of aggregates, and for a
    directory without any.
    """
    contracts = tuple(load(file) for file in sorted(directory.glob("*.yaml")))
    if not contracts:
        raise ContractError(directory, "", "holds no contract; add one file a source, such as orders.yaml")
    _require_own_tables(contracts)
    paths: dict[str, Contract] = {}
    for contract in contracts:
        if not contract.streamed:
            continue
        if contract.path == file_door.PATH:
            raise ContractError(contract.file, "customProperties.path", f"{contract.path} is the path of files")
        other = paths.setdefault(contract.path, contract)
        if other is not contract:
            raise ContractError(
                contract.file, "customProperties.path", f"{contract.path} is already the path of {other.file}"
            )
    return contracts


def load(file: Path) -> Contract:
    """Read one contract. Raises ContractError naming the file, the place and the reason."""
    return _contract(file, odcs_document.text_of(file))


@lru_cache
def _contract(file: Path, text: str) -> Contract:
    """What a text says; a command asks for its contracts many times, and the standard's schema is slow to check."""
    document = odcs_document.parse(file, text)
    _require_name(file, document["id"])
    if len(document.get("schema") or []) != 1:
        raise ContractError(file, "schema", "needs exactly one element: the events of this source")
    declared = document["schema"][0].get("properties") or []
    properties = parse(file, document.get("customProperties") or [])
    if isinstance(properties, FileSourceProperties):
        return _file_source(file, document, declared, properties)
    fields = _fields(file, declared)
    source = _source(file, document, properties, fields, _primary_key(file, declared, fields), properties.event_time)
    return replace(
        source,
        path=properties.path or f"/ingest/{file.stem}",
        authentication=properties.authentication,
        throttle=properties.throttle.value(),
        quota=callers.quota(file, properties),
        repeat_horizon_days=properties.repeat_horizon_days,
        allowed_origins=properties.allowed_origins,
        ldap_groups=callers.ldap_groups(file, properties),
        browser_credentials=properties.browser_credentials,
        signature_header=callers.signature_header(file, properties),
        filter=interest.conditions(file, properties.filter, fields),
        unpack=packed_bodies.unpack(file, properties, fields),
    )


def _require_name(file: Path, name: str) -> None:
    """A source is called as its file, and as nothing of the platform's own is."""
    if name != file.stem:
        raise ContractError(file, "id", f"{name!r} must be the file's name; write {file.stem}, or rename the file")
    if not re.fullmatch(SOURCE_PATTERN, name):
        reason = (
            "must be a letter and up to 31 more lower-case letters, digits and underscores; so must the file's name"
        )
        raise ContractError(file, "id", f"{name!r} {reason}")
    if name.endswith(_TABLE_SUFFIXES):
        raise ContractError(file, "id", f"{name!r} must not end in {', '.join(_TABLE_SUFFIXES)}: tables of a source do")
    if name in _RESERVED_SOURCES:
        raise ContractError(
            file, "id", f"{name!r} must not be one of {', '.join(_RESERVED_SOURCES)}, which the platform uses itself"
        )


def _require_own_tables(contracts: tuple[Contract, ...]) -> None:
    """Source a, aggregate b_c, and source a_b, aggregate c, would have one table."""
    tables: dict[str, Contract] = {}
    for contract in contracts:
        for position, aggregate in enumerate(contract.aggregates):
            table = aggregates.table(contract, aggregate)
            other = tables.setdefault(table, contract)
            if other is not contract:
                place = f"customProperties.aggregates.{position}.name"
                raise ContractError(contract.file, place, f"the table {table} is already one of {other.file}")


def _file_source(
    file: Path, document: dict[str, Any], declared: list[dict[str, Any]], properties: FileSourceProperties
) -> Contract:
    fields = _fields(file, declared, MAX_DIGITS)
    for position, declared_field in enumerate(fields):
        if declared_field.hashed:
            place = f"schema[0].properties[{position}] ({declared_field.name}).customProperties.hash"
            raise ContractError(file, place, "is not for sources with delivery: files; the files job has no key for it")
    table = None
    if properties.database:
        table = database.table(file, declared, fields, properties.database)
        fields = (*fields, *database.ADDED_FIELDS)
    key = database.ROW_VERSION if table else _primary_key(file, declared, fields)
    event_time = properties.event_time or (database.event_time(table) if table else None)
    source = _source(file, document, properties, fields, key, event_time)
    # A row may be exported again at any time, so that no age makes a version of it new.
    horizon_days = database.REPEAT_HORIZON_DAYS if table else source.repeat_horizon_days
    return replace(source, database=table, repeat_horizon_days=properties.repeat_horizon_days or horizon_days)


def _source(
    file: Path,
    document: dict[str, Any],
    properties: SourceProperties | FileSourceProperties,
    fields: tuple[Field, ...],
    primary_key: Field,
    event_time_name: str | None,
) -> Contract:
    """What every source has; nobody can send to it yet."""
    event_time = _event_time(file, event_time_name, fields)
    return Contract(
        file=file,
        source=file.stem,
        version=document["version"],
        description=(document.get("description") or {}).get("purpose", "").strip(),
        fields=fields,
        primary_key=primary_key,
        event_time=event_time,
        path="",
        delivery=properties.delivery,
        authentication=Authentication.NONE,
        throttle=Throttle(0, 0),
        sort_by=row_order.fields(file, properties.sort_by, fields, primary_key, event_time),
        **retention.parse(file, document.get("slaProperties") or [], properties.archive_after_days),
        aggregates=aggregates.read(file, properties.aggregates, fields),
        frequency_hours=frequency.hours(file, document.get("slaProperties") or [], properties.delivery),
    )


def _fields(file: Path, properties: list[dict[str, Any]], most_digits: int = JSON_EXACT_DIGITS) -> tuple[Field, ...]:
    fields: list[Field] = []
    taken = dict.fromkeys(RESERVED_COLUMNS, "a column that the platform adds")
    for position, declared in enumerate(properties):
        place = f"schema[0].properties[{position}] ({declared['name']})"
        try:
            new = field(declared, most_digits)
        except FieldError as error:
            raise ContractError(file, f"{place}.{error.option}", error.reason) from None
        if new.column in taken:
            raise ContractError(
                file, f"{place}.name", f"the column {new.column!r} is {taken[new.column]}; rename the field"
            )
        taken[new.column] = f"already that of the field {new.name!r}"
        for alias in new.aliases:
            if alias.lower() in taken and alias.lower() != new.column:
                raise ContractError(file, f"{place}.customProperties.aliases", f"{alias!r} is {taken[alias.lower()]}")
            taken[alias.lower()] = f"already an alias of the field {new.name!r}"
        fields.append(new)
    if not fields:
        raise ContractError(file, "schema[0].properties", "needs at least one field")
    return tuple(fields)


def _primary_key(file: Path, properties: list[dict[str, Any]], fields: tuple[Field, ...]) -> Field:
    declared_keys = [new for new, declared in zip(fields, properties, strict=True) if declared.get("primaryKey")]
    keys = [key for key in declared_keys if key.type is FieldType.STRING]
    if len(keys) != 1:
        place, reason = "schema[0].properties", "needs exactly one string field with primaryKey: true"
        if declared_keys and not keys:
            key = declared_keys[0]
            place = f"{place}[{fields.index(key)}] ({key.name}).primaryKey"
            reason = f"must be of a string field; {key.name} is {key.type.value}"
        raise ContractError(file, place, f"{reason}; by it repeated events are found")
    return keys[0]


def _event_time(file: Path, name: str | None, fields: tuple[Field, ...]) -> Field:
    for candidate in fields:
        if candidate.name == name and candidate.type is FieldType.TIMESTAMP:
            return candidate
    raise ContractError(
        file,
        "customProperties.eventTime",
        f"{repr(name) if name else 'is missing; it'} must name a field of logicalType timestamp",
    )
