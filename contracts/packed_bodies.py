"""Bodies that carry several events in an array: a contract's `unpack`, read and checked, and such a body made."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .model import Contract, ContractError, Delivery, Field, Unpack
from .source_properties import SourceProperties


def unpack(file: Path, properties: SourceProperties, fields: Iterable[Field]) -> Unpack | None:
    """What a contract says of packed bodies. Raises ContractError."""
    declared, place = properties.unpack, "customProperties.unpack"
    if declared is None:
        return None
    if properties.delivery is not Delivery.LAMBDA:
        raise ContractError(file, place, "needs delivery: lambda; API Gateway alone takes no packed bodies")
    names = {name for field in fields for name in (field.name, *field.aliases)}
    if declared.array in names:
        raise ContractError(
            file, f"{place}.array", f"{declared.array!r} is a field of the events; name the array that holds them"
        )
    for name in declared.keep:
        if name not in names:
            raise ContractError(
                file, f"{place}.keep", f"{name!r} is no field, nor the alias of one; add it to the schema"
            )
    return Unpack(declared.array, declared.keep, declared.max_events, declared.max_bytes)


def body(contract: Contract, events: Sequence[dict[str, Any]]) -> Any:
    """A request's body with these events, as the contract's senders make it: what all have in common stands once."""
    if contract.unpack is None:
        return list(events)
    common = {
        name: value
        for field in contract.fields
        if contract.unpack.keeps(field)
        for name in (field.name, *field.aliases)
        if (value := _common(name, events)) is not None
    }
    rest = [{name: value for name, value in event.items() if name not in common} for event in events]
    return {**common, contract.unpack.array: rest}


def events_of(contract: Contract, found: Any) -> list[Any]:
    """The events of one value of a file: of a packed body those that it holds, else the value itself."""
    if contract.unpack is None or not isinstance(found, dict):
        return [found]
    array = found.get(contract.unpack.array)
    if not isinstance(array, list):
        return [found]
    common = {name: value for name, value in found.items() if name != contract.unpack.array}
    return [{**common, **event} if isinstance(event, dict) else event for event in array]


def _common(name: str, events: Sequence[dict[str, Any]]) -> Any:
    """The value that a field has in every event, if it has the same one."""
    values = [json.dumps(event.get(name), sort_keys=True) for event in events]
    return events[0].get(name) if values and len(set(values)) == 1 else None
