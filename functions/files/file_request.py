"""What a request asks for: to store the file in its body, or to be told how to upload a file of a size."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

import file_key
from shared.limits import MAX_FILE_BYTES, SOURCE_PATTERN

_FILE_NAMES = {
    "text/csv": "file.csv",
    "application/x-ndjson": "file.ndjson",
    "application/json": "file.json",
    "application/vnd.apache.parquet": "file.parquet",
    "application/gzip": "file.gz",
    "application/octet-stream": "file",
}
"""What a body may be, and how it is called where the client does not say."""
_PARAMETERS = ("source", "file_name", "size_bytes")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_SIZE = re.compile(r"[0-9]{1,18}")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumedRoleUser.html: the last part is the session's name.
_SESSION = re.compile(r"(:assumed-role/.+)/[^/]+$")


class Refused(Exception):
    """A request that cannot be met: the HTTP status, the field that is wrong, and the reason."""

    def __init__(self, status: int, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.status, self.field, self.reason = status, field, reason


@dataclass(frozen=True)
class Announced:
    """A file that the client has not sent yet."""

    source: str
    file_id: str
    name: str
    size_bytes: int


@dataclass(frozen=True)
class Sent:
    """A file in the body of the request."""

    source: str
    file_id: str
    name: str
    content: bytes


def read(event: dict[str, Any]) -> Announced | Sent:
    """Read an API Gateway proxy event. Raises Refused."""
    given = _parameters(event)
    source = given.get("source", "")
    if not re.fullmatch(SOURCE_PATTERN, source):
        raise Refused(
            400, "source", "must be a small letter, then small letters, digits or _, at most 32 characters in all"
        )
    idempotency_key, caller = _idempotency_key(event), _caller(event)
    if "size_bytes" in given:
        return _announced(event, given, caller, idempotency_key)
    media_type = _header(event, "content-type").partition(";")[0].strip().lower()
    content = _content(event, media_type)
    name = file_key.safe_name(given.get("file_name") or _FILE_NAMES[media_type])
    same = (caller, source, name, idempotency_key)
    return Sent(source, file_key.repeatable_id("sent", *same) if idempotency_key else file_key.new_id(), name, content)


def _announced(event: dict[str, Any], given: dict[str, str], caller: str, idempotency_key: str) -> Announced:
    if event.get("body"):
        raise Refused(400, "size_bytes", "announces a file that is yet to be uploaded; send no body with it")
    if not given.get("file_name"):
        raise Refused(400, "file_name", "must be given with size_bytes")
    if not idempotency_key:
        reason = "must be given with size_bytes, and be the same for the same file, such as its SHA-256"
        raise Refused(400, "Idempotency-Key", reason)
    if not _SIZE.fullmatch(given["size_bytes"]) or not int(given["size_bytes"]):
        raise Refused(400, "size_bytes", "must be a whole number of bytes, at least 1")
    size_bytes = int(given["size_bytes"])
    if size_bytes > MAX_FILE_BYTES:
        raise Refused(413, "size_bytes", f"is {size_bytes}; a file may have {MAX_FILE_BYTES} bytes. Split the file")
    name = file_key.safe_name(given["file_name"])
    # Its size is a part of what makes it the same file, so nobody need remember what was announced.
    file_id = file_key.repeatable_id("announced", caller, given["source"], name, str(size_bytes), idempotency_key)
    return Announced(given["source"], file_id, name, size_bytes)


def _parameters(event: dict[str, Any]) -> dict[str, str]:
    given = event.get("multiValueQueryStringParameters") or {}
    for name, values in given.items():
        if name not in _PARAMETERS:
            raise Refused(400, name[:100], f"is no parameter; there are {', '.join(_PARAMETERS)}")
        if len(values) > 1:
            raise Refused(400, name, "is given more than once")
    return {name: values[0] for name, values in given.items()}


def _content(event: dict[str, Any], media_type: str) -> bytes:
    body = event.get("body")
    if not body:
        raise Refused(400, "body", "is empty; send a file, or announce one with file_name and size_bytes")
    if media_type not in _FILE_NAMES:
        raise Refused(415, "Content-Type", f"must be one of {', '.join(_FILE_NAMES)}")
    if event.get("isBase64Encoded"):
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error:
            raise Refused(400, "body", "is not as API Gateway passes it on") from None
    if "\ufffd" in body:
        # What API Gateway writes in the place of bytes that are not UTF-8.
        reason = "is not UTF-8 text; other encodings are taken as text/csv or application/octet-stream"
        raise Refused(400, "body", reason)
    return str(body).encode()


def _idempotency_key(event: dict[str, Any]) -> str:
    found = _header(event, "idempotency-key")
    if found and not _IDEMPOTENCY_KEY.fullmatch(found):
        raise Refused(400, "Idempotency-Key", "must be 1 to 255 visible ASCII characters")
    return found


def _caller(event: dict[str, Any]) -> str:
    """Who asks, the same in all sessions of a role: a key is the caller's own."""
    return _SESSION.sub(r"\1", event["requestContext"]["identity"].get("userArn") or "")


def _header(event: dict[str, Any], name: str) -> str:
    headers = event.get("headers") or {}
    return next((value for given, value in headers.items() if given.lower() == name), "")
