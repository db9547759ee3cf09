"""API Gateway's control plane: OpenAPI documents and their deployments are kept here, all else by moto.

PutRestApi: https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html; a deployment is a snapshot:
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
"""

import contextlib
import json
import re
import threading
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from werkzeug import Request, Response

from ..clients import Clients
from ..server.planes import Forward
from ..service_error import ServiceError
from . import exports, limits, openapi, settings_check
from .access_log import LoggingSettings
from .api import RestApi
from .stages import Stages

_REST_API = re.compile(r"/restapis/(?P<id>[^/]+)/?")
_DEPLOYMENTS = re.compile(r"/restapis/(?P<id>[^/]+)/deployments/?")
_STAGES = re.compile(r"/restapis/(?P<id>[^/]+)/stages/?")
_STAGE = re.compile(r"/restapis/(?P<id>[^/]+)/stages/(?P<stage>[^/]+)/?")
_EXPORT = re.compile(r"/restapis/(?P<id>[^/]+)/stages/(?P<stage>[^/]+)/exports/(?P<type>[^/]+)/?")
_ACCOUNT = re.compile(r"/account/?")
_API_KEYS = re.compile(r"/apikeys/?")
_PART = re.compile(
    r"/restapis/[^/]+/(?P<part>authorizers|documentation|gatewayresponses|models|requestvalidators|resources)(/.*)?"
)


class Definitions:
    """What the REST APIs are defined to be, and what of that was deployed."""

    def __init__(self, clients: Clients, logging: LoggingSettings) -> None:
        self._clients = clients
        self._logging = logging
        self._documents: dict[str, dict[str, Any]] = {}
        self._deployments: dict[tuple[str, str], RestApi] = {}
        self._deployed_documents: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = threading.Lock()
        self.stages = Stages(clients.region, self._deployments, logging)

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request to the API Gateway API."""
        if request.method == "GET":
            asked = _EXPORT.fullmatch(request.path)
            return self._export(asked["id"], asked["stage"], asked["type"], request) if asked else forward()
        try:
            return self._write(request, forward)
        finally:
            self.stages.forget()

    def _write(self, request: Request, forward: Forward) -> Response:
        path = request.path
        settings_check.check(request)
        if part := _PART.fullmatch(path):
            message = f"The local cloud defines REST APIs by an OpenAPI document (PutRestApi), not by {part['part']}"
            raise ServiceError("BadRequestException", message)
        if request.method == "POST" and path.rstrip("/") == "/restapis" and request.args.get("mode") == "import":
            message = "The local cloud does not support ImportRestApi; use CreateRestApi and PutRestApi"
            raise ServiceError("BadRequestException", message)
        if request.method == "PATCH" and _ACCOUNT.fullmatch(path):
            return self._update_account(request, forward)
        if request.method == "PUT" and (match := _REST_API.fullmatch(path)):
            return self._put(match["id"], request, forward)
        # Of what does not exist, moto says so.
        with contextlib.suppress(ClientError):
            self._check_quotas(request)
        if request.method == "POST" and (match := _DEPLOYMENTS.fullmatch(path)):
            return self._deploy(match["id"], forward)
        response = forward()
        if request.method == "DELETE" and response.status_code < 300 and (match := _REST_API.fullmatch(path)):
            self._forget_api(match["id"])
        return response

    def _update_account(self, request: Request, forward: Forward) -> Response:
        patches = settings_check.body(request).get("patchOperations", [])
        self._logging.check_account(patches)
        # Without a value the setting is taken away, which moto does not know.
        return forward(json.dumps({"patchOperations": [{"value": None, **patch} for patch in patches]}).encode())

    def _check_quotas(self, request: Request) -> None:
        """Refuse what goes past a quota, and access logs that could not be written."""
        path, body = request.path, settings_check.body(request)
        if request.method == "PATCH" and (match := _STAGE.fullmatch(path)):
            patches = body.get("patchOperations", [])
            self._logging.check_stage(match["id"], match["stage"], patches)
        elif request.method == "POST" and (match := _STAGES.fullmatch(path) or _DEPLOYMENTS.fullmatch(path)):
            if body.get("stageName"):
                limits.check_stages(self._stage_names(match["id"]) - {body["stageName"]})
        elif request.method == "POST" and _API_KEYS.fullmatch(path) and body.get("value"):
            limits.check_key_value(body["value"])

    def _stage_names(self, api_id: str) -> set[str]:
        stages = self._clients.client("apigateway").get_stages(restApiId=api_id)["item"]
        return {stage["stageName"] for stage in stages}

    def _put(self, api_id: str, request: Request, forward: Forward) -> Response:
        mode = request.args.get("mode", "merge")
        if mode not in ("merge", "overwrite"):
            raise ServiceError("BadRequestException", f"mode must be merge or overwrite, not {mode!r}")
        limits.check_definition(request.get_data())
        document = openapi.parse(request.get_data())
        with self._lock:
            if mode == "merge" and api_id in self._documents:
                message = "The local cloud does not support the mode merge over a definition; use overwrite"
                raise limits.bad_request(message)
            limits.check_document(document)
            openapi.read(document)
            response = _tell_moto(request, document, forward)
            if response.status_code < 300:
                self._documents[api_id] = document
        return response

    def _deploy(self, api_id: str, forward: Forward) -> Response:
        with self._lock:
            document = self._documents.get(api_id)
            response = forward()
            if response.status_code < 300 and document is not None:
                deployment_id = json.loads(response.get_data())["id"]
                self._deployments[api_id, deployment_id] = openapi.read(document)
                self._deployed_documents[api_id, deployment_id] = document
        return response

    def _export(self, api_id: str, stage: str, export_type: str, request: Request) -> Response:
        """The document of what a stage serves: https://docs.aws.amazon.com/apigateway/latest/api/API_GetExport.html."""
        found = self.stages.get(api_id, stage)
        if found is None:
            raise ServiceError("NotFoundException", "Invalid stage identifier specified", 404)
        document = self._deployed_documents[api_id, found.deployment_id]
        return exports.answer(document, export_type, request.accept_mimetypes, request.args)

    def _forget_api(self, api_id: str) -> None:
        with self._lock:
            self._documents.pop(api_id, None)
            for key in [key for key in self._deployments if key[0] == api_id]:
                del self._deployments[key], self._deployed_documents[key]


def _tell_moto(request: Request, document: Mapping[str, Any], forward: Forward) -> Response:
    """Let moto know the methods, so that it lists resources and takes deployments; it cannot read all of a document."""
    paths = {
        path: {
            key: {
                "responses": {"200": {"description": ""}},
                "x-amazon-apigateway-integration": {
                    "type": operation["x-amazon-apigateway-integration"]["type"].upper(),
                    "httpMethod": "POST",
                    "uri": operation["x-amazon-apigateway-integration"].get("uri", ""),
                },
            }
            for key, operation in item.items()
            if key in openapi.METHODS
        }
        for path, item in document["paths"].items()
    }
    info = {"title": document.get("info", {}).get("title", ""), "version": "1"}
    reduced = json.dumps({"openapi": "3.0.1", "info": info, "paths": paths}).encode()
    return forward(reduced, {"mode": "overwrite"})
