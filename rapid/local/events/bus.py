"""The default event bus: events go to the targets of the rules that they match.

The definitions are moto's. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from moto.events.models import Rule, events_backends

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError
from . import patterns, target_input
from .clock import utc_text
from .deliveries import Deliveries, Delivery, DeliveryError, Failure, retry_policy
from .targets import Source, Targets, attributes

_log = logging.getLogger(__name__)

PRINCIPAL = "events.amazonaws.com"


class Bus:
    """Gives events to the targets of rules."""

    def __init__(self, region: str, targets: Targets, deliveries: Deliveries, now: Callable[[], float]) -> None:
        self._region = region
        self._targets = targets
        self._deliveries = deliveries
        self._now = now

    def rules(self) -> Mapping[str, Rule]:
        """The rules by name."""
        found: dict[str, Rule] = events_backends[ACCOUNT_ID][self._region].event_buses["default"].rules
        return found

    def publish(self, event: Mapping[str, Any]) -> str:
        """Take an event in: source, detail-type, detail, and what else it has; its id."""
        complete = self.complete(event, event.get("time") or self._now())
        for rule in list(self.rules().values()):
            pattern = rule.event_pattern.dump()
            if rule.state == "ENABLED" and pattern and patterns.parse(pattern)(complete):
                for target in list(rule.targets):
                    self._start(rule, target, complete)
        return str(complete["id"])

    def run_schedule(self, rule: Rule, moment: float) -> str:
        """Tell the targets of a rule that it is due; what came of it."""
        scheduled = {"source": "aws.events", "detail-type": "Scheduled Event", "resources": [rule.arn], "detail": {}}
        event = self.complete(scheduled, moment)
        outcomes = [
            f"{target['Arn']} {self._deliveries.carry_out(self._delivery(rule, target, event))}"
            for target in list(rule.targets)
        ]
        return ", ".join(outcomes) or "no targets"

    def complete(self, event: Mapping[str, Any], moment: float) -> dict[str, Any]:
        """An event as targets see it."""
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": event["detail-type"],
            "source": event["source"],
            "account": ACCOUNT_ID,
            "time": utc_text(moment),
            "region": self._region,
            "resources": event.get("resources") or [],
            "detail": event["detail"],
        }

    def _start(self, rule: Rule, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        try:
            self._deliveries.start(self._delivery(rule, target, event))
        except ServiceError as error:
            _log.error("An event for the rule %s is lost: %s", rule.name, error.message)

    def _delivery(self, rule: Rule, target: Mapping[str, Any], event: Mapping[str, Any]) -> Delivery:
        source = Source(PRINCIPAL, rule.arn)
        named = {
            "aws.events.rule-arn": rule.arn,
            "aws.events.rule-name": rule.name,
            "aws.events.event.ingestion-time": str(event["time"]),
        }
        text = target_input.of(target, event, named)
        message = {name: value for name, value in (target.get("SqsParameters") or {}).items() if value}

        def send(attempt: int) -> None:
            self._targets.send(target["Arn"], source, text, **message)

        def give_up(failure: Failure) -> None:
            self._give_up(rule, target, text, failure)

        return Delivery(send, give_up, retry_policy(target), len(text))

    def _give_up(self, rule: Rule, target: Mapping[str, Any], text: str, failure: Failure) -> None:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html."""
        _log.warning("The rule %s could not deliver an event to %s: %s", rule.name, target["Arn"], failure.error)
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        described = attributes(
            {
                "RULE_ARN": rule.arn,
                "TARGET_ARN": target["Arn"],
                "ERROR_CODE": failure.error.code,
                "ERROR_MESSAGE": failure.error.message,
                "EXHAUSTED_RETRY_CONDITION": failure.condition,
                "RETRY_ATTEMPTS": str(failure.retries),
            }
        )
        try:
            self._targets.send(queue, Source(PRINCIPAL, rule.arn), text, MessageAttributes=described)
        except DeliveryError as error:
            _log.warning("The dead-letter queue %s did not take an event: %s", queue, error)
