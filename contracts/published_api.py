"""The API as its senders need it: plain OpenAPI 3.0 of every door, made from the definition that API Gateway gets.

What speaks to API Gateway alone (`x-amazon-…`, the content type `$default`, preflights) is left out, and with it every
ARN; bodies of several events and examples, which the models of API Gateway cannot say, are put in.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from . import direct_path, json_schema, packed_bodies
from .limits import MAX_EVENTS
from .model import Contract, Delivery, Field, FieldType

LICENSE = {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}
_EXTENSION = "x-amazon-"
_EVERYTHING = "$default"
_JSON, _NDJSON = "application/json", "application/x-ndjson"


def document(definition: Mapping[str, Any], contracts: Iterable[Contract], title: str, url: str) -> dict[str, Any]:
    """The document of the API at a URL, by the definition that `openapi.document` made of the contracts."""
    found: dict[str, Any] = _without_extensions(definition)
    for name, scheme in definition["components"]["securitySchemes"].items():
        if scheme.get("x-amazon-apigateway-authtype") == "custom":
            # What API Gateway calls custom is HTTP's own to the sender.
            description = "User name and password of the directory."
            found["components"]["securitySchemes"][name] = {
                "type": "http",
                "scheme": "basic",
                "description": description,
            }
    for path in found["paths"].values():
        path.pop("options", None)
    by_path = {contract.path: contract for contract in contracts if contract.streamed}
    for path, contract in by_path.items():
        _describe(found, found["paths"][path]["post"], contract)
    found["info"] = {
        "title": title,
        "version": _version(by_path.values()),
        "description": _DESCRIPTION,
        "license": LICENSE,
    }
    found["servers"] = [{"url": url}]
    found["tags"] = _tags(found, by_path)
    return found


def example(contract: Contract) -> dict[str, Any]:
    """An event of the contract's own examples: of the fields that it requires, and of those that have one."""
    return {
        field.name: field.examples[0] if field.examples else _PLAIN[field.type](field)
        for field in contract.fields
        if field.required or field.examples
    }


def _without_extensions(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _without_extensions(item)
            for name, item in value.items()
            if not name.startswith(_EXTENSION) and name != _EVERYTHING
        }
    return [_without_extensions(item) for item in value] if isinstance(value, list | tuple) else value


def _describe(document: dict[str, Any], operation: dict[str, Any], contract: Contract) -> None:
    """Say what a source's door takes, with examples."""
    operation["tags"] = [contract.source]
    content = operation["requestBody"]["content"]
    event = content[_JSON]["schema"]
    shown = example(contract)
    if contract.unpack:
        shown = packed_bodies.body(contract, [shown])
        content[_JSON] = {"schema": event, "examples": {"event": {"summary": "One event", "value": shown}}}
        return
    content[_JSON] = {
        "schema": {"oneOf": [event, {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": event}]},
        "examples": {
            "event": {"summary": "One event", "value": shown},
            "events": {"summary": "Several events", "value": [shown]},
        },
    }
    if contract.delivery is Delivery.DIRECT:
        # The model of API Gateway takes an array as well.
        model = event["$ref"].rpartition("/")[2]
        document["components"]["schemas"][model] = json_schema.event(contract)
        if direct_path.PLAIN_TEXT in content:
            content[direct_path.PLAIN_TEXT] = {"schema": {"type": "string", "description": _PLAIN_TEXT}}
        return
    line = json.dumps(shown, ensure_ascii=False)
    content[_NDJSON] = {
        "schema": {"type": "string", "description": f"One event a line, at most {MAX_EVENTS}."},
        "examples": {"events": {"summary": "One event a line", "value": f"{line}\n"}},
    }


def _tags(document: Mapping[str, Any], by_path: Mapping[str, Contract]) -> list[dict[str, str]]:
    """A tag for each source, and for each door that gave itself one."""
    described = {contract.source: contract.description for contract in by_path.values()}
    used = [
        tag for path in document["paths"].values() for operation in path.values() for tag in operation.get("tags", [])
    ]
    return [{"name": tag, "description": described.get(tag, tag)} for tag in dict.fromkeys(used)]


def _version(contracts: Iterable[Contract]) -> str:
    """The highest version of a contract: a change of any door that its contract counts shows."""
    return max((contract.version for contract in contracts), key=_numbers, default="1.0.0")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


_PLAIN: dict[FieldType, Any] = {
    FieldType.STRING: lambda field: _text(field),
    FieldType.INTEGER: lambda field: int(field.minimum or 1),
    FieldType.NUMBER: lambda field: float(field.minimum or 1),
    FieldType.DECIMAL: lambda field: float(field.minimum or 1),
    FieldType.BOOLEAN: lambda field: True,
    FieldType.TIMESTAMP: lambda field: "2026-03-14T18:30:00Z",
    FieldType.DATE: lambda field: "2026-03-14",
}


def _text(field: Field) -> str | int:
    return field.allowed[0] if field.allowed else "x" * max(1, field.min_length or 1)


_PLAIN_TEXT = (
    "The same JSON. A web page's script may post this content type without a preflight (navigator.sendBeacon)."
)

_DESCRIPTION = (
    "Takes events. Accepted means stored: an accepted event reaches its table, or stays in quarantine with the reason. "
    "Every refusal has the same shape, with the faults by index and field. A request that was answered 429 or 5xx, or "
    "not at all, may be sent again: an event with an id of its own is the same event however often it comes."
)
