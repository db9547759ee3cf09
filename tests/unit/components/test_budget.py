import pytest

from components.budget import Budget
from tests.unit.components.engine import ACCOUNT

TAGS = {"Project": "rapid-analytics", "rapid-analytics:stack": "rapid-analytics/prod"}


@pytest.fixture
def budget(deploy):
    def build(**args):
        return (
            deploy(lambda: Budget("budget", {"account_id": ACCOUNT, "tags": TAGS, **args}))
            .one("Budget", "budget-monthly")
            .inputs
        )

    return build


def test_a_stack_may_cost_900_dollars_a_month_unless_it_says_otherwise(budget):
    assert {key: budget()[key] for key in ("limitAmount", "limitUnit", "timeUnit", "budgetType")} == {
        "limitAmount": "900",
        "limitUnit": "USD",
        "timeUnit": "MONTHLY",
        "budgetType": "COST",
    }
    assert budget(dollars=50)["limitAmount"] == "50"


def test_only_what_is_tagged_as_the_stack_s_counts(budget):
    (only,) = budget()["costFilters"]
    assert only == {"name": "TagKeyValue", "values": ["user:rapid-analytics:stack$rapid-analytics/prod"]}


def test_half_four_fifths_all_of_it_and_a_forecast_of_all_are_told_by_mail(budget):
    notifications = budget(email="ops@example.com")["notifications"]
    assert [(it["notificationType"], it["threshold"]) for it in notifications] == [
        ("ACTUAL", 50),
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]
    for it in notifications:
        assert it["subscriberEmailAddresses"] == ["ops@example.com"]
        assert (it["comparisonOperator"], it["thresholdType"]) == ("GREATER_THAN", "PERCENTAGE")


def test_without_an_address_nobody_is_told(budget):
    assert not budget().get("notifications")
