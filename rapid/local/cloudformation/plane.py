"""CloudFormation's API in the query protocol.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html,
https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from werkzeug import Request, Response

from rapid.local.clients import Clients
from rapid.local.cloudformation.stacks import Event, Stack, Stacks
from rapid.local.cloudformation.template import Template, not_supported, read_template, validation_error
from rapid.local.input_constraints import violation
from rapid.local.server.planes import Forward
from rapid.local.service_error import Protocol, ServiceError, error_response

_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
_STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
_TAG = re.compile(r"Tags\.member\.(\d+)\.(Key|Value)")
_MAX_TEMPLATE_BYTES = 51_200
# Capabilities that were asked for are granted: nothing here makes IAM resources.
_MAKING = ("Capabilities", "ClientRequestToken", "StackName", "Tags", "TemplateBody")
_ARGUMENTS = {
    "CreateStack": _MAKING,
    "DeleteStack": ("ClientRequestToken", "StackName"),
    "DescribeStackEvents": ("NextToken", "StackName"),
    "DescribeStacks": ("NextToken", "StackName"),
    "GetTemplate": ("StackName", "TemplateStage"),
    "UpdateStack": _MAKING,
}
_Form = Mapping[str, str]


class CloudFormationPlane:
    """Answers requests to CloudFormation; makes the resources of stacks through the other services' APIs."""

    def __init__(self, clients: Clients) -> None:
        self._stacks = Stacks(clients)

    def handle(self, request: Request, _forward: Forward | None = None) -> Response:
        """Answer a request; nothing is left to moto."""
        # Read here rather than by werkzeug, whose limit for forms would answer before CloudFormation's own does.
        form = {**request.args, **dict(parse_qsl(request.get_data(as_text=True), keep_blank_values=True))}
        action = form.get("Action", "")
        try:
            if action not in _ARGUMENTS:
                raise not_supported(f"the action {action}; it supports {', '.join(_ARGUMENTS)}")
            for name in {given.split(".", 1)[0] for given in form} - {"Action", "Version"}:
                if name not in _ARGUMENTS[action]:
                    raise not_supported(f"the parameter {name} of this action")
            result = self._result(action, form)
        except ServiceError as error:
            return error_response(error, Protocol.QUERY, "cloudformation")
        request_id = str(uuid.uuid4())
        root = ElementTree.Element(f"{action}Response", xmlns=_NAMESPACE)
        _add(root, f"{action}Result", result)
        _add(root, "ResponseMetadata", {"RequestId": request_id})
        content = ElementTree.tostring(root, encoding="utf-8")
        return Response(content, headers={"x-amzn-RequestId": request_id}, content_type="text/xml")

    def _result(self, action: str, form: _Form) -> dict[str, Any]:
        if action == "DescribeStacks" and "StackName" not in form:
            return {"Stacks": [_shown(stack) for stack in self._stacks.living()]}
        name = _needed(form, "StackName")
        match action:
            case "CreateStack":
                return {"StackId": self._create(name, form).id}
            case "DeleteStack":
                self._stacks.delete(name)
                return {}
            case "UpdateStack":
                return {"StackId": self._update(name, form).id}
        stack = self._stacks.find(name)
        if action == "DescribeStackEvents":
            return {"StackEvents": [_shown_event(stack, event) for event in reversed(stack.events)]}
        if action == "GetTemplate":
            return {"StagesAvailable": ["Original", "Processed"], "TemplateBody": stack.template.body}
        return {"Stacks": [_shown(stack)]}

    def _create(self, name: str, form: _Form) -> Stack:
        if not _STACK_NAME.fullmatch(name):
            pattern = "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            raise validation_error(violation(name, "stackName", pattern))
        return self._stacks.create(name, _template(form), _tags(form) or {})

    def _update(self, name: str, form: _Form) -> Stack:
        try:
            stack = self._stacks.find(name)
        except ServiceError:
            raise validation_error(f"Stack [{name}] does not exist") from None
        tags = _tags(form)
        self._stacks.update(stack, _template(form), stack.tags if tags is None else tags)
        return stack


def _needed(form: _Form, name: str) -> str:
    if not form.get(name):
        raise validation_error(violation(None, name[0].lower() + name[1:], "Member must not be null"))
    return form[name]


def _template(form: _Form) -> Template:
    body = _needed(form, "TemplateBody")
    if len(body.encode()) > _MAX_TEMPLATE_BYTES:
        longest = f"Member must have length less than or equal to {_MAX_TEMPLATE_BYTES}"
        raise validation_error(violation(body, "templateBody", longest))
    return read_template(body)


def _tags(form: _Form) -> dict[str, str] | None:
    """The tags of a request; None where it says nothing of tags."""
    if not any(name.startswith("Tags") for name in form):
        return None
    tags: dict[str, dict[str, str]] = {}
    for name, text in form.items():
        if match := _TAG.fullmatch(name):
            tags.setdefault(match[1], {})[match[2]] = text
    return {tag["Key"]: tag["Value"] for tag in tags.values()}


def _shown(stack: Stack) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": stack.template.description or None,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason or None,
        "DisableRollback": False,
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
    }


def _shown_event(stack: Stack, event: Event) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "EventId": event.id,
        "StackName": stack.name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": event.time,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason or None,
    }


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
