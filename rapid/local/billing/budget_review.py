"""What AWS Budgets does by itself: three times a day it looks at what was spent, and mails who is to hear of it.

https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
What was spent is what the local cloud's Cost Explorer says. Forecasts need a history, so nobody hears of one here.
"""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Any

from ..budgets import BudgetsService
from ..events.clock import Clock, Entry
from ..outbox import Outbox

ENTRY = "budgets.amazonaws.com"
"""What the clock knows it by."""
SECONDS = 8 * 3600
_SENDER = Address("AWS Budgets", "budgets", "costalerts.amazonaws.com")
_EXCEEDED = {"GREATER_THAN": operator.gt, "LESS_THAN": operator.lt, "EQUAL_TO": operator.eq}


@dataclass(frozen=True)
class EveryEightHours:
    """At midnight, at eight and at four in the afternoon, UTC."""

    def next_after(self, moment: float) -> float | None:
        """As of Expression."""
        return moment // SECONDS * SECONDS + SECONDS


class BudgetReview:
    """Follows the budgets of a local cloud."""

    def __init__(self, budgets: BudgetsService, outbox: Outbox, clock: Clock) -> None:
        self._budgets, self._outbox = budgets, outbox
        clock.put(ENTRY, Entry(EveryEightHours(), self.look, clock.ahead(), goes_ahead=True))

    def look(self, moment: float) -> dict[str, str]:
        """Look at all budgets now; who was told, by budget."""
        told: dict[str, str] = {}
        for name in self._budgets.names():
            watched = self._budgets.watched(name)
            spent = self._budgets.refresh(name)
            for notification, addresses in watched:
                if self._is_new(name, notification, spent):
                    told[name] = f"told {', '.join(addresses)}"
                    for address in addresses:
                        subject = f"AWS Budgets: {name} has exceeded your alert threshold"
                        self._outbox.send(_SENDER, address, subject, self._text(name, notification, spent), moment)
        return told

    def _is_new(self, name: str, notification: dict[str, Any], spent: float) -> bool:
        """Whether a notification has come to be exceeded; it keeps its state."""
        before = notification["NotificationState"]
        is_exceeded = bool(_EXCEEDED[notification["ComparisonOperator"]](spent, self._threshold(name, notification)))
        notification["NotificationState"] = "ALARM" if is_exceeded else "OK"
        return is_exceeded and before == "OK"

    def _threshold(self, name: str, notification: Mapping[str, Any]) -> float:
        share = float(notification["Threshold"])
        return share * self._budgets.limit(name) / 100 if notification["ThresholdType"] == "PERCENTAGE" else share

    def _text(self, name: str, notification: Mapping[str, Any], spent: float) -> str:
        return (
            f"Budget name: {name}\n"
            f"Budgeted amount: ${self._budgets.limit(name):,.2f}\n"
            f"Alert type: {notification['NotificationType']}\n"
            f"Alert threshold: > ${self._threshold(name, notification):,.6g}\n"
            f"{notification['NotificationType']} amount: ${spent:,.6g}\n"
        )
