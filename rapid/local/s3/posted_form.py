"""A form that is posted to a bucket: its fields, and the file, which ends them.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug import Request
from werkzeug.datastructures import Headers
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from ..service_error import ServiceError

MAX_FIELDS_BYTES = 20_000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, MaxPostPreDataLengthExceededError."""

_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class PostedForm:
    """What stands in the form; the names of fields are in small letters."""

    fields: Mapping[str, str]
    file_name: str
    content: bytes
    content_headers: Headers
    """Headers of the file's own part."""


def read(request: Request) -> PostedForm:
    """Read a request's form; what comes after the file is ignored. Raises ServiceError."""
    boundary = request.mimetype_params.get("boundary", "")
    if not boundary:
        raise _malformed()
    decoder = MultipartDecoder(boundary.encode())
    fields: dict[str, str] = {}
    name, value, size = "", bytearray(), 0
    content: bytearray | None = None
    file = None
    stream = request.environ["wsgi.input"]
    try:
        decoder.receive_data(stream.read(_CHUNK_BYTES) or None)
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, NeedData):
                decoder.receive_data(stream.read(_CHUNK_BYTES) or None)
            elif isinstance(event, File) or (isinstance(event, Field) and event.name == "file"):
                file, content = event, bytearray()
            elif isinstance(event, Field):
                name, value = event.name.lower(), bytearray()
            elif isinstance(event, Data):
                if content is not None:
                    content += event.data
                    if not event.more_data:
                        break
                    continue
                value += event.data
                size += len(event.data)
                if size > MAX_FIELDS_BYTES:
                    message = "Your POST request fields preceding the upload file were too large."
                    raise ServiceError("MaxPostPreDataLengthExceededError", message)
                if not event.more_data:
                    fields[name] = value.decode(errors="replace")
    except ValueError:
        raise _malformed() from None
    if file is None or content is None:
        raise ServiceError("InvalidArgument", "POST requires exactly one file upload per request.")
    return PostedForm(fields, getattr(file, "filename", "") or "", bytes(content), file.headers)


def _malformed() -> ServiceError:
    message = "The body of your POST request is not well-formed multipart/form-data."
    return ServiceError("MalformedPOSTRequest", message)
