"""Budgets and their notifications. What makes a replacement: internal/service/budgets/budget.go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rapid.local.clients import ACCOUNT_ID
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import AutoName, ResourceType, tags

_RENAMES = {"limitAmount": "BudgetLimit.Amount", "limitUnit": "BudgetLimit.Unit", "name": "BudgetName"}
_TIME = "%Y-%m-%d_%H:%M"
_SUBSCRIBERS = {"subscriberEmailAddresses": "EMAIL", "subscriberSnsTopicArns": "SNS"}


def _budget(work: Creation, operation: str, member: str) -> dict[str, Any]:
    """The budget alone, as the API takes it; raises PropertyError."""
    period = {}
    for name, moment in (("timePeriodStart", "Start"), ("timePeriodEnd", "End")):
        text = work.take(name)
        if text is not None:
            period[moment] = _time(name, text)
    filters = {filter_["name"]: list(filter_["values"]) for filter_ in work.take("costFilters") or []}
    budget = work.convert(f"{operation}.{member}", work.rest(), _RENAMES)
    return {**budget, **({"CostFilters": filters} if filters else {}), **({"TimePeriod": period} if period else {})}


def _time(name: str, text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise PropertyError(name, f"takes a time such as 2030-01-31_00:00, not {text!r}") from None


def _notifications(work: Creation, listed: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each as CreateNotification takes it, beside the budget's name; raises PropertyError."""
    found = []
    for index, given in enumerate(listed):
        notification = {name: value for name, value in given.items() if name not in _SUBSCRIBERS}
        found.append(
            {
                "Notification": work.convert(
                    "CreateNotification.Notification", notification, within=f"notifications[{index}]"
                ),
                "Subscribers": [
                    {"SubscriptionType": kind, "Address": address}
                    for name, kind in _SUBSCRIBERS.items()
                    for address in given.get(name) or []
                ],
            }
        )
    return found


def _create(creation: Creation) -> Created:
    account = creation.take("accountId") or ACCOUNT_ID
    notifications = _notifications(creation, creation.take("notifications") or [])
    labels = creation.take("tags")
    tagged = creation.convert("CreateBudget", {"tags": labels}, {"tags": "ResourceTags"}) if labels else {}
    budget = _budget(creation, "CreateBudget", "Budget")
    name = budget["BudgetName"]
    creation.call("CreateBudget", AccountId=account, Budget=budget, **tagged)
    creation.begun = f"{account}:{name}"
    for notification in notifications:
        creation.call("CreateNotification", AccountId=account, BudgetName=name, **notification)
    return Created(creation.begun, {"accountId": account, "arn": f"arn:aws:budgets::{account}:budget/{name}"})


def _update(update: Update) -> None:
    account, name = update.id.split(":", 1)
    update.take("accountId")
    wanted = _notifications(update, update.take("notifications") or [])
    update.call("UpdateBudget", AccountId=account, NewBudget=_budget(update, "UpdateBudget", "NewBudget"))
    if "notifications" in update.changed:
        for before in _notifications(update, update.inputs_before.get("notifications") or []):
            notification = before["Notification"]
            update.call("DeleteNotification", AccountId=account, BudgetName=name, Notification=notification)
        for notification in wanted:
            update.call("CreateNotification", AccountId=account, BudgetName=name, **notification)


def _delete(deletion: Deletion) -> None:
    account, name = deletion.id.split(":", 1)
    deletion.call("DeleteBudget", AccountId=account, BudgetName=name)


ROWS = (
    ResourceType(
        "aws:budgets/budget:Budget",
        "budgets",
        _create,
        _delete,
        AutoName(100),
        replace_on=("accountId", "name", "namePrefix"),
        updates=(tags(),),
        update=_update,
        find=lambda made: [f"{made.value('accountId') or ACCOUNT_ID}:{made.value('name')}"],
    ),
)
