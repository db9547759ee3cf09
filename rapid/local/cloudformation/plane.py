"""CloudFormation's API in the query protocol.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from werkzeug import Request, Response

from rapid.local.clients import Clients
from rapid.local.cloudformation import answers
from rapid.local.cloudformation.errors import not_supported, validation_error
from rapid.local.cloudformation.requests import Arguments
from rapid.local.cloudformation.stack import OnFailure, Stack, Wish
from rapid.local.cloudformation.stacks import SUPPORTED_TYPES, Stacks
from rapid.local.cloudformation.template import read_template
from rapid.local.input_constraints import violation
from rapid.local.service_error import Protocol, ServiceError, error_response

_STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
_MAX_TEMPLATE_BYTES = 51_200
# Roles, capabilities and time limits that were asked for are granted: creation neither waits nor makes IAM resources.
_CREATE_ARGUMENTS = (
    "Capabilities", "ClientRequestToken", "DisableRollback", "OnFailure", "Parameters", "RoleARN", "StackName", "Tags",
    "TemplateBody", "TimeoutInMinutes",
)  # fmt: skip
_UPDATE_ARGUMENTS = (
    "Capabilities", "ClientRequestToken", "Parameters", "RoleARN", "StackName", "Tags", "TemplateBody",
)  # fmt: skip


class CloudFormationPlane:
    """Answers requests to CloudFormation; makes the resources of stacks through the other services' APIs."""

    def __init__(self, clients: Clients) -> None:
        self._stacks = Stacks(clients)
        self._actions: dict[str, Callable[[Arguments], dict[str, Any]]] = {
            "CreateStack": self._create_stack,
            "DeleteStack": self._delete_stack,
            "DescribeStackEvents": self._describe_stack_events,
            "DescribeStackResources": self._describe_stack_resources,
            "DescribeStacks": self._describe_stacks,
            "GetTemplate": self._get_template,
            "UpdateStack": self._update_stack,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        # Read here rather than by werkzeug, whose limit for forms would answer before CloudFormation's own does.
        form = {**request.args, **dict(parse_qsl(request.get_data(as_text=True), keep_blank_values=True))}
        action = form.get("Action", "")
        try:
            if action not in self._actions:
                raise not_supported(f"the action {action}; it supports {', '.join(sorted(self._actions))}")
            result = self._actions[action](Arguments(form))
        except ServiceError as error:
            return error_response(error, Protocol.QUERY, "cloudformation")
        request_id = str(uuid.uuid4())
        content = answers.success(action, result, request_id)
        return Response(content, headers={"x-amzn-RequestId": request_id}, content_type="text/xml")

    def _create_stack(self, arguments: Arguments) -> dict[str, Any]:
        arguments.allow(*_CREATE_ARGUMENTS)
        name = arguments.need("StackName")
        if not _STACK_NAME.fullmatch(name):
            pattern = "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            raise validation_error(violation(name, "stackName", pattern))
        return {"StackId": self._stacks.create(name, _wish(arguments), _on_failure(arguments)).id}

    def _update_stack(self, arguments: Arguments) -> dict[str, Any]:
        arguments.allow(*_UPDATE_ARGUMENTS)
        name = arguments.need("StackName")
        if not self._stacks.exists(name):
            raise validation_error(f"Stack [{name}] does not exist")
        stack = self._stacks.find(name)
        self._stacks.update(stack, _wish(arguments, stack))
        return {"StackId": stack.id}

    def _delete_stack(self, arguments: Arguments) -> dict[str, Any]:
        arguments.allow("ClientRequestToken", "RoleARN", "StackName")
        self._stacks.delete(arguments.need("StackName"))
        return {}

    def _describe_stacks(self, arguments: Arguments) -> dict[str, Any]:
        arguments.allow("NextToken", "StackName")
        name = arguments.get("StackName")
        stacks = [self._stacks.find(name)] if name else self._stacks.living()
        return {"Stacks": [answers.stack(item) for item in stacks]}

    def _describe_stack_resources(self, arguments: Arguments) -> dict[str, Any]:
        arguments.allow("LogicalResourceId", "StackName")
        stack = self._stacks.find(arguments.need("StackName"))
        logical_id = arguments.get("LogicalResourceId")
        if logical_id and logical_id not in stack.resources:
            raise validation_error(f"Resource {logical_id} does not exist for stack {stack.name}")
        resources = [item for item in stack.resources.values() if logical_id in (None, item.logical_id)]
        return {"StackResources": [answers.resource(stack, item) for item in resources]}

    def _describe_stack_events(self, arguments: Arguments) -> dict[str, Any]:
        arguments.allow("NextToken", "StackName")
        stack = self._stacks.find(arguments.need("StackName"))
        return {"StackEvents": [answers.event(stack, item) for item in reversed(stack.events)]}

    def _get_template(self, arguments: Arguments) -> dict[str, Any]:
        arguments.allow("StackName", "TemplateStage")
        stack = self._stacks.find(arguments.need("StackName"))
        return {"StagesAvailable": ["Original", "Processed"], "TemplateBody": stack.wish.template_body}


def _wish(arguments: Arguments, stack: Stack | None = None) -> Wish:
    """What is asked of a stack; one that exists keeps the tags and the role that are not given."""
    body = arguments.need("TemplateBody")
    if len(body.encode()) > _MAX_TEMPLATE_BYTES:
        longest = f"Member must have length less than or equal to {_MAX_TEMPLATE_BYTES}"
        raise validation_error(violation(body, "templateBody", longest))
    template = read_template(body, SUPPORTED_TYPES)
    parameters = template.parameter_values(arguments.pairs("Parameters", "ParameterKey", "ParameterValue"))
    tags, role_arn = arguments.pairs("Tags", "Key", "Value"), arguments.get("RoleARN")
    if stack and not arguments.has("Tags"):
        tags = dict(stack.wish.tags)
    return Wish(body, template, parameters, tags, role_arn or (stack.wish.role_arn if stack else None))


def _on_failure(arguments: Arguments) -> OnFailure:
    chosen = arguments.choice("OnFailure", [item.value for item in OnFailure], OnFailure.ROLLBACK.value)
    return OnFailure.DO_NOTHING if arguments.get("DisableRollback") == "true" else OnFailure(chosen)
