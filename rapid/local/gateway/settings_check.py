"""Refuses settings of APIs and stages that would not be acted on, by name.

Members: https://docs.aws.amazon.com/apigateway/latest/api/API_CreateRestApi.html and API_CreateStage.html; patches:
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

import json
import re
from typing import Any

from werkzeug import Request

from ..service_error import ServiceError
from .limits import bad_request

_REST_APIS = re.compile(r"/restapis/?")
_REST_API = re.compile(r"/restapis/[^/]+/?")
_STAGES_OR_DEPLOYMENTS = re.compile(r"/restapis/[^/]+/(stages|deployments)/?")
_STAGE = re.compile(r"/restapis/[^/]+/stages/[^/]+/?")

_API_MEMBERS = {"name", "description", "version", "endpointConfiguration", "tags", "apiKeySource"}
_STAGE_MEMBERS = {"stageName", "stageDescription", "deploymentId", "description", "tags"}
_API_PATCHES = re.compile(r"/(name|description|endpointConfiguration/types(/.*)?)")
_STAGE_PATCHES = re.compile(
    r"/(deploymentId|description)|/[^/]+/[A-Z*]+/(throttling/(rateLimit|burstLimit)|metrics/enabled)"
)
_ACCESS_LOG_PATCHES = {
    ("replace", "/accessLogSettings/destinationArn"),
    ("replace", "/accessLogSettings/format"),
    ("remove", "/accessLogSettings"),
}


def check(request: Request) -> None:
    """Raises ServiceError that names the setting."""
    path = request.path
    if request.method == "POST" and _REST_APIS.fullmatch(path):
        members = body(request)
        _check_members(members, _API_MEMBERS)
        if members.get("apiKeySource", "HEADER") != "HEADER":
            raise _unsupported(f"apiKeySource {members['apiKeySource']!r}")
    elif request.method == "POST" and _STAGES_OR_DEPLOYMENTS.fullmatch(path):
        _check_members(body(request), _STAGE_MEMBERS)
    elif request.method == "PATCH" and _REST_API.fullmatch(path):
        _check_patches(body(request), _API_PATCHES)
    elif request.method == "PATCH" and _STAGE.fullmatch(path):
        _check_patches(body(request), _STAGE_PATCHES)


def body(request: Request) -> dict[str, Any]:
    """What a request to the control plane holds; empty where that is not JSON, such as a document in YAML."""
    try:
        found: dict[str, Any] = json.loads(request.get_data() or b"{}")
    except ValueError:
        return {}
    return found


def _check_members(members: dict[str, Any], known: set[str]) -> None:
    # What is empty or false asks for nothing.
    unknown = sorted(name for name, value in members.items() if value and name not in known)
    if unknown:
        raise _unsupported(", ".join(unknown))


def _check_patches(members: dict[str, Any], known: re.Pattern[str]) -> None:
    for patch in members.get("patchOperations", []):
        operation, path = patch.get("op"), patch.get("path", "")
        if not (operation == "replace" and known.fullmatch(path)) and (operation, path) not in _ACCESS_LOG_PATCHES:
            raise _unsupported(f"the patch {operation} {path}")


def _unsupported(what: str) -> ServiceError:
    return bad_request(f"The local cloud's API Gateway does not support {what}")
