"""`rapid cost`: what a stack has cost, as Cost Explorer has it by the stack's tag.

On AWS each page of an answer costs $0.01 (https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/), so it
is asked once for costs by day and service, and once for the forecast.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from components.stack_tags import STACK_TAG
from rapid.cost.load import Load
from rapid.cost.prices import DAYS_A_MONTH

from .athena import Column, Result
from .console import say
from .errors import CommandError
from .rows import print_table
from .target import LocalStack, Target, find

_METRIC = "UnblendedCost"
_NOT_ENABLED = "not enabled for cost explorer"
_LINKED = "Linked account"


@dataclass(frozen=True)
class Period:
    """Days of which costs are asked, in UTC."""

    begin: date
    end: date
    """The day after the last."""

    @property
    def days(self) -> int:
        """How many there are."""
        return (self.end - self.begin).days


@dataclass(frozen=True)
class Spent:
    """What Cost Explorer has of a stack, in dollars."""

    by_service: Mapping[str, float]
    by_day: Mapping[str, float]

    @property
    def dollars(self) -> float:
        """All of it."""
        return sum(self.by_service.values())


def last_days(days: int) -> Period:
    """The days up to today, which is one of them."""
    tomorrow = _today() + timedelta(days=1)
    return Period(tomorrow - timedelta(days=days), tomorrow)


def month(text: str) -> Period:
    """A month written as YYYY-MM, the present one up to today. Raises CommandError for any other text."""
    try:
        begin = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise CommandError(f"--month: {text!r} is no month; write it as YYYY-MM, such as {_today():%Y-%m}") from None
    if begin > _today():
        raise CommandError(f"--month: {text} has not begun")
    return Period(begin, min(_next_month(begin), _today() + timedelta(days=1)))


def this_month() -> str:
    """The present month as YYYY-MM."""
    return f"{_today():%Y-%m}"


def run(period: Period, *, by_day: bool, as_json: bool) -> None:
    """Print what the stack cost, beside its estimate and its budget. Raises CommandError."""
    stack = find()
    tag = tag_of(stack)
    is_present = period.end > _today()
    with _asked():
        spent = _spent(stack.client("ce"), tag, period)
        if not spent.dollars:
            _explain_nothing(stack.client("ce"), tag)
        forecast = _forecast(stack.client("ce"), tag, spent) if is_present else None
    budget = _budget(stack)
    estimated = {} if by_day and not as_json else _estimated(tag, period)
    if as_json:
        document = {
            "tag": f"{STACK_TAG}={tag}",
            "from": period.begin.isoformat(),
            "until": period.end.isoformat(),
            "dollars": spent.dollars,
            "by_service": spent.by_service,
            "by_day": spent.by_day,
            "forecast_of_the_month_dollars": forecast,
            "estimated_by_service": estimated,
            "budget_dollars": budget,
        }
        say(json.dumps(document, indent=2))
        return
    say(f"What carries {STACK_TAG}={tag}, {period.begin} to {period.end - timedelta(days=1)} (UTC), in US dollars:")
    print_table(_days(spent) if by_day else _services(spent, estimated), with_count=False)
    if not by_day:
        say(f"The estimate is what `rapid estimate` says for its own load, for {period.days} of a month's days.")
    if budget is not None:
        say(f"Budget: ${budget:,.2f} a month.")
    if is_present:
        expected = "none yet; Cost Explorer makes one after some weeks" if forecast is None else f"${forecast:,.2f}"
        say(f"Forecast of this month: {expected}.")
    if isinstance(stack, LocalStack):
        say("Nothing is billed here: the local cloud counted what was used, and these are AWS's prices for it.")
    else:
        say("Cost Explorer is up to a day behind. What carries no tag, as users and SPICE of QuickSight, is not in it.")


def activate() -> None:
    """Let bills be split by the stack's tag from now on. Raises CommandError."""
    client = find().client("ce")
    with _asked():
        wanted = [{"TagKey": STACK_TAG, "Status": "Active"}]
        failed = client.update_cost_allocation_tags_status(CostAllocationTagsStatus=wanted)["Errors"]
    if failed:
        raise CommandError(f"{STACK_TAG} cannot be activated: {failed[0]['Message']}; {_UNSEEN}")
    say(f"{STACK_TAG} is a cost allocation tag now; on AWS, costs from now on are split by it within a day.")


_UNSEEN = "AWS knows a tag in bills up to a day after the first resource carried it, so try again then"


def tag_of(stack: Target) -> str:
    """The value of the stack's tag. Raises CommandError where the stack says none."""
    if "stack_tag" not in stack.outputs:
        raise CommandError("the stack has no output stack_tag; deploy it again")
    return str(stack.outputs["stack_tag"])


def _spent(client: Any, tag: str, period: Period) -> Spent:
    asked: dict[str, Any] = {
        "TimePeriod": {"Start": period.begin.isoformat(), "End": period.end.isoformat()},
        "Granularity": "DAILY",
        "Metrics": [_METRIC],
        "Filter": _filter(tag),
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
    }
    services: dict[str, float] = defaultdict(float)
    days: dict[str, float] = {}
    while True:
        answer = client.get_cost_and_usage(**asked)
        for result in answer["ResultsByTime"]:
            day = result["TimePeriod"]["Start"]
            for group in result["Groups"]:
                dollars = float(group["Metrics"][_METRIC]["Amount"])
                services[group["Keys"][0]] += dollars
                days[day] = days.get(day, 0.0) + dollars
            days.setdefault(day, 0.0)
        if not answer.get("NextPageToken"):
            return Spent(dict(sorted(services.items(), key=lambda item: -item[1])), days)
        asked["NextPageToken"] = answer["NextPageToken"]


def _forecast(client: Any, tag: str, spent: Spent) -> float | None:
    """Dollars of the whole present month: what it has cost, and what Cost Explorer expects; None where it cannot."""
    from botocore.exceptions import ClientError

    period = {"Start": _today().isoformat(), "End": _next_month(_today()).isoformat()}
    try:
        answer = client.get_cost_forecast(
            TimePeriod=period, Metric="UNBLENDED_COST", Granularity="MONTHLY", Filter=_filter(tag)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "DataUnavailableException":
            return None
        raise
    # The forecast begins with today.
    before = [dollars for day, dollars in spent.by_day.items() if f"{_today():%Y-%m}-01" <= day < period["Start"]]
    return sum(before) + float(answer["Total"]["Amount"])


def _explain_nothing(client: Any, tag: str) -> None:
    """Raise CommandError where the tag is why there is nothing; else nothing was used."""
    from botocore.exceptions import ClientError

    try:
        known = client.list_cost_allocation_tags(TagKeys=[STACK_TAG])["CostAllocationTags"]
    except ClientError as error:
        if _LINKED not in str(error):
            raise
        raise CommandError(
            f"Cost Explorer has no costs of {STACK_TAG}={tag}. This account is one of an organization's, whose "
            f"management account alone can see whether {STACK_TAG} is a cost allocation tag: docs/cost.md"
        ) from None
    if not known:
        raise CommandError(f"Cost Explorer does not know {STACK_TAG} yet; {_UNSEEN}")
    if known[0]["Status"] != "Active":
        raise CommandError(
            f"costs are not split by {STACK_TAG}, since it is not activated as a cost allocation tag; "
            "`rapid cost --activate` does it, once for all stacks of the account"
        )


@contextmanager
def _asked() -> Iterator[None]:
    """What goes wrong with Cost Explorer is a CommandError that says what to do."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message") or str(error)
        if _NOT_ENABLED in message.lower():
            fix = "open it once in the console of Billing and Cost Management; data are there a day later"
            raise CommandError(f"Cost Explorer is not enabled in this account; {fix}") from None
        if code.startswith("AccessDenied"):
            raise CommandError(f"Cost Explorer: {message}; docs/cost.md says what to allow") from None
        if code in ("DataUnavailableException", "BillExpirationException"):
            raise CommandError(f"Cost Explorer has no data of these days: {message}") from None
        raise CommandError(f"Cost Explorer: {message}") from None
    except BotoCoreError as error:
        raise CommandError(f"Cost Explorer cannot be asked: {error}") from None


def _budget(stack: Target) -> float | None:
    """The stack's budget in dollars a month; None where AWS does not show it."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        account = stack.client("sts").get_caller_identity()["Account"]
        found = stack.client("budgets").describe_budget(AccountId=account, BudgetName=stack.outputs["budget"])
    except (BotoCoreError, ClientError, KeyError):
        return None
    return float(found["Budget"]["BudgetLimit"]["Amount"])


def _estimated(tag: str, period: Period) -> dict[str, float]:
    """What the stack's estimate says for so many days, by service."""
    from .estimate import offer_of, parts_of
    from .stack_settings import settings_of

    settings = settings_of(tag.rpartition("/")[2])
    quote = offer_of(settings).quote(Load(), parts_of(settings))
    share = period.days / DAYS_A_MONTH
    return {service: dollars * share for service, dollars in quote.estimate.by_service.items()}


def _services(spent: Spent, estimated: Mapping[str, float]) -> Result:
    rows: list[tuple[str | None, ...]] = [
        (service, _figure(spent.by_service.get(service, 0.0)), _figure(estimated.get(service, 0.0)))
        for service in dict.fromkeys((*spent.by_service, *estimated))
        if spent.by_service.get(service) or estimated.get(service)
    ]
    rows.append(("total", _figure(spent.dollars), _figure(sum(estimated.values()))))
    columns = (Column("service", "varchar"), Column("cost", "double"), Column("estimate", "double"))
    return Result(columns, rows, 0)


def _days(spent: Spent) -> Result:
    rows: list[tuple[str | None, ...]] = [(day, _figure(dollars)) for day, dollars in sorted(spent.by_day.items())]
    rows.append(("total", _figure(spent.dollars)))
    return Result((Column("day", "varchar"), Column("cost", "double")), rows, 0)


def _figure(dollars: float) -> str:
    """Cents, and of what is less than one two digits."""
    if dollars >= 0.01 or not dollars:
        return f"{dollars:,.2f}"
    return f"{Decimal(f'{dollars:.2g}'):f}"


def _filter(tag: str) -> dict[str, Any]:
    return {"Tags": {"Key": STACK_TAG, "Values": [tag]}}


def _today() -> date:
    return datetime.now(UTC).date()


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
