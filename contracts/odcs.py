"""Reading a contract in the Open Data Contract Standard (https://bitol-io.github.io/open-data-contract-standard)."""

import json
import re
from collections.abc import Hashable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft201909Validator
from jsonschema.exceptions import relevance

from . import aggregates, database, file_door, interest, packed_bodies, retention, row_order
from .field_properties import FieldError
from .fields import JSON_EXACT_DIGITS, MAX_DIGITS, field
from .limits import SOURCE_PATTERN
from .model import (
    RESERVED_COLUMNS,
    Authentication,
    Contract,
    ContractError,
    Delivery,
    Field,
    FieldType,
    Quota,
    Throttle,
)
from .source_properties import FileSourceProperties, SourceProperties, parse

SUPPORTED_VERSION = "v3.1.0"
DEFAULT_SIGNATURE_HEADER = "X-Hub-Signature-256"
"""GitHub's: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries."""

_TABLE_SUFFIXES = ("_raw", "_processed", "_curated", "_now", "_latest", "_daily")
_RESERVED_SOURCES = ("csv", "errors", "files", "filtered", "incoming", "reports")
"""Prefixes of the platform's own objects, which lie beside those of the sources, and its own path /ingest/csv."""


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML as the standard defines it: a key that stands twice in one mapping is an error, not the last one wins."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


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
    document = _document(file)
    if document["apiVersion"] != SUPPORTED_VERSION:
        raise ContractError(
            file, "apiVersion", f"{document['apiVersion']!r} is not supported; write {SUPPORTED_VERSION}"
        )
    if document["id"] != file.stem or not re.fullmatch(SOURCE_PATTERN, file.stem):
        raise ContractError(
            file, "id", f"{document['id']!r} must be the file's name in lower-case letters, digits and underscores"
        )
    if file.stem.endswith(_TABLE_SUFFIXES):
        raise ContractError(
            file, "id", f"{file.stem!r} must not end in {', '.join(_TABLE_SUFFIXES)}: tables of a source do"
        )
    if file.stem in _RESERVED_SOURCES:
        raise ContractError(
            file,
            "id",
            f"{file.stem!r} must not be one of {', '.join(_RESERVED_SOURCES)}, which the platform uses itself",
        )
    if len(document.get("schema") or []) != 1:
        raise ContractError(file, "schema", "needs exactly one element: the events of this source")
    declared = document["schema"][0].get("properties") or []
    properties = parse(file, document.get("customProperties") or [])
    if isinstance(properties, FileSourceProperties):
        return _file_source(file, document, declared, properties)
    fields = _fields(file, declared)
    primary_key = _primary_key(file, declared, fields)
    event_time = _event_time(file, properties.event_time, fields)
    return Contract(
        file=file,
        source=file.stem,
        version=document["version"],
        description=(document.get("description") or {}).get("purpose", "").strip(),
        fields=fields,
        primary_key=primary_key,
        event_time=event_time,
        path=properties.path or f"/ingest/{file.stem}",
        delivery=properties.delivery,
        authentication=properties.authentication,
        throttle=properties.throttle.value(),
        quota=_quota(file, properties),
        repeat_horizon_days=properties.repeat_horizon_days,
        sort_by=row_order.fields(file, properties.sort_by, fields, primary_key, event_time),
        allowed_origins=properties.allowed_origins,
        ldap_groups=_ldap_groups(file, properties),
        browser_credentials=properties.browser_credentials,
        signature_header=_signature_header(file, properties),
        **_kept(file, document, properties),
        filter=interest.conditions(file, properties.filter, fields),
        unpack=packed_bodies.unpack(file, properties, fields),
        aggregates=aggregates.read(file, properties.aggregates, fields),
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


def _quota(file: Path, properties: SourceProperties) -> Quota | None:
    """What a key may send; nothing else is counted."""
    if properties.quota and properties.authentication is not Authentication.API_KEY:
        raise ContractError(
            file,
            "customProperties.quota",
            f"counts the requests of an API key; the contract has authentication: {properties.authentication.value}",
        )
    return properties.quota.value() if properties.quota else None


def _signature_header(file: Path, properties: SourceProperties) -> str:
    if properties.authentication is not Authentication.SIGNATURE:
        if properties.signature:
            asked = properties.authentication.value
            raise ContractError(
                file, "customProperties.signature", f"needs authentication: signature; the contract has {asked}"
            )
        return ""
    if properties.delivery is not Delivery.LAMBDA:
        raise ContractError(
            file,
            "customProperties.authentication",
            "signature needs delivery: lambda: a function checks it, since API Gateway by itself cannot",
        )
    return properties.signature.header if properties.signature else DEFAULT_SIGNATURE_HEADER


def _ldap_groups(file: Path, properties: SourceProperties) -> tuple[str, ...]:
    """The groups that may send: those named, else the one that is called as the source."""
    if properties.authentication is Authentication.LDAP:
        return tuple(properties.ldap_groups or [file.stem])
    if properties.ldap_groups:
        asked = properties.authentication.value
        raise ContractError(
            file, "customProperties.ldapGroups", f"needs authentication: ldap; the contract has {asked}"
        )
    return ()


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
    event_time = _event_time(file, properties.event_time or (database.event_time(table) if table else None), fields)
    return Contract(
        file=file,
        source=file.stem,
        version=document["version"],
        description=(document.get("description") or {}).get("purpose", "").strip(),
        fields=fields,
        primary_key=key,
        event_time=event_time,
        path="",
        delivery=properties.delivery,
        authentication=Authentication.NONE,
        throttle=Throttle(0, 0),
        # A row may be exported again at any time, so that no age makes a version of it new.
        repeat_horizon_days=properties.repeat_horizon_days or (database.REPEAT_HORIZON_DAYS if table else 7),
        sort_by=row_order.fields(file, properties.sort_by, fields, key, event_time),
        **_kept(file, document, properties),
        database=table,
        aggregates=aggregates.read(file, properties.aggregates, fields),
    )


@cache
def _standard() -> Draft201909Validator:
    return Draft201909Validator(
        json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())
    )


def _document(file: Path) -> dict[str, Any]:
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)
    except OSError as error:
        raise ContractError(file, "", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ContractError(file, "", "is not UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ContractError(file, place, f"is not YAML: {getattr(error, 'problem', None) or error}") from None
    if not isinstance(document, dict):
        raise ContractError(file, "", "must be a YAML mapping with apiVersion, kind, id, version and schema")
    _require_types(file, document)
    errors = sorted(_standard().iter_errors(document), key=relevance)
    if errors:
        worst = errors[-1]
        raise ContractError(file, worst.json_path.removeprefix("$").removeprefix("."), worst.message)
    return document


def _require_types(file: Path, document: dict[str, Any]) -> None:
    """Name a missing logicalType plainly; the standard's schema takes it for any type and asks for that type's keys."""
    schema = document.get("schema")
    first = schema[0] if isinstance(schema, list) and schema and isinstance(schema[0], dict) else {}
    properties = first.get("properties")
    for position, declared in enumerate(properties if isinstance(properties, list) else []):
        if isinstance(declared, dict) and "logicalType" not in declared:
            place = f"schema[0].properties[{position}] ({declared.get('name')}).logicalType"
            raise ContractError(file, place, "is missing; write string, integer, number, boolean, timestamp or date")


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
    keys = [
        new
        for new, declared in zip(fields, properties, strict=True)
        if declared.get("primaryKey") and new.type is FieldType.STRING
    ]
    if len(keys) != 1:
        raise ContractError(
            file,
            "schema[0].properties",
            "needs exactly one string field with primaryKey: true, by which repeated events are found",
        )
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


def _kept(file: Path, document: dict[str, Any], properties: SourceProperties | FileSourceProperties) -> retention.Kept:
    return retention.parse(file, document.get("slaProperties") or [], properties.archive_after_days)
