"""The lines that Lambda itself writes to a function's log.

Text: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html#python-logging-output;
JSON: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

import datetime
import json
import math
from dataclasses import dataclass
from typing import Any

from .functions import LATEST, FunctionDefinition, LogFormat

TIMED_OUT = "Sandbox.Timedout"


@dataclass(frozen=True)
class Report:
    """What an invocation took; times in seconds."""

    request_id: str
    seconds: float
    max_memory_used_mb: int
    init_seconds: float | None
    status: str = "success"
    error_type: str | None = None
    """Why the process ended, where it did not end as it should."""


def start(function: FunctionDefinition, request_id: str) -> str:
    """The line before an invocation's own."""
    if function.logging.format is LogFormat.JSON:
        return _platform("start", {"requestId": request_id, "version": LATEST})
    return f"START RequestId: {request_id} Version: {LATEST}"


def ending(function: FunctionDefinition, request_id: str, error_type: str, message: str) -> str:
    """How a process ended that did not answer, as one event; in JSON the report alone tells.

    https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
    """
    if function.logging.format is LogFormat.JSON:
        return ""
    if error_type == TIMED_OUT:
        return f"{_now()} {request_id} {message}\r\n"
    return f"RequestId: {request_id} Error: {message}\r{error_type}\n"


def end(function: FunctionDefinition, report: Report) -> list[str]:
    """The lines after an invocation's own."""
    milliseconds = report.seconds * 1000
    if function.logging.format is LogFormat.JSON:
        metrics: dict[str, Any] = {
            "durationMs": round(milliseconds, 3),
            "billedDurationMs": math.ceil(milliseconds),
            "memorySizeMB": function.memory_mb,
            "maxMemoryUsedMB": report.max_memory_used_mb,
        }
        if report.init_seconds is not None:
            metrics["initDurationMs"] = round(report.init_seconds * 1000, 3)
        record = {"requestId": report.request_id, "metrics": metrics, "status": report.status}
        return [_platform("report", record | ({"errorType": report.error_type} if report.error_type else {}))]
    parts = [
        f"REPORT RequestId: {report.request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {math.ceil(milliseconds)} ms",
        f"Memory Size: {function.memory_mb} MB",
        f"Max Memory Used: {report.max_memory_used_mb} MB",
    ]
    if report.init_seconds is not None:
        parts.append(f"Init Duration: {report.init_seconds * 1000:.2f} ms")
    if report.status != "success":
        parts.append(f"Status: {report.status}")
    if report.error_type:
        parts.append(f"Error Type: {report.error_type}")
    return [f"END RequestId: {report.request_id}", "\t".join(parts)]


def _platform(kind: str, record: dict[str, Any]) -> str:
    return json.dumps({"time": _now(), "type": f"platform.{kind}", "record": record})


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
