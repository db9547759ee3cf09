"""Writes down each hour what CloudWatch and AWS Budgets know of the platform, as rows that dashboards ask for.

One object a day has the rows of its hours that ended, one a month what that cost. Each run writes the objects of today
and of the days before anew, so that a run that comes twice, late or never leaves no hour doubled, short or out:
CloudWatch keeps figures by the hour for 455 days
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention).
"""

import datetime
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import boto3
import figures

DAYS = 3
"""How many days a run writes, today included, unless its event says another number: what was late by a day, and a day
without any run, are made good."""
MAX_DAYS = 400
"""Of one run. Older rows are deleted, and older figures are hardly kept."""
_HOUR = datetime.timedelta(hours=1)
_BUCKET = os.environ["BUCKET"]


def handler(event: dict[str, Any], _context: Any) -> None:
    """Handle the call of a schedule, `{"time": "2026-03-14T18:05:00Z"}`; without a time it is now.

    `days` is for a person who calls it. Raises ValueError for one that cannot be.
    """
    moment, days = _moment(event.get("time")), _days(event.get("days", DAYS))
    until = moment.replace(minute=0, second=0, microsecond=0)
    first = until.replace(hour=0) - (days - 1) * 24 * _HOUR
    found = figures.by_hour(boto3.client("cloudwatch"), figures.asked(os.environ), first, until)
    s3, written = boto3.client("s3"), 0
    for number in range(days):
        start = first + number * 24 * _HOUR
        hours = [start + hour * _HOUR for hour in range(24) if start + hour * _HOUR < until]
        if hours:
            _put(s3, f"{os.environ['HOURS_PREFIX']}{start:%Y-%m-%d}", figures.rows(found, hours))
            written += len(hours)
    _put(s3, f"{os.environ['COSTS_PREFIX']}{moment:%Y-%m}", [_costs(moment)])
    print(json.dumps({"level": "INFO", "message": "written", "hours": written, "until": until.isoformat()}))


def _moment(text: str | None) -> datetime.datetime:
    if text is None:
        return datetime.datetime.now(datetime.UTC)
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)


def _days(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MAX_DAYS:
        raise ValueError(f"the event's days: {value!r} must be a whole number from 1 to {MAX_DAYS}")
    return value


def _costs(moment: datetime.datetime) -> dict[str, Any]:
    """What this month cost so far, what it is to cost at its end, and what it may; the forecast comes with time.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CalculatedSpend.html
    """
    asked = {"AccountId": os.environ["ACCOUNT_ID"], "BudgetName": os.environ["BUDGET"]}
    budget = boto3.client("budgets").describe_budget(**asked)["Budget"]
    spend = budget.get("CalculatedSpend", {})
    return {
        "day": f"{moment:%Y-%m-%d}",
        "budget": _dollars(budget["BudgetLimit"]),
        "spent": _dollars(spend.get("ActualSpend")),
        "forecast": _dollars(spend.get("ForecastedSpend")),
    }


def _dollars(amount: Mapping[str, str] | None) -> float | None:
    return float(amount["Amount"]) if amount else None


def _put(s3: Any, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write an object, in the place of the one before."""
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    s3.put_object(Bucket=_BUCKET, Key=f"{name}.json", Body=lines.encode(), ContentType="application/x-ndjson")
