"""What becomes of an event after its last attempt: the record of its invocation, and the dead-letter queue.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import datetime
import json
import logging
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..clients import Clients
from ..iam.operations import Operation
from ..service_error import ServiceError
from .definition import FunctionDefinition
from .event_queue import QueuedEvent
from .retries import Condition

_log = logging.getLogger(__name__)

Permit = Callable[[str, Operation], None]
"""Raises ServiceError if a role may not do something, or does not trust Lambda."""

_MAX_ERROR_MESSAGE_BYTES = 1024
# What a role must be allowed, by the service of the destination.
_OPERATIONS: Mapping[str, str] = {"sqs": "SendMessage", "lambda": "Invoke"}
_ACTIONS: Mapping[str, str] = {"sqs": "SendMessage", "lambda": "InvokeFunction"}


@dataclass(frozen=True)
class LastAttempt:
    """How the last attempt ended: HTTP status of the invocation, the kind of function error, the answer's payload."""

    status: int
    function_error: str | None
    payload: bytes | None
    """None if the function did not run."""


class Destinations:
    """Sends records and dead letters with the role of the function."""

    def __init__(self, clients: Clients, permit: Permit) -> None:
        self._clients = clients
        self._permit = permit

    def check(self, role_arn: str, destination_arn: str) -> None:
        """Raises ServiceError if a role may not send records to a destination."""
        service = _service(destination_arn, _OPERATIONS)
        if not self._may_send(role_arn, destination_arn, service):
            message = (
                "The function's execution role does not have permissions to call "
                f"{_ACTIONS[service]} on {destination_arn}"
            )
            raise ServiceError("InvalidParameterValueException", message, members={"Type": "User"})

    def check_dead_letters(self, role_arn: str, target_arn: str) -> None:
        """Raises ServiceError if a role may not send dead letters to a queue."""
        if not self._may_send(role_arn, target_arn, _service(target_arn, ("sqs",))):
            message = "The provided execution role does not have permissions to call SendMessage on SQS"
            raise ServiceError("InvalidParameterValueException", message, members={"Type": "User"})

    def send_record(
        self, function: FunctionDefinition, event: QueuedEvent, condition: Condition, last: LastAttempt, arn: str
    ) -> None:
        """Send the record of an invocation."""
        record = json.dumps(_record(function, event, condition, last))
        self._send(function, arn, record, {})

    def send_dead_letter(self, function: FunctionDefinition, event: QueuedEvent, last: LastAttempt, arn: str) -> None:
        """Send an event to the dead-letter queue."""
        attributes = {
            "RequestID": {"DataType": "String", "StringValue": event.request_id},
            "ErrorCode": {"DataType": "Number", "StringValue": str(last.status)},
        }
        if message := _error_message(last):
            attributes["ErrorMessage"] = {"DataType": "String", "StringValue": message}
        self._send(function, arn, event.payload.decode(), attributes)

    def _may_send(self, role_arn: str, destination_arn: str, service: str) -> bool:
        try:
            self._permit(role_arn, Operation(service, _OPERATIONS[service], _parameters(destination_arn, service)))
        except ServiceError as error:
            if error.http_status >= 500:
                raise
            return False
        return True

    def _send(self, function: FunctionDefinition, arn: str, text: str, attributes: dict[str, Any]) -> None:
        """Failures do not come back to anyone: AWS counts them in a metric."""
        service = _service(arn, _OPERATIONS)
        client = self._clients.client(service, function.role_arn)
        try:
            match service:
                case "sqs":
                    name = arn.rpartition(":")[2]
                    url = f"{self._clients.endpoint_url}/{arn.split(':')[4]}/{name}"
                    client.send_message(QueueUrl=url, MessageBody=text, MessageAttributes=attributes)
                case "lambda":
                    client.invoke(FunctionName=arn, InvocationType="Event", Payload=text)
        except (ClientError, BotoCoreError) as error:
            _log.warning("What became of an event of %s could not be sent to %s: %s", function.name, arn, error)


def _record(
    function: FunctionDefinition, event: QueuedEvent, condition: Condition, last: LastAttempt
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations."""
    now = datetime.datetime.now(datetime.UTC)
    qualified = function.arn if function.arn.endswith(f":{function.version}") else f"{function.arn}:{function.version}"
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": qualified,
            "condition": condition.value,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.payload),
    }
    if last.payload is not None:
        response = {"statusCode": last.status, "executedVersion": function.version}
        if last.function_error:
            response["functionError"] = last.function_error
        record |= {"responseContext": response, "responsePayload": json.loads(last.payload)}
    return record


def _error_message(last: LastAttempt) -> str:
    if last.payload is None:
        return "Rate Exceeded."
    content = json.loads(last.payload)
    message = str(content.get("errorMessage", "")) if isinstance(content, dict) else ""
    return message.encode()[:_MAX_ERROR_MESSAGE_BYTES].decode(errors="ignore")


def _service(arn: str, supported: Container[str]) -> str:
    """The service of a destination. Raises ServiceError for one that the local cloud does not send to."""
    parts = arn.split(":", 5)
    service = parts[2] if len(parts) == 6 else ""
    if service not in supported or arn.endswith(".fifo"):
        message = f"The local cloud's Lambda does not support {arn!r} as a destination"
        raise ServiceError("InvalidParameterValueException", message)
    return service


def _parameters(arn: str, service: str) -> dict[str, str]:
    return {"QueueUrl": f"/{arn.rpartition(':')[2]}"} if service == "sqs" else {"FunctionName": arn}
