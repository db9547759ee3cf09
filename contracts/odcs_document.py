"""A contract's file, as the Open Data Contract Standard has it (https://bitol-io.github.io/open-data-contract-standard)."""

import json
from collections.abc import Hashable, Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft201909Validator, ValidationError
from jsonschema.exceptions import relevance

from . import unknown_names
from .model import ContractError

SUPPORTED_VERSION = "v3.1.0"
_TYPES = ("string", "integer", "number", "boolean", "timestamp", "date")


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


@cache
def _standard() -> dict[str, Any]:
    return dict(json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text()))


@cache
def _validator() -> Draft201909Validator:
    return Draft201909Validator(_standard())


def text_of(file: Path) -> str:
    """What stands in the file. Raises ContractError if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ContractError(file, "", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ContractError(file, "", "is not UTF-8 text") from None


def parse(file: Path, text: str) -> dict[str, Any]:
    """A text as a mapping that keeps the standard's schema. Raises ContractError naming the place and the reason."""
    try:
        document = yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ContractError(file, place, f"is not YAML: {getattr(error, 'problem', None) or error}") from None
    if not isinstance(document, dict):
        raise ContractError(file, "", "must be a YAML mapping with apiVersion, kind, id, version and schema")
    _require_fields(file, document)
    errors = sorted(_validator().iter_errors(document), key=relevance)
    if errors:
        worst = errors[-1]
        raise ContractError(file, _place(document, worst), worst.message)
    if document["apiVersion"] != SUPPORTED_VERSION:
        raise ContractError(
            file, "apiVersion", f"{document['apiVersion']!r} is not supported; write {SUPPORTED_VERSION}"
        )
    return document


def _place(document: dict[str, Any], error: ValidationError) -> str:
    """Where an error is, with the name of the field that it is in."""
    place = error.json_path.removeprefix("$").removeprefix(".")
    match list(error.absolute_path):
        case ["schema", int(schema), "properties", int(position), *_]:
            name = document["schema"][schema]["properties"][position].get("name")
            return place.replace(f".properties[{position}]", f".properties[{position}] ({name})", 1)
    return place


def _require_fields(file: Path, document: dict[str, Any]) -> None:
    """Say plainly what is wrong with names, types and enums; the standard's schema tells more than a reader needs."""
    standard = _standard()
    element, table, column = (
        standard["$defs"][name]["properties"] for name in ("SchemaElement", "SchemaObject", "SchemaBaseProperty")
    )
    _require_known(file, "", document, standard["properties"])
    schema = document.get("schema")
    first = schema[0] if isinstance(schema, list) and schema and isinstance(schema[0], dict) else {}
    _require_known(file, "schema[0].", first, [*table, *element])
    properties = first.get("properties")
    for position, declared in enumerate(properties if isinstance(properties, list) else []):
        if isinstance(declared, dict):
            place = f"schema[0].properties[{position}] ({declared.get('name')})."
            _require_known(file, place, declared, [*column, *element, "items", "properties"])
            _require_type(file, place, declared)
            _require_values(file, place, declared.get("enum"))


def _require_known(file: Path, place: str, declared: dict[str, Any], known: Iterable[str]) -> None:
    for name in declared:
        if name not in known:
            raise ContractError(file, f"{place}{name}", unknown_names.reason(str(name), known))


def _require_type(file: Path, place: str, declared: dict[str, Any]) -> None:
    given = declared.get("logicalType")
    if given not in _TYPES:
        what = f"{given!r} is not supported" if "logicalType" in declared else "is missing"
        raise ContractError(file, f"{place}logicalType", f"{what}; write {', '.join(_TYPES[:-1])} or {_TYPES[-1]}")


def _require_values(file: Path, place: str, enum: Any) -> None:
    for position, item in enumerate(enum if isinstance(enum, list) else []):
        if not isinstance(item, dict):
            raise ContractError(
                file, f"{place}enum[{position}]", f"{item!r} must be a mapping; write `- value: {item}`"
            )
