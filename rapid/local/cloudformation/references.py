"""The functions of a template: Ref, Fn::GetAtt, Fn::Join and Fn::Sub; any other is refused by name.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rapid.local.cloudformation.errors import ResourceFailure, not_supported, validation_error

PSEUDO_PARAMETERS = (
    "AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName",
    "AWS::URLSuffix",
)  # fmt: skip

_SUPPORTED = ("Fn::GetAtt", "Fn::Join", "Fn::Sub", "Ref")
_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
_REMOVED = object()


@dataclass
class Scope:
    """What names mean: parameters to their values, resources to their physical ids and attributes."""

    values: dict[str, str]
    physical_ids: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def resolve(self, value: Any) -> Any:
        """Replace the functions in a value; raises ResourceFailure for an attribute that does not exist."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _REMOVED]
        if not isinstance(value, dict):
            return value
        function = _function_of(value)
        if function is None:
            resolved = {key: self.resolve(item) for key, item in value.items()}
            return {key: item for key, item in resolved.items() if item is not _REMOVED}
        argument = value[function]
        if function == "Ref":
            return _REMOVED if argument == "AWS::NoValue" else self._reference(argument)
        if function == "Fn::GetAtt":
            return self._attribute(*_attribute_of(argument))
        if function == "Fn::Join":
            delimiter, items = argument
            return str(delimiter).join(str(item) for item in self.resolve(items))
        return self._substitute(argument)

    def _reference(self, name: str) -> str:
        return self.values[name] if name in self.values else self.physical_ids[name]

    def _attribute(self, resource: str, attribute: str) -> str:
        try:
            return self.attributes[resource][attribute]
        except KeyError as error:
            raise ResourceFailure(f"Attribute '{attribute}' of {resource} does not exist in the local cloud") from error

    def _substitute(self, argument: Any) -> str:
        text, variables = _substitution_of(argument)
        own = {name: str(self.resolve(value)) for name, value in variables.items()}

        def replacement(match: re.Match[str]) -> str:
            is_literal, name = match.groups()
            if is_literal:
                return f"${{{name}}}"
            if name in own:
                return own[name]
            return self._attribute(*name.split(".", 1)) if "." in name else self._reference(name)

        return _VARIABLE.sub(replacement, text)


def references(value: Any) -> set[str]:
    """Return the names of all parameters and resources that a value refers to."""
    return set(_references(value))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    if not isinstance(value, dict):
        return
    function = _function_of(value)
    if function == "Ref":
        if not isinstance(value[function], str):
            raise validation_error("Template format error: every Ref object must have a single String value.")
        yield value[function]
    elif function == "Fn::GetAtt":
        yield _attribute_of(value[function])[0]
    elif function == "Fn::Join":
        _require_join(value[function])
        yield from _references(value[function][1])
    elif function == "Fn::Sub":
        text, variables = _substitution_of(value[function])
        yield from _references(list(variables.values()))
        names = (name for is_literal, name in _VARIABLE.findall(text) if not is_literal)
        yield from (name if "::" in name else name.split(".")[0] for name in names if name not in variables)
    else:
        for item in value.values():
            yield from _references(item)


def _function_of(value: Mapping[str, Any]) -> str | None:
    """Return the function that an object stands for, if it is one; raises ServiceError if it is not supported."""
    if len(value) != 1:
        return None
    (key,) = value
    if key in _SUPPORTED:
        return key
    if isinstance(key, str) and (key.startswith("Fn::") or key == "Condition"):
        raise not_supported(f"the function {key}; it supports {', '.join(_SUPPORTED)}")
    return None


def _attribute_of(argument: Any) -> tuple[str, str]:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        raise validation_error("Template error: every Fn::GetAtt object requires two non-empty parameters")
    return parts[0], parts[1]


def _require_join(argument: Any) -> None:
    is_pair = isinstance(argument, list) and len(argument) == 2
    if not is_pair or not isinstance(argument[0], str) or not isinstance(argument[1], list):
        raise validation_error(
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and "
            "(2) a list of strings to be joined"
        )


def _substitution_of(argument: Any) -> tuple[str, dict[str, Any]]:
    text, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    if not isinstance(text, str) or not isinstance(variables, dict):
        raise validation_error(
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a "
            "string as first argument, and an optional second argument to specify a mapping of values"
        )
    return text, variables
