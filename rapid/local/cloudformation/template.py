"""Reading a template: JSON or YAML, its parameters, its resources in the order they can be made, its outputs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

import graphlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from rapid.local.cloudformation.errors import not_supported, validation_error
from rapid.local.cloudformation.references import PSEUDO_PARAMETERS, references

_SECTIONS = ("AWSTemplateFormatVersion", "Description", "Metadata", "Outputs", "Parameters", "Resources")
_RESOURCE_ATTRIBUTES = ("DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdateReplacePolicy")
_PARAMETER_ATTRIBUTES = ("Default", "Description", "NoEcho", "Type")
_PARAMETER_TYPES = ("Number", "String")


@dataclass(frozen=True)
class Template:
    """A template that was understood in full."""

    description: str
    parameters: Mapping[str, Mapping[str, Any]]
    resources: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Any]
    order: tuple[str, ...]

    def parameter_values(self, given: Mapping[str, str]) -> dict[str, str]:
        """Complete what was given with defaults; raises ServiceError for a missing or undeclared parameter."""
        unknown = sorted(set(given) - set(self.parameters))
        if unknown:
            raise validation_error(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
        defaults = {name: str(item["Default"]) for name, item in self.parameters.items() if "Default" in item}
        values = {**defaults, **given}
        missing = sorted(set(self.parameters) - set(values))
        if missing:
            raise validation_error(f"Parameters: [{', '.join(missing)}] must have values")
        return values


def read_template(body: str, supported_types: Collection[str]) -> Template:
    """Understand a template; raises ServiceError as CloudFormation does, and for what is not supported here."""
    content = _parse(body)
    for section in content:
        if section not in _SECTIONS:
            raise not_supported(f"the template section {section}")
    resources = _section(content, "Resources")
    if not resources:
        raise validation_error("Template format error: At least one Resources member must be defined.")
    for name, resource in resources.items():
        _check_resource(name, resource, supported_types)
    parameters = _section(content, "Parameters")
    for name, parameter in parameters.items():
        _check_parameter(name, parameter)
    outputs = _section(content, "Outputs")
    _check_outputs(outputs, resources, parameters)
    order = _order(resources, parameters)
    return Template(str(content.get("Description", "")), parameters, resources, outputs, order)


def _parse(body: str) -> dict[str, Any]:
    try:
        content = json.loads(body) if body.lstrip().startswith("{") else yaml.load(body, Loader=_TemplateLoader)
    except (ValueError, yaml.YAMLError) as error:
        raise validation_error(f"Template format error: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise validation_error("Template format error: unsupported structure.")
    return content


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (`!Ref`, `!Sub`); dates stay text, as in `2010-09-09`."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {"Ref" if suffix == "Ref" else f"Fn::{suffix}": value}


_TemplateLoader.add_multi_constructor("!", _short_form)


def _section(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict) or not all(isinstance(item, dict) for item in section.values()):
        raise validation_error(f"Template format error: Every {name} member must be an object.")
    return section


def _check_resource(name: str, resource: Mapping[str, Any], supported_types: Collection[str]) -> None:
    if "Type" not in resource:
        raise validation_error(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
        )
    if resource["Type"] not in supported_types:
        known = ", ".join(sorted(supported_types))
        raise not_supported(f"the resource type {resource['Type']} of {name}; it supports {known}")
    for attribute in resource:
        if attribute not in _RESOURCE_ATTRIBUTES:
            raise not_supported(f"the attribute {attribute} of the resource {name}")


def _check_parameter(name: str, parameter: Mapping[str, Any]) -> None:
    if parameter.get("Type") not in _PARAMETER_TYPES:
        raise not_supported(f"the type {parameter.get('Type')} of the parameter {name}")
    for attribute in parameter:
        if attribute not in _PARAMETER_ATTRIBUTES:
            raise not_supported(f"the attribute {attribute} of the parameter {name}")


def _check_outputs(outputs: Mapping[str, Any], resources: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    for name, output in outputs.items():
        if "Value" not in output:
            raise validation_error(
                f"Template format error: Output {name} is malformed. The Value attribute is required."
            )
        for attribute in output:
            if attribute not in ("Description", "Value"):
                raise not_supported(f"the attribute {attribute} of the output {name}")
        _refuse_unresolved(references(output["Value"]) - {*resources, *parameters, *PSEUDO_PARAMETERS}, "Outputs")


def _order(resources: Mapping[str, Mapping[str, Any]], parameters: Mapping[str, Any]) -> tuple[str, ...]:
    graph: dict[str, set[str]] = {}
    for name, resource in resources.items():
        depends_on = resource.get("DependsOn", [])
        needed = references(resource.get("Properties")) - {*parameters, *PSEUDO_PARAMETERS}
        graph[name] = needed | ({depends_on} if isinstance(depends_on, str) else set(depends_on))
    _refuse_unresolved(set().union(*graph.values()) - set(resources), "Resources")
    try:
        return tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        cycle = ", ".join(sorted(set(error.args[1])))
        raise validation_error(f"Circular dependency between resources: [{cycle}]") from error


def _refuse_unresolved(names: set[str], block: str) -> None:
    if names:
        listed = ", ".join(sorted(names))
        raise validation_error(
            f"Template format error: Unresolved resource dependencies [{listed}] in the {block} block of the template"
        )
