"""The line of a request in the API's access log, and what the ingest function said of it."""

import datetime
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..target import Target
from .timeline import Traced, from_epoch

_AROUND = datetime.timedelta(minutes=2)
"""A request ends half a minute after it was received at most, and its lines are written within seconds."""
_SHOWN_OF_A_KEY = 4
_COUNTS = {"accepted": "accepted", "refused": "refused", "deadLettered": "dead-lettered", "lost": "lost"}


class Line(NamedTuple):
    """A line of a log."""

    time: datetime.datetime
    content: dict[str, Any]


def accesses(
    stack: Target, request_id: str, start: datetime.datetime, end: datetime.datetime | None = None
) -> list[Line]:
    """The lines of the access log about a request; `end` is two minutes after `start` unless it is given."""
    return list(_lines(stack, "access_log_group", request_id, start - _AROUND, end or start + _AROUND))


def describe(stack: Target, traced: Traced, received_at: datetime.datetime) -> None:
    """Add the steps of the request."""
    for line in accesses(stack, traced.request_id, received_at):
        add_access(traced, line)
    for line in _lines(stack, "ingest_log_group", traced.request_id, received_at - _AROUND, received_at + _AROUND):
        counts = [f"{line.content[name]} {said}" for name, said in _COUNTS.items() if name in line.content]
        said = ", ".join(counts) or str(line.content.get("reason", ""))
        traced.add(line.time, "ingest function", f"of the request: {said}")


def add_access(traced: Traced, line: Line) -> None:
    """Add the step of a line of the access log."""
    content = line.content
    key = str(content.get("apiKeyId", "-"))
    said = [
        f"{content.get('httpMethod')} {content.get('path')} answered {content.get('status')}",
        f"in {content.get('responseLatencyMilliseconds')} ms",
        "" if key == "-" else f"API key {key[:_SHOWN_OF_A_KEY]}…",
        "" if content.get("errorMessage", "-") == "-" else str(content["errorMessage"]),
    ]
    traced.add(line.time, "request", ", ".join(part for part in said if part))


def _lines(
    stack: Target, output: str, request_id: str, start: datetime.datetime, end: datetime.datetime
) -> Iterator[Line]:
    group = stack.masked_outputs.get(output)
    if not group or not request_id:
        return
    logs = stack.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group,
        startTime=int(start.timestamp() * 1000),
        endTime=int(end.timestamp() * 1000),
        filterPattern=f'"{request_id}"',
    )
    for page in pages:
        for event in page["events"]:
            try:
                content = json.loads(event["message"])
            except ValueError:
                continue
            if isinstance(content, dict) and content.get("extendedRequestId") == request_id:
                yield Line(from_epoch(event["timestamp"]), content)
