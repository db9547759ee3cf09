"""Access logs: a line for each request, in the format of the stage.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html; variables:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

import re
import time
from dataclasses import dataclass

from werkzeug import Response

from ..cloudwatch.log_shipper import LogStream
from .context import RequestContext, look_up

_VARIABLE = re.compile(r"\$(?:\{context\.([\w.-]+)\}|context\.([\w-]+(?:\.[\w-]+)*))")
_IDS = {"requestId", "extendedRequestId"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INVALID_REQUEST_ID = "UUID_REPLACED_INVALID_REQUEST_ID"


class AccessLogFormat:
    """A format, taken apart once."""

    def __init__(self, text: str) -> None:
        parts = _VARIABLE.split(text.rstrip("\r\n"))
        self._texts = parts[0::3]
        self._names = [(braced or plain).split(".") for braced, plain in zip(parts[1::3], parts[2::3], strict=True)]

    @property
    def has_request_id(self) -> bool:
        """Whether the format tells requests apart."""
        return any(name[0] in _IDS for name in self._names)

    def line(self, context: RequestContext, response: Response) -> str:
        """The line of a request that was answered; what has no value is a hyphen."""
        known = context.as_event()
        if not _UUID.fullmatch(context.request_id):
            known["requestId"] = _INVALID_REQUEST_ID
        if context.error_type:
            known["error"] = context.error
        status, latency = context.integration_status, _milliseconds(context.integration_seconds)
        known |= {
            "status": response.status_code,
            "responseLength": response.content_length,
            "responseLatency": _milliseconds(time.time() - context.epoch_seconds),
            "integrationStatus": status,
            "integrationLatency": latency,
            "integration": {"integrationStatus": status, "status": status, "latency": latency},
            "xrayTraceId": context.trace_id,
        }
        line = [self._texts[0]]
        for name, text in zip(self._names, self._texts[1:], strict=True):
            line += (look_up(known, name) or "-", text)
        return "".join(line)


@dataclass(frozen=True)
class AccessLog:
    """Where a stage's lines go, and how they read."""

    format: AccessLogFormat
    stream: LogStream


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
