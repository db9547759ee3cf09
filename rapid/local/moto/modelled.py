"""Requests and answers of a service as its model has them, in whichever of its protocols a client speaks.

moto reads and writes them, so that a plane of ours need not know JSON from the query protocol.
"""

import gzip
import uuid
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS, RequestDict, RequestParserError
from moto.core.request import determine_request_protocol
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug import Request, Response

from .. import input_constraints
from ..iam import operations
from ..service_error import ServiceError

_INVALID = {"cloudfront": "InvalidArgument", "cloudwatch": "ValidationError", "sns": "InvalidParameter"}


class ModelledService:
    """The model of one service, by the name that botocore gives it; `signing_name` is what requests are signed for."""

    def __init__(self, service: str, signing_name: str = "") -> None:
        self._service = service
        self._signing_name = signing_name or service
        self._model = get_service_model(service)

    def read(self, request: Request) -> tuple[str, dict[str, Any]]:
        """The operation of a request and its parameters. Raises ServiceError where they break the model's bounds."""
        plain = _decompressed(request)
        found = operations.of(plain, self._signing_name)
        if found is None or found.name not in self._model.operation_names:
            raise ServiceError("InvalidAction", f"Could not find operation {found.name if found else request.path}")
        operation = self._model.operation_model(found.name)
        parser = PROTOCOL_PARSERS[determine_request_protocol(self._model, request.content_type)](operation)
        sent: RequestDict = {
            "method": plain.method,
            "headers": plain.headers,
            "body": plain.get_data(),
            "values": plain.values,
            "url_path": plain.path,
            "url_params": found.parameters,
        }
        try:
            members = parser.parse(sent)
        except RequestParserError:
            raise ServiceError("MalformedXML", "The XML document is malformed.") from None
        given = {name: value for name, value in members.items() if value is not None}
        input_constraints.check_members(self._model, found.name, given, _INVALID[self._service])
        return found.name, given

    def answer(self, request: Request, operation: str, content: Mapping[str, Any]) -> Response:
        """An answer in the protocol of the request."""
        protocol = determine_request_protocol(self._model, request.content_type)
        context = SerializationContext(str(uuid.uuid4()))
        serializer = get_serializer_class(self._service, protocol)(self._model.operation_model(operation), context)
        written = serializer.serialize(content)
        version = self._model.metadata.get("jsonVersion", "1.0")
        content_type = "text/xml" if protocol in ("query", "rest-xml") else f"application/x-amz-json-{version}"
        headers = {**written["headers"], "x-amzn-RequestId": context.request_id}
        return Response(written["body"], written["status_code"], headers, content_type=content_type)


def _decompressed(request: Request) -> Request:
    """SDKs compress what is long: https://docs.aws.amazon.com/sdkref/latest/guide/feature-compression.html."""
    content, environ = request.get_data(), dict(request.environ)
    if environ.pop("HTTP_CONTENT_ENCODING", "") == "gzip":
        content = gzip.decompress(content)
    return Request({**environ, "wsgi.input": BytesIO(content), "CONTENT_LENGTH": str(len(content))})
