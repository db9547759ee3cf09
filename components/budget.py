"""What a stack may cost a month, and who hears of it when it costs more."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.stack_tags import STACK_TAG

DEFAULT_DOLLARS = 900
"""What the platform was to cost a month at most, all of its users included, when it was asked for."""
ACTUAL_PERCENTAGES = (50, 80, 100)
"""Shares of the budget that are told once they are spent."""
FORECAST_PERCENTAGE = 100
"""Share that is told once the month is forecast to end above it. AWS forecasts after about five weeks of use
(https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html)."""


class Spending(TypedDict):
    """What a stack may cost, and who is told."""

    dollars: NotRequired[pulumi.Input[int]]
    """US dollars a month; DEFAULT_DOLLARS unless it is given."""
    tags: Mapping[str, str]
    """The tags of the stack. Counted is what carries STACK_TAG as it is here, once that is activated as a cost
    allocation tag (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html)."""
    email: NotRequired[str]
    """Who is told, at once and without confirming it first; nobody unless it is given."""


class BudgetArgs(Spending):
    """Inputs of Budget."""

    account_id: pulumi.Input[str]
    """The AWS account that pays."""


class Budget(pulumi.ComponentResource):
    """A monthly budget for what is tagged as the stack's. It tells, and stops nothing.

    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
    """

    name: pulumi.Output[str]
    """Name of the budget."""
    arn: pulumi.Output[str]
    """ARN of the budget."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Budget", name, {}, opts)
        email = args.get("email")
        budget = aws.budgets.Budget(
            f"{name}-monthly",
            account_id=args["account_id"],
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=pulumi.Output.from_input(args.get("dollars", DEFAULT_DOLLARS)).apply(str),
            limit_unit="USD",
            # https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create-filters.html
            cost_filters=[{"name": "TagKeyValue", "values": [f"user:{STACK_TAG}${args['tags'][STACK_TAG]}"]}],
            notifications=_notifications(email) if email else [],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name, self.arn = budget.name, budget.arn
        self.outputs = {"budget": self.name, "stack_tag": args["tags"][STACK_TAG]}
        self.register_outputs(self.outputs)


def _notifications(email: str) -> list[aws.budgets.BudgetNotificationArgsDict]:
    told = [*(("ACTUAL", share) for share in ACTUAL_PERCENTAGES), ("FORECASTED", FORECAST_PERCENTAGE)]
    return [
        {
            "notification_type": kind,
            "comparison_operator": "GREATER_THAN",
            "threshold": share,
            "threshold_type": "PERCENTAGE",
            "subscriber_email_addresses": [email],
        }
        for kind, share in told
    ]
