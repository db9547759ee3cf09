"""Holds the members of a request against the service's model in botocore, and refuses in the words of AWS's validation.

Such as https://github.com/boto/boto3/issues/3229 and
https://repost.aws/knowledge-center/athena-query-string-length quote.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import ServiceModel, Shape
from werkzeug import Request

from .service_error import ServiceError

_SHOWN_CHARACTERS = 1024


def check(model: ServiceModel, operation: str, request: Request, code: str) -> None:
    """Raise ServiceError with this code if a member of a request in the JSON protocol crosses a bound, or is missing.

    What is no JSON object, or for no operation of the model, is left to others to refuse.
    """
    body = request.get_json(force=True, silent=True)
    if operation in model.operation_names and isinstance(body, dict):
        check_members(model, operation, body, code)


def check_members(model: ServiceModel, operation: str, members: Mapping[str, Any], code: str) -> None:
    """As `check`, for the members of a request in any protocol."""
    shape = model.operation_model(operation).input_shape
    found = list(_structure(shape, members, "")) if shape else []
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise ServiceError(code, f"{len(found)} validation {noun} detected: {'; '.join(found)}")


def violation(value: Any, member: str, constraint: str) -> str:
    """The message for one member that breaks a constraint which no model states."""
    return f"1 validation error detected: {_violated(value, member, constraint)}"


def _violations(shape: Shape, value: Any, at: str) -> Iterator[str]:
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            yield from _structure(shape, value, f"{at}.")
        case "list" if isinstance(value, list):
            yield from (_violated(value, at, it) for it in _crossed(shape, len(value), "length"))
            for position, item in enumerate(value, 1):
                yield from _violations(shape.member, item, f"{at}.{position}.member")
        case "map" if isinstance(value, dict):
            keys = dict.fromkeys(it for key in value for it in _broken(shape.key, key))
            if keys:
                yield _violated(value, at, f"Map keys must satisfy constraint: [{', '.join(keys)}]")
            for key, item in value.items():
                yield from _violations(shape.value, item, f"{at}.{key}.member")
        case "string" if isinstance(value, str):
            yield from (_violated(value, at, it) for it in _broken(shape, value))
        case "integer" | "long" | "float" | "double" if isinstance(value, int | float):
            yield from (_violated(value, at, it) for it in _crossed(shape, value, "value"))


def _structure(shape: Shape, members: Mapping[str, Any], at: str) -> Iterator[str]:
    for name in shape.required_members:
        if members.get(name) is None:
            yield _violated(None, f"{at}{_member(name)}", "Member must not be null")
    for name, value in members.items():
        if name in shape.members and value is not None:
            yield from _violations(shape.members[name], value, f"{at}{_member(name)}")


def _broken(shape: Shape, text: str) -> Iterator[str]:
    """The constraints that a text does not satisfy."""
    yield from _crossed(shape, len(text), "length")
    enumeration = getattr(shape, "enum", [])
    if enumeration and text not in enumeration:
        yield f"Member must satisfy enum value set: [{', '.join(enumeration)}]"
    pattern = _pattern(shape.metadata.get("pattern", ""))
    if pattern and not pattern.fullmatch(text):
        yield f"Member must satisfy regular expression pattern: {pattern.pattern}"


def _crossed(shape: Shape, size: float, measure: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"Member must have {measure} greater than or equal to {least}"
    if most is not None and size > most:
        yield f"Member must have {measure} less than or equal to {most}"


def _violated(value: Any, at: str, constraint: str) -> str:
    shown = "Value null" if value is None else f"Value '{value}'"
    if len(shown) > _SHOWN_CHARACTERS:
        shown = "Value"
    return f"{shown} at '{at}' failed to satisfy constraint: {constraint}"


def _member(name: str) -> str:
    return name[0].lower() + name[1:]


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """A pattern of a model; None where there is none, or Python cannot read what Java can."""
    try:
        return re.compile(text) if text else None
    except re.error:
        return None
