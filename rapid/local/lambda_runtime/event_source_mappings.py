"""The event source mappings of the account: made, changed and deleted by the API, each with a poller of its own."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from werkzeug import Request, Response

from ..clients import ACCOUNT_ID, Clients
from ..iam.operations import Operation
from ..service_error import ServiceError
from .definition import FunctionDefinition, Reference, parse_reference
from .destinations import Permit
from .event_source_mapping import EventSourceMapping
from .runner import Outcome
from .sqs_poller import SqsPoller

PATH = re.compile(r"/2015-03-31/event-source-mappings(?:/(?P<id>[^/]*))?/?")
_QUEUE_ARN = re.compile(rf"arn:aws:sqs:(?P<region>[a-z0-9-]+):{ACCOUNT_ID}:(?P<name>[\w-]+)")
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
_PERMISSIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")


class EventSourceMappings:
    """Keeps the mappings; one that is enabled polls."""

    def __init__(
        self,
        clients: Clients,
        permit: Permit,
        definition: Callable[[Reference], FunctionDefinition],
        run: Callable[[FunctionDefinition, bytes], Outcome],
    ) -> None:
        self._clients = clients
        self._permit = permit
        self._definition = definition
        self._run = run
        self._pollers: dict[str, SqsPoller] = {}
        self._lock = threading.Lock()

    def handle(self, request: Request, path: re.Match[str]) -> Response:
        """Answer a request to the mappings."""
        mapping_id = path["id"]
        match request.method, bool(mapping_id):
            case "POST", False:
                return _json(self._create(json.loads(request.get_data())), 202)
            case "GET", False:
                return _json({"EventSourceMappings": self._list(request)}, 200)
            case "GET", True:
                return _json(self._poller(mapping_id).answer(), 200)
            case "PUT", True:
                return _json(self._update(mapping_id, json.loads(request.get_data())), 202)
            case "DELETE", True:
                return _json(self._delete(mapping_id), 202)
        message = f"The local cloud's Lambda does not support {request.method} {request.path}"
        raise ServiceError("InvalidParameterValueException", message)

    def stop(self) -> None:
        """End all polling."""
        with self._lock:
            for poller in self._pollers.values():
                poller.stop()
            self._pollers.clear()

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        function = self._definition(parse_reference(body["FunctionName"]))
        mapping = EventSourceMapping(function.arn, str(body.get("EventSourceArn"))).changed(body)
        self._check_source(mapping, function)
        with self._lock:
            for poller in self._pollers.values():
                _refuse_double(mapping, poller.mapping, function.name)
            self._start(mapping)
        return mapping.answer("Creating")

    def _update(self, mapping_id: str, body: dict[str, Any]) -> dict[str, Any]:
        known = self._poller(mapping_id).mapping
        function = self._definition(parse_reference(body.get("FunctionName") or known.function_arn))
        mapping = replace(known.changed(body), function_arn=function.arn)
        self._check_source(mapping, function)
        with self._lock:
            self._pollers[mapping_id].stop()
            self._start(mapping)
        return mapping.answer("Updating")

    def _delete(self, mapping_id: str) -> dict[str, Any]:
        mapping = self._poller(mapping_id).mapping
        with self._lock:
            self._pollers.pop(mapping_id).stop()
        return mapping.answer("Deleting")

    def _start(self, mapping: EventSourceMapping) -> None:
        poller = SqsPoller(self._clients, mapping, self._definition, self._run)
        self._pollers[mapping.id] = poller
        if mapping.is_enabled:
            poller.start()

    def _poller(self, mapping_id: str) -> SqsPoller:
        found = self._pollers.get(mapping_id)
        if found is None:
            message = "The resource you requested does not exist."
            raise ServiceError("ResourceNotFoundException", message, 404, {"Type": "User"})
        return found

    def _list(self, request: Request) -> list[dict[str, Any]]:
        source, name = request.args.get("EventSourceArn"), request.args.get("FunctionName")
        function = parse_reference(unquote(name)).name if name else None
        return [
            poller.answer()
            for poller in list(self._pollers.values())
            if source in (None, poller.mapping.queue_arn)
            and function in (None, parse_reference(poller.mapping.function_arn).name)
        ]

    def _check_source(self, mapping: EventSourceMapping, function: FunctionDefinition) -> None:
        """Raises ServiceError for a queue that Lambda would not poll for this function."""
        queue = _QUEUE_ARN.fullmatch(mapping.queue_arn)
        if not queue or queue["region"] != self._clients.region:
            raise _invalid(f"The local cloud's Lambda does not support the event source {mapping.queue_arn!r}")
        for action in _PERMISSIONS:
            try:
                self._permit(function.role_arn, Operation("sqs", action, {"QueueUrl": f"/{queue['name']}"}))
            except ServiceError as error:
                if error.http_status >= 500:
                    raise
                message = f"The provided execution role does not have permissions to call {action} on SQS"
                raise _invalid(message) from None
        visibility_seconds = self._visibility_seconds(queue["name"])
        if visibility_seconds < function.timeout_seconds:
            raise _invalid(
                f"Queue visibility timeout: {visibility_seconds} seconds is less than "
                f"Function timeout: {function.timeout_seconds} seconds"
            )

    def _visibility_seconds(self, queue_name: str) -> int:
        sqs = self._clients.client("sqs")
        try:
            url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        except ClientError as error:
            detail = error.response["Error"]
            message = f"SQS Error Code: {detail['Code']}. SQS Error Message: {detail['Message']}"
            raise _invalid(f"Error occurred while ReceiveMessage. {message}") from None
        return int(found["Attributes"]["VisibilityTimeout"])


def _refuse_double(mapping: EventSourceMapping, known: EventSourceMapping, function_name: str) -> None:
    if (known.queue_arn, known.function_arn) == (mapping.queue_arn, mapping.function_arn):
        message = (
            f'An event source mapping with SQS arn (" {mapping.queue_arn} ") and function (" {function_name} ") '
            f"already exists. Please update or delete the existing mapping with UUID {known.id}"
        )
        raise ServiceError("ResourceConflictException", message, 409, {"Type": "User"})


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterValueException", message, members={"Type": "User"})


def _json(content: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(content), status, content_type="application/json")
