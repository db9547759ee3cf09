"""What a service answers when it says no, in the form that its protocol gives to errors.

Sources: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization,
https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization,
https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization
"""

import json
import uuid
from collections.abc import Mapping
from enum import Enum
from xml.sax.saxutils import escape

from werkzeug import Request, Response


class Protocol(Enum):
    """The protocols of AWS's APIs."""

    JSON = "json"
    REST_JSON = "rest-json"
    QUERY = "query"
    REST_XML = "rest-xml"


class ServiceError(Exception):
    """An error of a service: AWS's code and message, the HTTP status, and the error shape's further members."""

    def __init__(
        self, code: str, message: str, http_status: int = 400, members: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.members = dict(members or {})


def internal_failure() -> ServiceError:
    """What AWS answers when a service fails by itself.

    https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
    """
    return ServiceError(
        "InternalFailure",
        "The request processing has failed because of an unknown error, exception or failure; "
        "the local cloud's standard error says more.",
        500,
    )


def protocol_of(request: Request, service: str | None) -> Protocol:
    """The protocol that a request speaks."""
    if "X-Amz-Target" in request.headers:
        return Protocol.JSON
    if service == "s3":
        return Protocol.REST_XML
    if request.mimetype == "application/x-www-form-urlencoded" or "Action" in request.args:
        return Protocol.QUERY
    return Protocol.REST_JSON


def error_response(error: ServiceError, protocol: Protocol) -> Response:
    """The error as an HTTP response."""
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request_id}
    if protocol in (Protocol.QUERY, Protocol.REST_XML):
        content = _xml(error, request_id, protocol)
        return Response(content, error.http_status, headers, content_type="text/xml")
    headers["x-amzn-ErrorType"] = error.code
    if protocol is Protocol.JSON:
        body = {"__type": error.code, "message": error.message, **error.members}
        return Response(json.dumps(body), error.http_status, headers, content_type="application/x-amz-json-1.1")
    body = {"message": error.message, **error.members}
    return Response(json.dumps(body), error.http_status, headers, content_type="application/json")


def _xml(error: ServiceError, request_id: str, protocol: Protocol) -> str:
    code, message = escape(error.code), escape(error.message)
    if protocol is Protocol.REST_XML:
        return f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>"
    sender = "Sender" if error.http_status < 500 else "Receiver"
    return (
        f"<ErrorResponse><Error><Type>{sender}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
