"""What a service answers when it says no, in the form that its protocol gives to errors.

Sources: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization,
https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization,
https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from werkzeug import Request, Response

from .service_models import loader

_INTERNAL_FAILURE = "InternalFailure"
MODELS = {"elasticfilesystem": "efs", "monitoring": "cloudwatch", "states": "stepfunctions"}
"""Names of botocore's models, where a service signs with another."""


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


def unsupported(what: str) -> ServiceError:
    """Something that the local cloud does not know stands in the way of an answer."""
    return ServiceError("NotImplemented", f"The local cloud does not support {what}", 501)


def internal_failure() -> ServiceError:
    """What AWS answers when a service fails by itself.

    https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
    """
    return ServiceError(
        _INTERNAL_FAILURE,
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
    if service == "cloudfront":
        # REST in XML as S3 has it, but for its errors.
        return Protocol.QUERY
    if request.mimetype == "application/x-www-form-urlencoded" or "Action" in request.args:
        return Protocol.QUERY
    return Protocol.REST_JSON


def error_response(error: ServiceError, protocol: Protocol, service: str | None = None) -> Response:
    """The error as an HTTP response of the service with this signing name."""
    form, request_id = _error_form(service), str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request_id}
    match protocol:
        case Protocol.QUERY:
            written = _ec2_xml(error, request_id) if service == "ec2" else None
            content = written or _query_xml(error, request_id, form.xml_namespace)
            return Response(content, error.http_status, headers, content_type="text/xml")
        case Protocol.REST_XML:
            headers = {"x-amz-request-id": request_id, "x-amz-id-2": base64.b64encode(request_id.encode()).decode()}
            return Response(_s3_xml(error, headers), error.http_status, headers, content_type="application/xml")
    headers["x-amzn-ErrorType"] = error.code
    body = {form.message_members.get(error.code, "message"): error.message, **error.members}
    if protocol is Protocol.REST_JSON:
        return Response(json.dumps(body), error.http_status, headers, content_type="application/json")
    if form.is_query_compatible:
        headers["x-amzn-query-error"] = f"{error.code};{_side(error)}"
    content_type = f"application/x-amz-json-{form.json_version}"
    return Response(json.dumps({"__type": error.code, **body}), error.http_status, headers, content_type=content_type)


def _query_xml(error: ServiceError, request_id: str, namespace: str) -> str:
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{_side(error)}</Type><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _ec2_xml(error: ServiceError, request_id: str) -> str:
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html#api-error-response
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>"
    )


def _s3_xml(error: ServiceError, headers: Mapping[str, str]) -> str:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    code = "InternalError" if error.code == _INTERNAL_FAILURE else error.code
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(code)}</Code>'
        f"<Message>{escape(error.message)}</Message><RequestId>{headers['x-amz-request-id']}</RequestId>"
        f"<HostId>{headers['x-amz-id-2']}</HostId></Error>"
    )


def _side(error: ServiceError) -> str:
    return "Sender" if error.http_status < 500 else "Receiver"


@dataclass(frozen=True)
class _ErrorForm:
    """What services differ in when they write errors."""

    json_version: str = "1.1"
    xml_namespace: str = ""
    is_query_compatible: bool = False
    """Whether an error in JSON is accompanied by its code in the query protocol, which the service spoke before."""
    message_members: Mapping[str, str] = field(default_factory=dict)
    """By code, where it is not `message`."""


@cache
def _error_form(service: str | None) -> _ErrorForm:
    """How the service with this signing name writes its errors, by its model; as most do without one."""
    if service is None:
        return _ErrorForm()
    try:
        model = loader().load_service_model(MODELS.get(service, service), "service-2")
    except UnknownServiceError:
        return _ErrorForm()
    metadata = model["metadata"]
    return _ErrorForm(
        metadata.get("jsonVersion", "1.1"),
        metadata.get("xmlNamespace", ""),
        "awsQueryCompatible" in metadata,
        {name: "Message" for name, shape in model["shapes"].items() if "Message" in shape.get("members", {})},
    )
