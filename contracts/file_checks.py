"""What the files job needs to know of a contract, as plain JSON: the curate job's part, the fields, and their check."""

from typing import Any

from . import curation, validator
from .model import Contract, Field, FieldType


def document(contract: Contract) -> dict[str, Any]:
    """The compiled contract. `check` is the source of the module that the functions check events with as well."""
    return {
        **curation.document(contract),
        "unit": "ms" if contract.streamed else "us",
        "fields": [_field(field) for field in contract.fields],
        "hasFilter": bool(contract.filter),
        "check": validator.source_code(contract),
        "hashes": bool(contract.hashed),
        "hashed": list(contract.hashed),
    }


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "plain": field.epoch_unit is None,
        "column": field.column,
        "kind": "epoch" if field.epoch_unit else field.type.value,
        "required": field.required,
        "aliases": list(field.aliases),
        "minLength": field.min_length,
        "maxLength": field.max_length,
        "pattern": field.pattern,
        "allowed": list(field.allowed),
        "minimum": field.minimum,
        "maximum": field.maximum,
        "exclusiveMinimum": field.exclusive_minimum,
        "exclusiveMaximum": field.exclusive_maximum,
        "precision": field.precision if field.type is FieldType.DECIMAL else None,
        "scale": field.scale if field.type is FieldType.DECIMAL else None,
    }
