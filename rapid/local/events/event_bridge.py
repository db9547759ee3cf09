"""The EventBridge API: events are ours, and definitions are checked before moto keeps them.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/Welcome.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from werkzeug import Request, Response

from .. import input_constraints
from ..clients import ACCOUNT_ID, Clients
from ..iam.errors import unsupported
from ..server.planes import Forward
from ..service_error import ServiceError
from . import expressions, patterns, rule_targets
from .bus import Bus
from .clock import Clock, Entry

_CONTENT_TYPE = "application/x-amz-json-1.1"
_RULE_CHANGES = frozenset({"DeleteRule", "DisableRule", "EnableRule", "PutRule"})
_FORWARDED = frozenset(
    {
        "DescribeEventBus",
        "DescribeRule",
        "ListEventBuses",
        "ListRuleNamesByTarget",
        "ListRules",
        "ListTagsForResource",
        "ListTargetsByRule",
        "RemoveTargets",
        "TagResource",
        "UntagResource",
    }
)
_DEFAULT_BUS = re.compile(r"(arn:aws:events:[^:]+:\d{12}:event-bus/)?default")
MAX_REQUEST_BYTES = 1_048_576
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html: all entries together."""
_TIME_BYTES = 14
_REQUIRED = ("Source", "DetailType", "Detail")


class EventBridgeService:
    """The default event bus and its rules."""

    def __init__(self, clients: Clients, bus: Bus, clock: Clock) -> None:
        self._clients = clients
        self._bus = bus
        self._clock = clock

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request."""
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        body = request.get_json(force=True, silent=True) or {}
        input_constraints.check(self._clients.client("events").meta.service_model, name, request, "ValidationException")
        _check_bus(body)
        match name:
            case "PutEvents":
                return _json(self._put_events(body["Entries"]))
            case "TestEventPattern":
                return _json({"Result": _test_pattern(body)})
            case "PutTargets":
                rule = self._bus.rules().get(body["Rule"])
                rule_targets.check(body["Targets"], rule.targets if rule else [], self._clients.region)
                return forward()
        if name in _FORWARDED:
            return forward()
        if name not in _RULE_CHANGES:
            raise unsupported(f"EventBridge's {name}")
        if name == "PutRule":
            _check_rule(body, self._clock.now())
        response = forward()
        if response.status_code < 300:
            self._schedule(body["Name"])
        return response

    def _schedule(self, name: str) -> None:
        """Let the clock know what became of a rule."""
        rule, arn = self._bus.rules().get(name), f"arn:aws:events:{self._clients.region}:{ACCOUNT_ID}:rule/{name}"
        self._clock.remove(arn)
        if rule and rule.scheduled_expression and rule.state == "ENABLED":
            now = self._clock.now()
            expression = expressions.of_rule(rule.scheduled_expression, now)
            self._clock.put(arn, Entry(expression, lambda due: self._bus.run_schedule(rule, due), now))

    def _put_events(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        if sum(_size_bytes(entry) for entry in entries) >= MAX_REQUEST_BYTES:
            raise ServiceError("ValidationException", "Total size of the entries in the request is over the limit.")
        results = [self._put_event(entry) for entry in entries]
        failed = sum("ErrorCode" in result for result in results)
        return {"FailedEntryCount": failed, "Entries": results}

    def _put_event(self, entry: Mapping[str, Any]) -> dict[str, str]:
        _check_bus(entry)
        for name in _REQUIRED:
            if not entry.get(name):
                reason = f"Parameter {name} is not valid. Reason: {name} is a required argument."
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
        if entry["Source"].startswith("aws."):
            return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        event = {
            "source": entry["Source"],
            "detail-type": entry["DetailType"],
            "resources": entry.get("Resources"),
            "detail": detail,
            "time": entry.get("Time"),
        }
        return {"EventId": self._bus.publish(event)}


def _size_bytes(entry: Mapping[str, Any]) -> int:
    texts = [*(entry.get(name) or "" for name in _REQUIRED), *(entry.get("Resources") or [])]
    return sum(len(text.encode()) for text in texts) + (_TIME_BYTES if entry.get("Time") else 0)


def _check_rule(body: Mapping[str, Any], now: float) -> None:
    pattern, expression = body.get("EventPattern"), body.get("ScheduleExpression")
    if not pattern and not expression:
        message = "Parameter(s) EventPattern or ScheduleExpression must be specified."
        raise ServiceError("ValidationException", message)
    if body.get("RoleArn") or body.get("State") not in (None, "ENABLED", "DISABLED"):
        raise unsupported("rules with a role, or that follow CloudTrail's management events")
    if pattern:
        _parse(pattern)
    if expression:
        try:
            expressions.of_rule(expression, now)
        except ValueError:
            raise ServiceError("ValidationException", "Parameter ScheduleExpression is not valid.") from None


def _test_pattern(body: Mapping[str, Any]) -> bool:
    test = _parse(body["EventPattern"])
    try:
        event = json.loads(body["Event"])
    except ValueError:
        raise ServiceError("ValidationException", "Parameter Event is not valid.") from None
    return test(event)


def _parse(pattern: str) -> patterns.Test:
    try:
        return patterns.parse(pattern)
    except patterns.PatternError as error:
        message = f"Event pattern is not valid. Reason: {error}"
        raise ServiceError("InvalidEventPatternException", message) from None


def _check_bus(named: Mapping[str, Any]) -> None:
    bus = named.get("EventBusName") or "default"
    if not _DEFAULT_BUS.fullmatch(bus):
        raise unsupported(f"the event bus {bus}; it has the default one alone")


def _json(content: dict[str, Any]) -> Response:
    return Response(json.dumps(content), content_type=_CONTENT_TYPE)
