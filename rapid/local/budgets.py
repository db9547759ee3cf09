"""AWS Budgets: budgets, their notifications and subscribers. What was spent is what Cost Explorer would say.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from . import input_constraints
from .clients import ACCOUNT_ID, Clients
from .server.planes import Forward
from .service_error import ServiceError, unsupported

MAX_NOTIFICATIONS = 10
"""A budget: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Notification.html."""
MAX_EMAIL_SUBSCRIBERS = 10
MAX_SNS_SUBSCRIBERS = 1
"""A notification: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html."""
_END = datetime(2087, 6, 15, tzinfo=UTC).timestamp()
_LIMITED = ("COST", "USAGE")
_UNKNOWN = ("AutoAdjustData", "BillingViewArn", "PlannedBudgetLimits")
_NOT_IN_NAMES = (":", "\\", "/action/")
_NOTHING = {"Amount": "0.0", "Unit": "USD"}
_COST_TYPES = {
    "IncludeCredit": True,
    "IncludeDiscount": True,
    "IncludeOtherSubscription": True,
    "IncludeRecurring": True,
    "IncludeRefund": True,
    "IncludeSubscription": True,
    "IncludeSupport": True,
    "IncludeTax": True,
    "IncludeUpfront": True,
    "UseAmortized": False,
    "UseBlended": False,
}
_Document = dict[str, Any]


class BudgetsService:
    """The budgets of the account."""

    def __init__(self, clients: Clients, spent: Callable[[Mapping[str, list[str]]], float]) -> None:
        """`spent` gives the dollars of this month by a budget's cost filters. Raises ServiceError for others."""
        self._spent = spent
        self._model = clients.client("budgets").meta.service_model
        self._budgets: dict[str, _Document] = {}
        # By budget: each notification with its subscribers.
        self._notifications: dict[str, list[tuple[_Document, list[_Document]]]] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._lock = threading.RLock()
        self._operations: dict[str, Callable[[_Document], _Document]] = {
            "CreateBudget": self._create,
            "CreateNotification": self._create_notification,
            "DeleteBudget": self._delete,
            "DeleteNotification": self._delete_notification,
            "DescribeBudget": lambda asked: {"Budget": self._found(asked["BudgetName"])},
            "DescribeBudgets": lambda _asked: {"Budgets": list(self._budgets.values())},
            "DescribeNotificationsForBudget": self._describe_notifications,
            "DescribeSubscribersForNotification": self._describe_subscribers,
            "ListTagsForResource": self._list_tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "UpdateBudget": self._update,
        }

    def handle(self, request: Request, _forward: Forward) -> Response:
        """Answer a request; raises ServiceError."""
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        asked = request.get_json(force=True, silent=True) or {}
        if name not in self._operations:
            raise unsupported(f"Budgets' {name}")
        input_constraints.check(self._model, name, request, "InvalidParameterException")
        if asked.get("AccountId", ACCOUNT_ID) != ACCOUNT_ID:
            raise ServiceError("AccessDeniedException", f"Account {asked['AccountId']} is not accessible.")
        with self._lock:
            answer = self._operations[name](asked)
        return Response(json.dumps(answer), content_type="application/x-amz-json-1.1")

    def names(self) -> list[str]:
        """All budgets that limit costs."""
        with self._lock:
            return [name for name, budget in self._budgets.items() if budget["BudgetType"] == "COST"]

    def limit(self, name: str) -> float:
        """What a budget allows, in dollars."""
        return float(self._budgets[name]["BudgetLimit"]["Amount"])

    def refresh(self, name: str) -> float:
        """Look at what was spent of a budget, in dollars, and keep it."""
        budget = self._budgets[name]
        spent = self._spent(budget.get("CostFilters") or {})
        budget["CalculatedSpend"] = {"ActualSpend": {"Amount": f"{spent:.6f}", "Unit": "USD"}}
        budget["LastUpdatedTime"] = time.time()
        return spent

    def watched(self, name: str) -> list[tuple[_Document, list[str]]]:
        """Notifications of what was spent, which may be changed, with the mailboxes that are told."""
        with self._lock:
            return [
                (notification, [it["Address"] for it in subscribers if it["SubscriptionType"] == "EMAIL"])
                for notification, subscribers in self._notifications[name]
                if notification["NotificationType"] == "ACTUAL"
            ]

    def _create(self, asked: _Document) -> _Document:
        name = asked["Budget"]["BudgetName"]
        if name in self._budgets:
            message = f"Error creating budget: {name} - the budget already exists."
            raise ServiceError("DuplicateRecordException", message)
        budget = _checked(asked["Budget"])
        notifications = [(item["Notification"], item["Subscribers"]) for item in _listed(asked)]
        for _, subscribers in notifications:
            _check_subscribers(subscribers)
        self._budgets[name] = budget
        self._notifications[name] = [(_notification(given), subscribers) for given, subscribers in notifications]
        self._tags[_arn(name)] = {tag["Key"]: tag["Value"] for tag in asked.get("ResourceTags") or []}
        return {}

    def _update(self, asked: _Document) -> _Document:
        self._found(asked["NewBudget"]["BudgetName"])
        self._budgets[asked["NewBudget"]["BudgetName"]] = _checked(asked["NewBudget"])
        return {}

    def _delete(self, asked: _Document) -> _Document:
        name = asked["BudgetName"]
        self._found(name)
        del self._budgets[name], self._notifications[name]
        self._tags.pop(_arn(name), None)
        return {}

    def _create_notification(self, asked: _Document) -> _Document:
        name = asked["BudgetName"]
        self._found(name)
        known = self._notifications[name]
        if any(_key(notification) == _key(asked["Notification"]) for notification, _ in known):
            raise ServiceError("DuplicateRecordException", "Error creating notification: it already exists.")
        if len(known) == MAX_NOTIFICATIONS:
            raise ServiceError("CreationLimitExceededException", "You've exceeded the notification limit.")
        _check_subscribers(asked["Subscribers"])
        known.append((_notification(asked["Notification"]), asked["Subscribers"]))
        return {}

    def _delete_notification(self, asked: _Document) -> _Document:
        self._notifications[asked["BudgetName"]].remove(self._entry(asked))
        return {}

    def _describe_notifications(self, asked: _Document) -> _Document:
        self._found(asked["BudgetName"])
        return {"Notifications": [notification for notification, _ in self._notifications[asked["BudgetName"]]]}

    def _describe_subscribers(self, asked: _Document) -> _Document:
        return {"Subscribers": self._entry(asked)[1]}

    def _list_tags(self, asked: _Document) -> _Document:
        return {"ResourceTags": [{"Key": key, "Value": value} for key, value in self._tagged(asked).items()]}

    def _tag(self, asked: _Document) -> _Document:
        self._tagged(asked).update({tag["Key"]: tag["Value"] for tag in asked["ResourceTags"]})
        return {}

    def _untag(self, asked: _Document) -> _Document:
        for key in asked["ResourceTagKeys"]:
            self._tagged(asked).pop(key, None)
        return {}

    def _found(self, name: str) -> _Document:
        if name not in self._budgets:
            message = f"Unable to get budget: {name} - the budget doesn't exist."
            raise ServiceError("NotFoundException", message)
        return self._budgets[name]

    def _entry(self, asked: _Document) -> tuple[_Document, list[_Document]]:
        self._found(asked["BudgetName"])
        for entry in self._notifications[asked["BudgetName"]]:
            if _key(entry[0]) == _key(asked["Notification"]):
                return entry
        raise ServiceError("NotFoundException", "Unable to get notification - the notification doesn't exist.")

    def _tagged(self, asked: _Document) -> dict[str, str]:
        if asked["ResourceARN"] not in self._tags:
            raise ServiceError("NotFoundException", f"The resource {asked['ResourceARN']} was not found.")
        return self._tags[asked["ResourceARN"]]


def _checked(asked: _Document) -> _Document:
    """A budget as it is kept; raises ServiceError."""
    given = {name: value for name, value in asked.items() if value is not None}
    for name in _UNKNOWN:
        if name in given:
            raise unsupported(f"budgets with {name}")
    if given["BudgetType"] not in _LIMITED:
        raise unsupported(f"budgets of the type {given['BudgetType']}")
    if any(part in given["BudgetName"] for part in _NOT_IN_NAMES):
        raise _invalid('The : and \\ characters, and the "/action/" substring, aren\'t allowed in BudgetName.')
    limit = given.get("BudgetLimit")
    if limit is None:
        message = "please provide one of the followings: Budget Limit/ Planned Budget Limit/ Auto Adjust Data"
        raise _invalid(f"Unable to create/update budget - {message}")
    if float(limit["Amount"]) <= 0:
        raise _invalid("Budget limit must be greater than zero.")
    period = {"Start": _start(), "End": _END, **given.get("TimePeriod", {})}
    if not period["Start"] < period["End"] <= _END:
        raise _invalid("The start date must come before the end date, which must come before 06/15/87 00:00 UTC.")
    cost_types = {"CostTypes": {**_COST_TYPES, **given.get("CostTypes", {})}} if given["BudgetType"] == "COST" else {}
    spend = {"ActualSpend": {**_NOTHING, "Unit": limit["Unit"]}}
    more = {"TimePeriod": period, "CalculatedSpend": spend, "LastUpdatedTime": time.time()}
    return {**given, **cost_types, **more}


def _start() -> float:
    return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()


def _listed(asked: _Document) -> list[_Document]:
    return asked.get("NotificationsWithSubscribers") or []


def _notification(asked: Mapping[str, Any]) -> _Document:
    return {**asked, "ThresholdType": asked.get("ThresholdType") or "PERCENTAGE", "NotificationState": "OK"}


def _key(notification: Mapping[str, Any]) -> tuple[Any, ...]:
    threshold = float(notification["Threshold"])
    kind = notification.get("ThresholdType") or "PERCENTAGE"
    return notification["NotificationType"], notification["ComparisonOperator"], threshold, kind


def _check_subscribers(subscribers: list[_Document]) -> None:
    for kind, most in (("SNS", MAX_SNS_SUBSCRIBERS), ("EMAIL", MAX_EMAIL_SUBSCRIBERS)):
        if sum(subscriber["SubscriptionType"] == kind for subscriber in subscribers) > most:
            message = f"A notification can have {most} {kind} subscribers at most."
            raise ServiceError("CreationLimitExceededException", message)


def _arn(name: str) -> str:
    return f"arn:aws:budgets::{ACCOUNT_ID}:budget/{name}"


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterException", message)
