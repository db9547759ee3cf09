"""QuickSight's API: groups, users and the account's settings are moto's, all the rest is ours.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from botocore.model import ServiceModel
from werkzeug import Request, Response

from .. import input_constraints
from ..iam import operations
from ..server.planes import Forward
from ..service_error import ServiceError, unsupported
from .errors import exists, invalid, not_found
from .groups import Groups
from .registry import Operations, Registry, Resource

_MAX_PAGE = 100
_OF_MOTO = frozenset(
    {
        "CreateGroup",
        "CreateGroupMembership",
        "DeleteGroup",
        "DeleteUser",
        "DescribeAccountSettings",
        "DescribeGroup",
        "DescribeGroupMembership",
        "DescribeUser",
        "ListGroupMemberships",
        "ListGroups",
        "ListUserGroups",
        "ListUsers",
        "RegisterUser",
        "SearchGroups",
        "UpdateAccountSettings",
        "UpdateGroup",
        "UpdateUser",
    }
)


class QuickSightService:
    """Answers requests: by an operation of ours, by moto, or with a refusal that names what is not supported."""

    def __init__(self, model: ServiceModel, registry: Registry, groups: Groups, ours: Operations) -> None:
        self._model = model
        self._registry = registry
        self._groups = groups
        self._operations: Operations = {
            **ours,
            "ListTagsForResource": self._tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request; raises ServiceError."""
        name, parameters = operations.rest_operation("quicksight", request) or ("", {})
        asked = {**_body(request), **parameters}
        if name in _OF_MOTO:
            input_constraints.check_members(self._model, name, asked, "InvalidParameterValueException")
            self._check_group(name, asked)
            return forward()
        if name not in self._operations:
            raise unsupported(f"QuickSight's {name or f'{request.method} {request.path}'}")
        if name == "UntagResource":
            asked["TagKeys"] = request.args.getlist("keys")
        for number in ("MaxResults", "VersionNumber"):
            if number in asked:
                asked[number] = _number(number, asked[number])
        input_constraints.check_members(self._model, name, asked, "InvalidParameterValueException")
        answer = self._operations[name](asked)
        if name.startswith("List"):
            answer = _page(answer, asked)
        return Response(json.dumps({**answer, "RequestId": str(uuid.uuid4())}), content_type="application/json")

    def _check_group(self, name: str, asked: dict[str, Any]) -> None:
        """Raise ServiceError for what moto does not mind of groups."""
        if asked.get("Namespace", self._groups.space) != self._groups.space:
            raise not_found("Namespace", asked["Namespace"])
        if name == "CreateGroup" and asked["GroupName"] in self._groups.names():
            raise exists("Group", asked["GroupName"])
        if name in ("DeleteGroup", "UpdateGroup"):
            self._groups.arn(asked["GroupName"])

    def _tagged(self, asked: dict[str, Any]) -> Resource:
        found = self._registry.of_arn(asked["ResourceArn"])
        if found is None:
            raise not_found("Resource", asked["ResourceArn"])
        return found

    def _tags(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"Tags": [{"Key": key, "Value": value} for key, value in self._tagged(asked).tags.items()]}

    def _tag(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._tagged(asked).tags |= {tag["Key"]: tag["Value"] for tag in asked["Tags"]}
        return {}

    def _untag(self, asked: dict[str, Any]) -> dict[str, Any]:
        for key in asked["TagKeys"]:
            self._tagged(asked).tags.pop(key, None)
        return {}


def _body(request: Request) -> dict[str, Any]:
    body = request.get_json(force=True, silent=True) or {}
    if not isinstance(body, dict):
        raise ServiceError("SerializationException", "The request body is not a JSON object")
    return body


def _number(name: str, given: Any) -> int:
    try:
        return int(given)
    except (TypeError, ValueError):
        raise invalid(f"{name} {given} is not a number") from None


def _page(answer: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """A page of what is listed."""
    ((member, found),) = answer.items()
    token, size = str(asked.get("NextToken") or "0"), asked.get("MaxResults") or _MAX_PAGE
    if not token.isdecimal():
        raise invalid("NextToken is not valid")
    start = int(token)
    page = {member: found[start : start + size]}
    return {**page, "NextToken": str(start + size)} if len(found) > start + size else page
