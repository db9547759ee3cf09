"""Answers in the query protocol's XML.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from rapid.local.cloudformation.stack import Event, OnFailure, Resource, Stack

_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


def success(action: str, result: Mapping[str, Any], request_id: str) -> bytes:
    """Render the answer to an action."""
    root = ElementTree.Element(f"{action}Response", xmlns=_NAMESPACE)
    _add(root, f"{action}Result", result)
    _add(root, "ResponseMetadata", {"RequestId": request_id})
    return ElementTree.tostring(root, encoding="utf-8")


def stack(item: Stack) -> dict[str, Any]:
    """Return a stack as DescribeStacks has it."""
    return {
        "StackId": item.id,
        "StackName": item.name,
        "Description": item.wish.template.description or None,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": "****" if _is_hidden(item, key) else value}
            for key, value in item.wish.parameters.items()
        ],
        "CreationTime": item.created,
        "LastUpdatedTime": item.updated,
        "DeletionTime": item.deleted,
        "StackStatus": item.status,
        "StackStatusReason": item.reason or None,
        "DisableRollback": item.on_failure is OnFailure.DO_NOTHING,
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in item.outputs.items()],
        "RoleARN": item.wish.role_arn,
        "Tags": [{"Key": key, "Value": value} for key, value in item.wish.tags.items()],
    }


def resource(owner: Stack, item: Resource) -> dict[str, Any]:
    """Return a resource as DescribeStackResources has it."""
    return {
        "StackName": owner.name,
        "StackId": owner.id,
        "LogicalResourceId": item.logical_id,
        "PhysicalResourceId": item.physical_id or None,
        "ResourceType": item.type,
        "Timestamp": item.changed,
        "ResourceStatus": item.status,
        "ResourceStatusReason": item.reason or None,
    }


def event(owner: Stack, item: Event) -> dict[str, Any]:
    """Return an event as DescribeStackEvents has it."""
    return {
        "StackId": owner.id,
        "EventId": item.id,
        "StackName": owner.name,
        "LogicalResourceId": item.logical_id,
        "PhysicalResourceId": item.physical_id or None,
        "ResourceType": item.type,
        "Timestamp": item.time,
        "ResourceStatus": item.status,
        "ResourceStatusReason": item.reason or None,
    }


def _is_hidden(item: Stack, parameter: str) -> bool:
    return str(item.wish.template.parameters.get(parameter, {}).get("NoEcho", "")).lower() == "true"


def _add(parent: ElementTree.Element, name: str, value: Any) -> None:
    if value is None:
        return
    element = ElementTree.SubElement(parent, name)
    if isinstance(value, Mapping):
        for key, item in value.items():
            _add(element, key, item)
    elif isinstance(value, list):
        for item in value:
            _add(element, "member", item)
    elif isinstance(value, datetime):
        element.text = value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
