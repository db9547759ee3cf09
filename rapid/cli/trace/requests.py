"""The line of a request in the API's access log, and what the ingest function said of it."""

import datetime
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..target import Target
from .timeline import Traced, from_epoch

_AROUND = datetime.timedelta(minutes=2)
"""A request ends half a minute after it was received at most, and its lines are written within seconds."""
_DAY = datetime.timedelta(days=1)
_ACCESS_LOG, _INGEST_LOG = "access_log_group", "ingest_log_group"
"""Outputs of the stack that name them."""
_SHOWN_OF_A_KEY = 4
_COUNTS = {"accepted": "accepted", "refused": "refused", "deadLettered": "dead-lettered", "lost": "lost"}


class Line(NamedTuple):
    """A line of a log."""

    time: datetime.datetime
    content: dict[str, Any]


def accesses(stack: Target, request_id: str, since: datetime.datetime) -> list[Line]:
    """The lines of the access log about a request. The last day is looked at first, then the one before."""
    end = datetime.datetime.now(datetime.UTC) + _AROUND
    while end > since:
        if found := list(_lines(stack, _ACCESS_LOG, request_id, max(since, end - _DAY), end)):
            return found
        end -= _DAY
    return []


def describe(stack: Target, traced: Traced, received_at: datetime.datetime) -> None:
    """Add the steps of the request."""
    around = received_at - _AROUND, received_at + _AROUND
    for line in _lines(stack, _ACCESS_LOG, traced.request_id, *around):
        add_access(traced, line)
    for line in _lines(stack, _INGEST_LOG, traced.request_id, *around):
        members = {name[:1].lower() + name[1:]: value for name, value in line.content.items()}
        counts = [f"{members[name]} {said}" for name, said in _COUNTS.items() if name in members]
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
