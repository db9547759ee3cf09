"""From Pulumi properties (camelCase) to the parameters of an AWS operation, driven by botocore's input shapes.

A property finds its member by name, letter case apart (`roleArn` is `RoleARN`). Where the provider's name differs from
the API's, the resource type's row says so in `renames`: property path to member path, both dotted and without list
indices, the member path relative to the shape the property stands in. `*.name` renames `name` at any depth.
Anything else is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import Shape

from rapid.local.deploy.assets import Archive, Asset
from rapid.local.deploy.errors import PropertyError, suggestion

Renames = Mapping[str, str]


@dataclass(frozen=True)
class _Place:
    """Where in the resource's properties a value stands: once for people, once for looking up renames."""

    shown: str = ""
    renamed: str = ""

    def member(self, key: str) -> _Place:
        return _Place(f"{self.shown}.{key}".lstrip("."), f"{self.renamed}.{key}".lstrip("."))

    def item(self, index: int) -> _Place:
        return _Place(f"{self.shown}[{index}]", self.renamed)


def to_parameters(shape: Shape, properties: Mapping[str, Any], renames: Renames, within: str = "") -> dict[str, Any]:
    """Convert a resource's properties to a structure of AWS parameters.

    `within` is the path of the property whose content `properties` is, for messages and renames.
    Raises PropertyError for an unknown property and for a value of another type than AWS takes.
    """
    return _structure(shape, properties, renames, _Place(within, within))


def _structure(shape: Shape, properties: Any, renames: Renames, place: _Place) -> dict[str, Any]:
    if not isinstance(properties, Mapping):
        raise PropertyError(place.shown, f"takes an object, not {_described(properties)}")
    parameters: dict[str, Any] = {}
    for key, value in properties.items():
        here = place.member(key)
        target = renames.get(here.renamed) or renames.get(f"*.{key}") or _member_called(shape, key)
        if target is None:
            known = suggestion(key, _property_names(shape, renames, place))
            raise PropertyError(here.shown, f"is not known here; {known}")
        _assign(parameters, shape, target.split("."), value, renames, here)
    return parameters


def _assign(
    parameters: dict[str, Any], shape: Shape, target: list[str], value: Any, renames: Renames, place: _Place
) -> None:
    member, *deeper = target
    inner = shape.value if shape.type_name == "map" else shape.members[member]
    if deeper:
        _assign(parameters.setdefault(member, {}), inner, deeper, value, renames, place)
    elif inner.type_name == "structure" and member in parameters:
        # Two properties may fill one structure, one of them through a rename.
        parameters[member].update(_converted(inner, value, renames, place))
    else:
        parameters[member] = _converted(inner, value, renames, place)


def _converted(shape: Shape, value: Any, renames: Renames, place: _Place) -> Any:
    if shape.type_name == "structure":
        if isinstance(value, list) and {"Quantity", "Items"} <= shape.members.keys():
            # CloudFront's lists come with their length.
            return {"Quantity": len(value), "Items": _converted(shape.members["Items"], value, renames, place)}
        return _structure(shape, value, renames, place)
    if shape.type_name == "list":
        return _list(shape, value, renames, place)
    if shape.type_name == "map":
        if not isinstance(value, Mapping):
            raise PropertyError(place.shown, f"takes an object, not {_described(value)}")
        return {key: _converted(shape.value, item, renames, place.member(key)) for key, item in value.items()}
    return _SCALARS.get(shape.type_name, _unchanged)(shape, value, place)


def _list(shape: Shape, value: Any, renames: Renames, place: _Place) -> list[Any]:
    if isinstance(value, Mapping) and shape.member.type_name == "structure":
        key_member = _member_ending(shape.member, "key") or _member_ending(shape.member, "name")
        value_member = _member_ending(shape.member, "value")
        if key_member and value_member and len(shape.member.members) == 2:
            # An object in Pulumi, a list of pairs in most of AWS: of Key and Value, TagKey and TagValue, or, where a
            # metric has dimensions, Name and Value.
            return [{key_member: key, value_member: _string(None, item, place)} for key, item in value.items()]
    if not isinstance(value, list):
        raise PropertyError(place.shown, f"takes a list, not {_described(value)}")
    return [_converted(shape.member, item, renames, place.item(index)) for index, item in enumerate(value)]


def _member_called(shape: Shape, key: str) -> str | None:
    if shape.type_name == "map":
        return key
    wanted = key.lower()
    return next((member for member in shape.members if member.lower() == wanted), None)


def _member_ending(shape: Shape, name: str) -> str | None:
    return next((member for member in shape.members if member.lower().endswith(name)), None)


def _property_names(shape: Shape, renames: Renames, place: _Place) -> list[str]:
    names = [] if shape.type_name == "map" else [_property_name(member) for member in shape.members]
    for path in renames:
        parent, _, name = path.rpartition(".")
        if parent in (place.renamed, "*"):
            names.append(name)
    return names


def _property_name(member: str) -> str:
    return (member[0].lower() + member[1:]).replace("ARN", "Arn").replace("KMS", "Kms").replace("SSE", "Sse")


def _described(value: Any) -> str:
    if isinstance(value, Asset | Archive):
        return "an asset"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list) else f"{value!r}"


def _string(shape: Shape | None, value: Any, place: _Place) -> str:
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str | int | float):
        text = str(value)
    else:
        raise PropertyError(place.shown, f"takes text, not {_described(value)}")
    allowed = getattr(shape, "enum", None)
    if allowed and text not in allowed:
        raise PropertyError(place.shown, f"does not take {text!r}; {suggestion(text, allowed)}")
    return text


def _integer(_shape: Shape, value: Any, place: _Place) -> int:
    try:
        number = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        number = None
    if number is None or not number.is_integer():
        raise PropertyError(place.shown, f"takes a whole number, not {_described(value)}")
    return int(number)


def _number(_shape: Shape, value: Any, place: _Place) -> float:
    try:
        if not isinstance(value, bool):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise PropertyError(place.shown, f"takes a number, not {_described(value)}")


def _boolean(_shape: Shape, value: Any, place: _Place) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise PropertyError(place.shown, f"takes true or false, not {_described(value)}")


def _blob(_shape: Shape, value: Any, place: _Place) -> bytes:
    if isinstance(value, Asset | Archive):
        return value.read()
    if isinstance(value, str):
        return value.encode()
    raise PropertyError(place.shown, f"takes an asset, an archive or text, not {_described(value)}")


def _unchanged(_shape: Shape, value: Any, _place: _Place) -> Any:
    return value


# Pulumi's provider turns "5" into 5 and true into "true" where the API wants it, so that is no error here either.
_SCALARS: dict[str, Callable[[Shape, Any, _Place], Any]] = {
    "string": _string,
    "character": _string,
    "integer": _integer,
    "long": _integer,
    "double": _number,
    "float": _number,
    "boolean": _boolean,
    "blob": _blob,
}
