"""Budgets and their notifications, kept within AWS's limits."""

from datetime import UTC
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .cloud_rig import ACCOUNT_ID, Rig

API = "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_"


def budget(name: str, **more: Any) -> dict[str, Any]:
    limit = {"BudgetLimit": {"Amount": "100", "Unit": "USD"}}
    return {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", **limit, **more}


def notification(percent: float, **more: Any) -> dict[str, Any]:
    return {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": percent, **more}


def mail(number: int = 0) -> dict[str, str]:
    return {"SubscriptionType": "EMAIL", "Address": f"owner{number}@example.com"}


@pytest.fixture
def made(rig: Rig) -> dict[str, str]:
    """Where a budget of $100 a month is."""
    name = rig.name("budget")
    rig.aws("budgets").create_budget(AccountId=ACCOUNT_ID, Budget=budget(name))
    return {"AccountId": ACCOUNT_ID, "BudgetName": name}


@pytest.mark.aws("Budgets", "Budgets", f"{API}CreateBudget.html")
def test_a_budget_is_described_with_what_aws_adds(rig: Rig, made: dict[str, str]) -> None:
    found = rig.aws("budgets").describe_budget(**made)["Budget"]
    assert found["CalculatedSpend"]["ActualSpend"] == {"Amount": "0.0", "Unit": "USD"}
    assert found["CostTypes"]["IncludeTax"] is True
    assert found["CostTypes"]["UseBlended"] is False
    assert found["TimePeriod"]["Start"].astimezone(UTC).day == 1
    assert found["TimePeriod"]["End"].year == 2087


@pytest.mark.aws("Budgets", "Budgets", f"{API}CreateBudget.html")
def test_a_budget_that_there_is_or_that_there_is_not_is_told(rig: Rig, made: dict[str, str]) -> None:
    budgets = rig.aws("budgets")
    with pytest.raises(ClientError, match="DuplicateRecordException"):
        budgets.create_budget(AccountId=ACCOUNT_ID, Budget=budget(made["BudgetName"]))
    budgets.delete_budget(**made)
    with pytest.raises(ClientError, match="NotFoundException"):
        budgets.describe_budget(**made)
    with pytest.raises(ClientError, match="NotFoundException"):
        budgets.update_budget(AccountId=ACCOUNT_ID, NewBudget=budget(made["BudgetName"]))


@pytest.mark.aws("Budgets", "Limits", f"{API}Budget.html")
@pytest.mark.parametrize(
    "wrong",
    [
        {"BudgetName": "a:b"},
        {"BudgetName": "x" * 101},
        {"BudgetLimit": {"Amount": "0", "Unit": "USD"}},
        {"BudgetLimit": {"Amount": "-1", "Unit": "USD"}},
        {"BudgetLimit": None},
        {"TimeUnit": "WEEKLY"},
        {"TimePeriod": {"Start": 1_800_000_000, "End": 1_700_000_000}},
    ],
    ids=str,
)
def test_a_budget_that_breaks_a_rule_is_refused(rig: Rig, wrong: dict[str, Any]) -> None:
    asked = {name: value for name, value in {**budget(rig.name("budget")), **wrong}.items() if value is not None}
    with pytest.raises(ClientError, match="InvalidParameterException"):
        rig.aws("budgets").create_budget(AccountId=ACCOUNT_ID, Budget=asked)


@pytest.mark.aws("Budgets", "Notifications", f"{API}CreateNotification.html")
def test_notifications_are_told_apart_by_what_they_watch(rig: Rig, made: dict[str, str]) -> None:
    budgets = rig.aws("budgets")
    budgets.create_notification(**made, Notification=notification(50), Subscribers=[mail()])
    same = notification(50, ThresholdType="PERCENTAGE")
    with pytest.raises(ClientError, match="DuplicateRecordException"):
        budgets.create_notification(**made, Notification=same, Subscribers=[mail(1)])
    forecast = {**notification(50), "NotificationType": "FORECASTED"}
    budgets.create_notification(**made, Notification=forecast, Subscribers=[mail()])
    budgets.delete_notification(**made, Notification=notification(50))
    left = budgets.describe_notifications_for_budget(**made)["Notifications"]
    assert [(item["NotificationType"], item["NotificationState"]) for item in left] == [("FORECASTED", "OK")]
    with pytest.raises(ClientError, match="NotFoundException"):
        budgets.describe_subscribers_for_notification(**made, Notification=notification(50))


@pytest.mark.aws("Budgets", "Limits", f"{API}CreateBudget.html")
def test_a_notification_tells_ten_mailboxes_and_one_topic_at_most(rig: Rig, made: dict[str, str]) -> None:
    topics = [{"SubscriptionType": "SNS", "Address": f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:{n}"} for n in "ab"]
    budgets = rig.aws("budgets")
    for too_many in ([mail(number) for number in range(11)], topics):
        with pytest.raises(ClientError, match="CreationLimitExceededException"):
            budgets.create_notification(**made, Notification=notification(50), Subscribers=too_many)
    most = [*(mail(number) for number in range(10)), topics[0]]
    budgets.create_notification(**made, Notification=notification(50), Subscribers=most)
    assert budgets.describe_subscribers_for_notification(**made, Notification=notification(50))["Subscribers"] == most


@pytest.mark.aws("Budgets", "Limits", f"{API}Notification.html")
def test_a_budget_has_ten_notifications_at_most(rig: Rig, made: dict[str, str]) -> None:
    budgets = rig.aws("budgets")
    for percent in range(10):
        budgets.create_notification(**made, Notification=notification(percent), Subscribers=[mail()])
    with pytest.raises(ClientError, match="CreationLimitExceededException"):
        budgets.create_notification(**made, Notification=notification(99), Subscribers=[mail()])
