"""The path that takes files, as the API's definition has it. The function behind it: functions/files."""

from collections.abc import Mapping
from typing import Any

from .limits import GATEWAY_SECONDS, MAX_FILE_BYTES, SOURCE_PATTERN

PATH = "/ingest/csv"
RATE_PER_SECOND = 25
BURST = 50
"""A file is at most a handful of requests, as its content goes past the API."""

TEXT_MEDIA_TYPES = ("application/json", "application/x-ndjson")
"""What a body may be that is UTF-8 text by its own standard."""
BINARY_MEDIA_TYPES = ("application/gzip", "application/octet-stream", "application/vnd.apache.parquet", "text/csv")
"""What a body may be that API Gateway must not take for UTF-8 text; on the other paths such a body arrives as Base64.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
"""


def operation(invoke_arn: str, refusal: str) -> dict[str, Any]:
    """The POST method; `refusal` describes the answer to callers who may not use it."""
    refused = {
        "400": "The request names no source or no file, or names it wrongly.",
        "403": refusal,
        "409": "The Idempotency-Key was used for another file.",
        "413": f"The file is longer than {MAX_FILE_BYTES} bytes, or its body than Lambda takes; nothing was stored.",
        "415": "The body is of a type that is not taken.",
        "429": "Too many requests; try again later.",
        "503": "Nothing could be stored; try again after Retry-After seconds.",
    }
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {
        "operationId": "postFile",
        "summary": "A file of events: CSV, NDJSON, JSON or Parquet, plain or gzipped",
        "description": (
            "A small file is the body. A larger one is announced by file_name, size_bytes and an Idempotency-Key, "
            "without a body; the answer says what to send to S3, after which the same request is sent again, until it "
            "is answered 202."
        ),
        "tags": ["files"],
        "security": [{"sigv4": []}],
        "parameters": [
            _parameter(
                "query", "source", "Source whose events the file holds.", {"pattern": f"^{SOURCE_PATTERN}$"}, True
            ),
            _parameter("query", "file_name", "Name of the file.", {}),
            _parameter("query", "size_bytes", "Announces a file of this size.", {"pattern": "^[0-9]{1,18}$"}),
            _parameter(
                "header", "Idempotency-Key", "The same for the same file, such as its SHA-256.", {"maxLength": 255}
            ),
        ],
        "requestBody": {"content": dict.fromkeys((*BINARY_MEDIA_TYPES, *TEXT_MEDIA_TYPES), schema)},
        "responses": {
            "200": _response("What is left to be sent.", "FileStep"),
            "202": _response("The file is stored.", "FileStep"),
            **{status: _response(description, "Refused") for status, description in refused.items()},
        },
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": invoke_arn,
            "passthroughBehavior": "when_no_match",
            "timeoutInMillis": GATEWAY_SECONDS * 1000,
        },
    }


def _parameter(
    place: str, name: str, description: str, schema: Mapping[str, Any], required: bool = False
) -> dict[str, Any]:
    found = {"in": place, "name": name, "description": description, "schema": {"type": "string", **schema}}
    return {**found, "required": True} if required else found


def _response(description: str, model: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


FILE_STEP: dict[str, Any] = {
    "type": "object",
    "required": ["fileId", "fileName", "requestId", "source", "state"],
    "properties": {
        "expiresInSeconds": {"type": "integer"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
        "fileId": {"type": "string"},
        "fileName": {"type": "string"},
        "parts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "number": {"type": "integer"},
                    "offsetBytes": {"type": "integer"},
                    "sizeBytes": {"type": "integer"},
                    "url": {"type": "string"},
                },
            },
        },
        "partsTotal": {"type": "integer"},
        "requestId": {"type": "string"},
        "source": {"type": "string"},
        "state": {"type": "string", "enum": ["form", "parts", "stored"]},
        "url": {"type": "string"},
    },
}
"""Model of the answers: `stored`, or what a posted form or the parts of an upload need."""
