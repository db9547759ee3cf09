"""A contract's file, as the Open Data Contract Standard has it (https://bitol-io.github.io/open-data-contract-standard)."""

import json
from collections.abc import Hashable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft201909Validator
from jsonschema.exceptions import relevance

from .model import ContractError

SUPPORTED_VERSION = "v3.1.0"


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
def _standard() -> Draft201909Validator:
    return Draft201909Validator(
        json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())
    )


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
    _require_types(file, document)
    errors = sorted(_standard().iter_errors(document), key=relevance)
    if errors:
        worst = errors[-1]
        raise ContractError(file, worst.json_path.removeprefix("$").removeprefix("."), worst.message)
    if document["apiVersion"] != SUPPORTED_VERSION:
        raise ContractError(
            file, "apiVersion", f"{document['apiVersion']!r} is not supported; write {SUPPORTED_VERSION}"
        )
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
