"""Sends to functions and queues: as a service whom the resource's policy lets in, or with a role.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from ..clients import ACCOUNT_ID, Clients
from ..iam import resource_policy
from ..lambda_runtime import LambdaPlane
from ..service_error import ServiceError
from .deliveries import DeliveryError

_SEND = "sqs:SendMessage"


@dataclass(frozen=True)
class Source:
    """On whose behalf a service sends: its principal, and the ARN of the bucket or the rule."""

    principal: str
    arn: str


class Targets:
    """The functions and queues of the account."""

    def __init__(self, clients: Clients, functions: LambdaPlane) -> None:
        self._clients = clients
        self._functions = functions

    def check(self, arn: str, source: Source) -> None:
        """Raises DeliveryError if there is no such function or queue, or it does not let the source in."""
        if service_of(arn) == "sqs":
            policy = self._queue_policy(arn)
            is_allowed = resource_policy.allows(policy, _SEND, source.principal, source.arn, ACCOUNT_ID)
        else:
            try:
                is_allowed = self._functions.allows(arn, source.principal, source.arn)
            except ServiceError as error:
                raise DeliveryError("NO_RESOURCE", error.message) from None
        if not is_allowed:
            message = f"The policy of {arn} does not let {source.principal} in on behalf of {source.arn}"
            raise DeliveryError("NO_PERMISSIONS", message)

    def send(self, arn: str, source: Source, text: str, **message: Any) -> None:
        """Send to a function or, as a message with further members, to a queue. Raises DeliveryError."""
        self.check(arn, source)
        if service_of(arn) == "sqs":
            self._send_message(self._clients.client("sqs"), arn, text, message)
            return
        try:
            self._functions.accept(arn, text.encode())
        except ServiceError as error:
            raise _failed(error.code, error.message, error.http_status) from None

    def send_with_role(self, clients: Clients, role_arn: str, arn: str, text: str, **message: Any) -> None:
        """As `send`, with the role that a service was given. Raises DeliveryError."""
        if service_of(arn) == "sqs":
            self._send_message(clients.client("sqs", role_arn), arn, text, message)
        else:
            call = {"FunctionName": arn, "InvocationType": "Event", "Payload": text}
            request(clients.client("lambda", role_arn), "Invoke", call)

    def _send_message(self, sqs: Any, arn: str, text: str, message: Mapping[str, Any]) -> None:
        request(sqs, "SendMessage", {"QueueUrl": self._url(arn), "MessageBody": text, **message})

    def _queue_policy(self, arn: str) -> dict[str, Any]:
        sqs = self._clients.client("sqs")
        call = {"QueueUrl": self._url(arn), "AttributeNames": ["Policy"]}
        try:
            answer = request(sqs, "GetQueueAttributes", call)
        except DeliveryError as error:
            raise DeliveryError("NO_RESOURCE", error.message) from None
        found: dict[str, Any] = json.loads(answer.get("Attributes", {}).get("Policy") or "{}")
        return found

    def _url(self, arn: str) -> str:
        account, name = arn.split(":")[4:6]
        return f"{self._clients.endpoint_url}/{account}/{name}"


def service_of(arn: str) -> str:
    """The service in an ARN; empty for what is none."""
    parts = arn.split(":", 5)
    return parts[2] if len(parts) == 6 and parts[0] == "arn" else ""


def attributes(values: Mapping[str, str | None]) -> dict[str, Any]:
    """The attributes of a message; those without a value are left out."""
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items() if value}


def request(client: Any, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Call an operation by its API name. Raises DeliveryError."""
    try:
        answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
    except ClientError as error:
        detail = error.response["Error"]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        raise _failed(detail["Code"], detail["Message"], status) from None
    except BotoCoreError as error:
        raise DeliveryError("SDK_CLIENT_ERROR", str(error)) from None
    return answer


def _failed(code: str, message: str, status: int) -> DeliveryError:
    # What the local cloud does not support, 501, stays so.
    is_retryable = (status >= 500 and status != 501) or status == 429 or "Throttl" in code
    return DeliveryError(code, message, is_retryable)
