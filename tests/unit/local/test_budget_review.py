"""What AWS Budgets does by itself: spending is looked at every eight hours, and mails go out once."""

from typing import Any

import pytest

from .cloud_rig import ACCOUNT_ID, Rig

PAGE = "https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html"


def mails(rig: Rig, subject: str) -> list[dict[str, Any]]:
    found = rig.http.request("GET", f"{rig.url}/_rapid/outbox").json()["mails"]
    return [mail for mail in found if subject in mail["subject"]]


def tick(rig: Rig) -> list[dict[str, str]]:
    answer = rig.http.request("POST", f"{rig.url}/_rapid/tick", json={"until": "+8h"})
    return answer.json()["runs"]


@pytest.mark.aws("Budgets", "Budgets", PAGE)
def test_who_is_to_hear_of_a_budget_is_mailed_once_when_it_is_exceeded(rig: Rig) -> None:
    key, name, sqs = rig.name("tag"), rig.name("budget"), rig.aws("sqs")
    queue = sqs.create_queue(QueueName=rig.name("queue"), tags={key: "mine"})["QueueUrl"]
    limit = {"Amount": "0.000004", "Unit": "USD"}
    notifications = [
        {
            "Notification": {
                "NotificationType": kind,
                "ComparisonOperator": "GREATER_THAN",
                "Threshold": threshold,
            },
            "Subscribers": [{"SubscriptionType": "EMAIL", "Address": f"at{threshold}@example.com"}],
        }
        for kind, threshold in (("ACTUAL", 50), ("ACTUAL", 100), ("FORECASTED", 100))
    ]
    rig.aws("budgets").create_budget(
        AccountId=ACCOUNT_ID,
        Budget={
            "BudgetName": name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": limit,
            "CostFilters": {"TagKeyValue": [f"user:{key}$mine"]},
        },
        NotificationsWithSubscribers=notifications,
    )

    def send(count: int) -> None:
        for _ in range(count):
            sqs.send_message(QueueUrl=queue, MessageBody="x")

    # Seven of a million at $0.40 are $0.0000028: more than half of the limit, and less than all of it.
    send(7)
    tick(rig)
    assert mails(rig, name) == []  # the tag is not activated yet
    rig.aws("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": key, "Status": "Active"}])
    assert [run["outcome"] for run in tick(rig) if run["name"] == name] == ["told at50@example.com"]
    (mail,) = mails(rig, name)
    assert mail["to"] == "at50@example.com"
    assert mail["subject"] == f"AWS Budgets: {name} has exceeded your alert threshold"
    tick(rig)
    assert len(mails(rig, name)) == 1
    send(4)
    tick(rig)
    assert [mail["to"] for mail in mails(rig, name)] == ["at100@example.com", "at50@example.com"]
    found = rig.aws("budgets").describe_budget(AccountId=ACCOUNT_ID, BudgetName=name)["Budget"]
    assert float(found["CalculatedSpend"]["ActualSpend"]["Amount"]) == pytest.approx(0.0000044, abs=1e-6)
    states = rig.aws("budgets").describe_notifications_for_budget(AccountId=ACCOUNT_ID, BudgetName=name)
    assert [it["NotificationState"] for it in states["Notifications"]] == ["ALARM", "ALARM", "OK"]


@pytest.mark.aws("Budgets", "Budgets", PAGE)
def test_what_was_spent_of_a_budget_that_tells_nobody_is_looked_at_all_the_same(rig: Rig) -> None:
    key, name, sqs = rig.name("tag"), rig.name("budget"), rig.aws("sqs")
    queue = sqs.create_queue(QueueName=rig.name("queue"), tags={key: "mine"})["QueueUrl"]
    limit = {"Amount": "1", "Unit": "USD"}
    filters = {"TagKeyValue": [f"user:{key}$mine"]}
    described = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}
    rig.aws("budgets").create_budget(AccountId=ACCOUNT_ID, Budget={**described, "CostFilters": filters})
    rig.aws("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": key, "Status": "Active"}])
    for _ in range(5):
        sqs.send_message(QueueUrl=queue, MessageBody="x")
    tick(rig)
    found = rig.aws("budgets").describe_budget(AccountId=ACCOUNT_ID, BudgetName=name)["Budget"]
    assert float(found["CalculatedSpend"]["ActualSpend"]["Amount"]) == pytest.approx(0.000002, abs=1e-9)
