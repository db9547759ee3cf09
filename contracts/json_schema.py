"""The JSON schema of an event, in draft 4, the dialect of API Gateway models."""

from typing import Any

from .limits import MAX_EVENTS
from .model import Contract, Delivery, Field, FieldType

NUMERIC_STRING = r"^[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$"

_TYPES = {
    FieldType.STRING: "string",
    FieldType.INTEGER: "integer",
    FieldType.NUMBER: "number",
    FieldType.DECIMAL: "number",
    FieldType.BOOLEAN: "boolean",
    FieldType.TIMESTAMP: "string",
    FieldType.DATE: "string",
}


def event(contract: Contract) -> dict[str, Any]:
    """The schema of one event (https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html)."""
    schema: dict[str, Any] = {
        "type": "object",
        "description": contract.description,
        "properties": {name: _field(field) for field in contract.fields for name in (field.name, *field.aliases)},
    }
    required = [field for field in contract.fields if field.required]
    plain = [field.name for field in required if not field.aliases]
    if plain:
        schema["required"] = plain
    choices = [{"anyOf": [_has(name) for name in (field.name, *field.aliases)]} for field in required if field.aliases]
    if choices:
        schema["allOf"] = choices
    return schema


def body(contract: Contract) -> dict[str, Any]:
    """The schema of what a request's body holds: an event, several in an array, or an object with such an array."""
    schema = event(contract)
    if contract.delivery is Delivery.DIRECT:
        return _event_or_array(schema)
    if contract.unpack is None:
        return schema
    shared = {
        name for field in contract.fields if contract.unpack.keeps(field) for name in (field.name, *field.aliases)
    }
    choices = [{"anyOf": found} for choice in schema.pop("allOf", []) if not shared & _names(found := choice["anyOf"])]
    inner = {
        **schema,
        "required": [name for name in schema.pop("required", []) if name not in shared],
        **({"allOf": choices} if choices else {}),
    }
    if not inner["required"]:
        del inner["required"]
    return {
        "type": "object",
        "description": contract.description,
        "required": [contract.unpack.array],
        "properties": {
            **{name: found for name, found in schema["properties"].items() if name in shared},
            contract.unpack.array: {
                "type": "array",
                "minItems": 1,
                "maxItems": contract.unpack.max_events,
                "items": inner,
            },
        },
    }


def _event_or_array(schema: dict[str, Any]) -> dict[str, Any]:
    """What holds for an object stands beside the choice, so that the validator names what is wrong with a single event.

    The events of an array are checked behind the door, one by one: here, one that is wrong would condemn the others.
    """
    return {
        **{name: value for name, value in schema.items() if name != "type"},
        "anyOf": [
            {"type": "object"},
            {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": {"type": "object"}},
        ],
    }


def _names(choice: list[dict[str, Any]]) -> set[str]:
    return {name for alternative in choice for name in alternative["required"]}


def _has(name: str) -> dict[str, Any]:
    return {"required": [name]}


def _field(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": _TYPES[field.type]}
    options = {
        "description": field.description or None,
        "minLength": field.min_length,
        "maxLength": field.max_length,
        "pattern": field.pattern,
        "enum": list(field.allowed) or None,
        "minimum": field.minimum if field.minimum is not None else field.exclusive_minimum,
        "maximum": field.maximum if field.maximum is not None else field.exclusive_maximum,
        "exclusiveMinimum": True if field.exclusive_minimum is not None else None,
        "exclusiveMaximum": True if field.exclusive_maximum is not None else None,
    }
    schema.update({key: value for key, value in options.items() if value is not None})
    other = _other_shape(field)
    if other is None:
        return schema
    description = {"description": schema.pop("description")} if "description" in schema else {}
    return {**description, "anyOf": [schema, other]}


def _other_shape(field: Field) -> dict[str, Any] | None:
    """What a value may also be by the contract, if anything: a number as text, a moment as a number."""
    if field.numeric_strings:
        return {"type": "string", "pattern": NUMERIC_STRING}
    return {"type": "number"} if field.epoch_unit else None
