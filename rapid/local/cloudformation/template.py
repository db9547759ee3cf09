"""Reading a template: JSON with one resource, and no function but a reference to the account.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapid.local.clients import ACCOUNT_ID
from rapid.local.cloudformation.dashboard import TYPE
from rapid.local.service_error import ServiceError

_SECTIONS = ("AWSTemplateFormatVersion", "Description", "Resources")
_RESOURCE_ATTRIBUTES = ("Properties", "Type")
_ACCOUNT = "AWS::AccountId"


@dataclass(frozen=True)
class Template:
    """A template that was understood in full: one resource by its logical id, references replaced."""

    body: str
    description: str
    logical_id: str
    properties: Mapping[str, Any]


def validation_error(message: str) -> ServiceError:
    """Say that a request, or the template in it, does not make sense, or asks for what is not supported here.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
    """
    return ServiceError("ValidationError", message)


def not_supported(what: str) -> ServiceError:
    """Say that CloudFormation on AWS may do it, and that the local one does not."""
    return validation_error(f"The local cloud's CloudFormation does not support {what}")


def read_template(body: str) -> Template:
    """Understand a template; raises ServiceError as CloudFormation does, and for what is not supported here."""
    if not body.lstrip().startswith("{"):
        raise not_supported("templates in YAML; write JSON")
    try:
        content = json.loads(body)
    except ValueError as error:
        raise validation_error(f"Template format error: {error}") from error
    _only(content, _SECTIONS, "the template section {}")
    resources = content.get("Resources") or {}
    if not resources:
        raise validation_error("Template format error: At least one Resources member must be defined.")
    for name, resource in resources.items():
        if "Type" not in resource:
            raise validation_error(
                f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
            )
        if resource["Type"] != TYPE:
            raise not_supported(f"the resource type {resource['Type']} of {name}; it supports {TYPE}")
        _only(resource, _RESOURCE_ATTRIBUTES, f"the attribute {{}} of the resource {name}")
    if len(resources) > 1:
        raise not_supported(f"several resources in a stack ({', '.join(resources)}); make a stack of each")
    ((logical_id, resource),) = resources.items()
    return Template(body, content.get("Description", ""), logical_id, _resolved(resource.get("Properties", {})))


def _only(given: Mapping[str, Any], supported: tuple[str, ...], what: str) -> None:
    for name in given:
        if name not in supported:
            raise not_supported(what.format(name))


def _resolved(value: Any) -> Any:
    """Replace references to the account; raises ServiceError for any other function."""
    if isinstance(value, list):
        return [_resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("Ref") == _ACCOUNT:
        return ACCOUNT_ID
    for name in value:
        if name == "Ref":
            raise not_supported(f"a reference to {value['Ref']}, but to {_ACCOUNT} alone")
        if name.startswith("Fn::") or name == "Condition":
            raise not_supported(f"the function {name}; it supports Ref of {_ACCOUNT} alone")
    return {name: _resolved(item) for name, item in value.items()}
