"""EventBridge: the default bus, which has S3's events of objects and Glue's of runs that ended, and rules by which
functions hear of them.

moto keeps the definitions, which are checked before. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html
"""

import json
import logging
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from moto.events.models import Rule, events_backends
from werkzeug import Request, Response

from .. import input_constraints
from ..clients import ACCOUNT_ID, Clients
from ..cloudwatch.metrics import Metrics
from ..lambda_runtime import LambdaPlane
from ..server.planes import Forward
from ..service_error import ServiceError, unsupported
from . import patterns
from .rule_metrics import RuleMetrics

_log = logging.getLogger(__name__)

PRINCIPAL = "events.amazonaws.com"
MAX_TARGETS = 5
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html, a rule."""
EVENTS = {"aws.s3": ("Object Created", "Object Deleted"), "aws.glue": ("Glue Job State Change",)}
"""Detail types by source, of which every pattern says some: the bus has no other events."""
_FORWARDED = frozenset(
    {
        "DeleteRule",
        "DescribeEventBus",
        "DescribeRule",
        "ListRules",
        "ListTagsForResource",
        "ListTargetsByRule",
        "PutRule",
        "PutTargets",
        "RemoveTargets",
        "TagResource",
        "UntagResource",
    }
)
_DEFAULT_BUS = re.compile(r"(arn:aws:events:[^:]+:\d{12}:event-bus/)?default")
_FUNCTION = re.compile(r"arn:aws:lambda:(?P<region>[^:]+):\d{12}:function:[\w-]+(:[\w$-]+)?")
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html: a Glue workflow, but no Glue job.
_MISTAKEN = re.compile(r"arn:aws:glue:[^:]+:\d{12}:job/.+|arn:aws:lambda:.*|(?!arn:).*")


class EventBridgeService:
    """The default event bus and its rules."""

    def __init__(self, clients: Clients, functions: LambdaPlane, metrics: Metrics) -> None:
        self._clients = clients
        self._functions = functions
        self._metrics = RuleMetrics(metrics)

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request."""
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        body = request.get_json(force=True, silent=True) or {}
        input_constraints.check(self._clients.client("events").meta.service_model, name, request, "ValidationException")
        if name not in _FORWARDED:
            raise unsupported(f"EventBridge's {name}")
        bus = body.get("EventBusName") or "default"
        if not _DEFAULT_BUS.fullmatch(bus):
            raise unsupported(f"the event bus {bus}; it has the default one alone")
        if name == "PutRule":
            _check_rule(body)
        if name == "PutTargets":
            rule = self._rules().get(body["Rule"])
            self._check_targets(body["Targets"], rule.targets if rule else [])
        return forward()

    def publish(self, event: Mapping[str, Any]) -> None:
        """Take in an event without what the bus adds, and tell the functions of the rules that it matches."""
        added = {"version": "0", "id": str(uuid.uuid4()), "account": ACCOUNT_ID, "region": self._clients.region}
        complete = {**added, **event}
        for rule in list(self._rules().values()):
            if rule.state == "ENABLED" and patterns.parse(rule.event_pattern.dump())(complete):
                self._metrics.matched(rule.name)
                for target in list(rule.targets):
                    self._tell(rule, target["Arn"], json.dumps(complete))

    def _rules(self) -> Mapping[str, Rule]:
        found: dict[str, Rule] = events_backends[ACCOUNT_ID][self._clients.region].event_buses["default"].rules
        return found

    def _tell(self, rule: Rule, function: str, text: str) -> None:
        """Invoke a function if its policy lets the rule in.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
        """
        try:
            if not self._functions.allows(function, PRINCIPAL, rule.arn):
                message = f"the policy of {function} does not let {PRINCIPAL} in on behalf of {rule.arn}"
                raise ServiceError("NO_PERMISSIONS", message)
            self._functions.accept(function, text.encode())
            self._metrics.told(rule.name, has_failed=False)
        except ServiceError as error:
            self._metrics.told(rule.name, has_failed=True)
            # What is put into a bucket is put, whoever may hear of it.
            _log.warning("The rule %s could not tell %s of an event: %s", rule.name, function, error.message)

    def _check_targets(self, targets: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]]) -> None:
        if len({target["Id"] for target in (*targets, *known)}) > MAX_TARGETS:
            raise ServiceError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        for target in targets:
            arn = target["Arn"]
            found = _FUNCTION.fullmatch(arn)
            if not found and not _MISTAKEN.fullmatch(arn):
                raise unsupported(f"{arn} as the target of a rule")
            if not found or found["region"] != self._clients.region:
                raise _invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")
            unknown = sorted(name for name in target if name not in ("Arn", "Id") and target[name] is not None)
            if unknown:
                raise unsupported(f"targets of rules with {', '.join(unknown)}")


def _check_rule(body: Mapping[str, Any]) -> None:
    for name in ("ScheduleExpression", "RoleArn"):
        if body.get(name):
            raise unsupported(f"rules with {name}")
    if body.get("State") not in (None, "ENABLED", "DISABLED"):
        raise unsupported(f"rules in the state {body['State']}")
    text = body.get("EventPattern")
    if not text:
        raise _invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    try:
        patterns.parse(text)
    except patterns.PatternError as error:
        message = f"Event pattern is not valid. Reason: {error}"
        raise ServiceError("InvalidEventPatternException", message) from None
    pattern = json.loads(text)
    if not any(pattern.get("source") == [source] and _says(pattern, kinds) for source, kinds in EVENTS.items()):
        known = " or ".join(f"{source} and of its detail types {', '.join(kinds)}" for source, kinds in EVENTS.items())
        raise unsupported(f"rules whose pattern does not say {known}: its bus has no other events")


def _says(pattern: Mapping[str, Any], kinds: Sequence[str]) -> bool:
    wanted = pattern.get("detail-type")
    return isinstance(wanted, list) and all(kind in kinds for kind in wanted)


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
