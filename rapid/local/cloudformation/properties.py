"""A resource's properties against the input shape of the operation that makes it.

CloudFormation names properties as the API does, letter case included, and answers all that is wrong at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

_NUMBERS = ("double", "float", "integer", "long")


def fit(shape: Shape, properties: Any, path: str, problems: list[str]) -> Any:
    """Return the properties as the operation takes them; says in `problems` what does not fit, and where."""
    if shape.type_name == "structure":
        return _structure(shape, properties, path, problems)
    if shape.type_name == "list":
        if not isinstance(properties, list):
            return _misfit(properties, "JSONArray", path, problems)
        return [fit(shape.member, item, f"{path}/{index}", problems) for index, item in enumerate(properties)]
    if shape.type_name == "map":
        if not isinstance(properties, Mapping):
            return _misfit(properties, "JSONObject", path, problems)
        return {key: fit(shape.value, item, f"{path}/{key}", problems) for key, item in properties.items()}
    return _scalar(shape, properties, path, problems)


def _structure(shape: Shape, properties: Any, path: str, problems: list[str]) -> Any:
    if not isinstance(properties, Mapping):
        return _misfit(properties, "JSONObject", path, problems)
    problems += [f"{path}: required key [{key}] not found" for key in shape.required_members if key not in properties]
    fitted = {}
    for key, value in properties.items():
        if key in shape.members:
            fitted[key] = fit(shape.members[key], value, f"{path}/{key}", problems)
        else:
            problems.append(f"{path}: extraneous key [{key}] is not permitted")
    return fitted


def _scalar(shape: Shape, value: Any, path: str, problems: list[str]) -> Any:
    if isinstance(value, list | Mapping) or value is None:
        return _misfit(value, "String", path, problems)
    if shape.type_name == "boolean":
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        return _misfit(value, "Boolean", path, problems)
    if shape.type_name in _NUMBERS:
        return _number(shape, value, path, problems)
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        problems.append(f"{path}: {value} is not a valid enum value")
    return str(value)


def _number(shape: Shape, value: Any, path: str, problems: list[str]) -> Any:
    try:
        number = float(value)
    except ValueError:
        return _misfit(value, "Number", path, problems)
    if shape.type_name in ("double", "float"):
        return number
    return int(number) if number.is_integer() else _misfit(value, "Integer", path, problems)


def _misfit(value: Any, expected: str, path: str, problems: list[str]) -> None:
    names = {dict: "JSONObject", list: "JSONArray", bool: "Boolean", int: "Integer", float: "Number", str: "String"}
    problems.append(f"{path}: expected type: {expected}, found: {names.get(type(value), 'Null')}")
