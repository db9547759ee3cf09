"""Refuses settings of APIs and stages that would not be acted on, by name.

Members: https://docs.aws.amazon.com/apigateway/latest/api/API_CreateRestApi.html and API_CreateStage.html; patches:
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

import json
import re
from typing import Any

from werkzeug import Request

from ..service_error import ServiceError

_REST_APIS = re.compile(r"/restapis/?")
_REST_API = re.compile(r"/restapis/[^/]+/?")
_STAGES_OR_DEPLOYMENTS = re.compile(r"/restapis/[^/]+/(stages|deployments)/?")
_STAGE = re.compile(r"/restapis/[^/]+/stages/[^/]+/?")

_API_MEMBERS = {"name", "description", "version", "endpointConfiguration", "tags", "apiKeySource"}
_STAGE_MEMBERS = {"stageName", "stageDescription", "deploymentId", "description", "variables", "tags"}
_API_PATCHES = re.compile(r"/(name|description|endpointConfiguration/types(/.*)?)")
_STAGE_PATCHES = re.compile(r"/(deploymentId|description)|/[^/]+/[A-Z*]+/throttling/(rateLimit|burstLimit)")
_VARIABLE_PATCHES = re.compile(r"/variables/\w+")


def check(request: Request) -> None:
    """Raises ServiceError that names the setting."""
    path = request.path
    if request.method == "POST" and _REST_APIS.fullmatch(path):
        body = _body(request)
        _check_members(body, _API_MEMBERS)
        if body.get("apiKeySource", "HEADER") != "HEADER":
            raise _unsupported(f"apiKeySource {body['apiKeySource']!r}")
    elif request.method == "POST" and _STAGES_OR_DEPLOYMENTS.fullmatch(path):
        _check_members(_body(request), _STAGE_MEMBERS)
    elif request.method == "PATCH" and _REST_API.fullmatch(path):
        _check_patches(_body(request), _API_PATCHES)
    elif request.method == "PATCH" and _STAGE.fullmatch(path):
        _check_patches(_body(request), _STAGE_PATCHES)


def _body(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(request.get_data() or b"{}")
    return body


def _check_members(body: dict[str, Any], known: set[str]) -> None:
    # What is empty or false asks for nothing.
    unknown = sorted(name for name, value in body.items() if value and name not in known)
    if unknown:
        raise _unsupported(", ".join(unknown))


def _check_patches(body: dict[str, Any], known: re.Pattern[str]) -> None:
    for patch in body.get("patchOperations", []):
        operation, path = patch.get("op"), patch.get("path", "")
        is_known = operation == "replace" and known.fullmatch(path)
        if not is_known and not (operation in ("replace", "remove") and _VARIABLE_PATCHES.fullmatch(path)):
            raise _unsupported(f"the patch {operation} {path}")


def _unsupported(what: str) -> ServiceError:
    return ServiceError("BadRequestException", f"The local cloud's API Gateway does not support {what}")
