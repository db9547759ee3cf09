"""`rapid cost`: what Cost Explorer says, and what AWS's refusals mean for a person."""

import datetime
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from typer.testing import CliRunner

from rapid.cli import cost
from rapid.cli.app import app

TODAY = datetime.date(2026, 3, 15)
TAG = "rapid-analytics/prod"
FILTER = {"Tags": {"Key": "rapid-analytics:stack", "Values": [TAG]}}


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def day(date: str, **services: float) -> dict[str, Any]:
    groups = [
        {"Keys": [name.replace("_", " ")], "Metrics": {"UnblendedCost": {"Amount": str(dollars), "Unit": "USD"}}}
        for name, dollars in services.items()
    ]
    return {"TimePeriod": {"Start": date, "End": "later"}, "Total": {}, "Groups": groups}


class Aws:
    """As much of AWS as the command sees of it; answers that are exceptions are raised."""

    def __init__(self) -> None:
        self.outputs = {"stack_tag": TAG, "budget": "budget-1"}
        self.pages: list[Any] = [[day("2026-03-14", AWS_Glue=2.5, Amazon_S3=0.25), day("2026-03-15", AWS_Glue=1.0)]]
        self.forecast: Any = 40.0
        self.tags: Any = [{"TagKey": "rapid-analytics:stack", "Status": "Active"}]
        self.limit: Any = 900
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def client(self, _service: str) -> "Aws":
        return self

    def _answer(self, name: str, asked: dict[str, Any], answer: Any) -> Any:
        self.asked.append((name, asked))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get_cost_and_usage(self, **asked: Any) -> dict[str, Any]:
        page = self._answer("costs", asked, self.pages.pop(0))
        return {"ResultsByTime": page, **({"NextPageToken": "more"} if self.pages else {})}

    def get_cost_forecast(self, **asked: Any) -> dict[str, Any]:
        return {"Total": {"Amount": str(self._answer("forecast", asked, self.forecast)), "Unit": "USD"}}

    def list_cost_allocation_tags(self, **asked: Any) -> dict[str, Any]:
        return {"CostAllocationTags": self._answer("tags", asked, self.tags)}

    def update_cost_allocation_tags_status(self, **asked: Any) -> dict[str, Any]:
        return self._answer("activate", asked, {"Errors": []})

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012"}

    def describe_budget(self, **asked: Any) -> dict[str, Any]:
        return {"Budget": {"BudgetLimit": {"Amount": str(self._answer("budget", asked, self.limit)), "Unit": "USD"}}}


@pytest.fixture
def aws(monkeypatch) -> Aws:
    found = Aws()
    monkeypatch.setattr(cost, "find", lambda: found)
    monkeypatch.setattr(cost, "_today", lambda: TODAY)
    monkeypatch.setattr(cost, "_estimated", lambda _tag, _period: {"AWS Glue": 6.0, "AWS KMS": 0.5, "AWS Budgets": 0.0})
    return found


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["cost", *words])


def rows(text: str) -> dict[str, list[str]]:
    return {line[:12].strip(): line.split()[-2:] for line in text.splitlines() if line.strip()}


def test_costs_of_the_month_stand_beside_the_estimate_by_service(aws) -> None:
    shown = run().stdout
    found = rows(shown)
    assert found["AWS Glue"] == ["3.50", "6.00"]
    assert found["Amazon S3"] == ["0.25", "0.00"]
    assert found["AWS KMS"] == ["0.00", "0.50"]
    assert found["total"] == ["3.75", "6.50"]
    assert "AWS Budgets" not in shown
    assert "Budget: $900.00 a month" in shown
    # The forecast is for the rest, today included: 2.75 until yesterday, and 40.
    assert "Forecast of this month: $42.75" in shown


def test_costs_are_asked_once_for_the_tag_and_the_month_until_today(aws) -> None:
    run()
    (asked,) = [asked for name, asked in aws.asked if name == "costs"]
    assert asked["TimePeriod"] == {"Start": "2026-03-01", "End": "2026-03-16"}
    assert asked["Filter"] == FILTER
    (forecast,) = [asked for name, asked in aws.asked if name == "forecast"]
    assert forecast["TimePeriod"] == {"Start": "2026-03-15", "End": "2026-04-01"}
    assert forecast["Filter"] == FILTER
    # Each question costs a cent: nothing else is asked of Cost Explorer.
    assert [name for name, _ in aws.asked] == ["costs", "forecast", "budget"]


@pytest.mark.parametrize(
    ("words", "period"),
    [
        (["--days", "1"], ("2026-03-15", "2026-03-16")),
        (["--days", "7"], ("2026-03-09", "2026-03-16")),
        (["--month", "2026-02"], ("2026-02-01", "2026-03-01")),
        (["--month", "2025-12"], ("2025-12-01", "2026-01-01")),
    ],
)
def test_other_days_or_another_month_can_be_asked_for(aws, words, period) -> None:
    run(*words)
    assert aws.asked[0][1]["TimePeriod"] == dict(zip(("Start", "End"), period, strict=True))


def test_a_month_that_is_over_has_no_forecast(aws) -> None:
    assert "Forecast" not in run("--month", "2026-02").stdout
    assert "forecast" not in [name for name, _ in aws.asked]


def test_costs_can_be_split_by_day(aws) -> None:
    found = {line.split()[0]: line.split()[-1] for line in run("--by", "day").stdout.splitlines() if line.strip()}
    assert (found["2026-03-14"], found["2026-03-15"], found["total"]) == ("2.75", "1.00", "3.75")


def test_answers_of_several_pages_are_read_to_their_end(aws) -> None:
    aws.pages.append([day("2026-03-15", AWS_Glue=10.0)])
    assert rows(run().stdout)["AWS Glue"][0] == "13.50"
    assert aws.asked[1][1]["NextPageToken"] == "more"


def test_json_has_all_of_it(aws) -> None:
    told = json.loads(run("--json").stdout)
    assert told["by_service"] == {"AWS Glue": 3.5, "Amazon S3": 0.25}
    assert told["by_day"] == {"2026-03-14": 2.75, "2026-03-15": 1.0}
    assert (told["dollars"], told["forecast_of_the_month_dollars"], told["budget_dollars"]) == (3.75, 42.75, 900)


def test_where_there_is_no_forecast_yet_it_is_said(aws) -> None:
    aws.forecast = refusal("DataUnavailableException", "Insufficient amount of historical data")
    done = run()
    assert done.exit_code == 0
    assert "Forecast of this month: none yet" in done.stdout


def test_a_budget_that_is_not_shown_stops_nothing(aws) -> None:
    aws.limit = refusal("AccessDeniedException", "no")
    done = run()
    assert done.exit_code == 0
    assert "Budget" not in done.stdout


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusal("AccessDeniedException", "User not enabled for cost explorer access"), "open it once in the console"),
        (refusal("AccessDeniedException", "User: x is not authorized to perform: ce:GetCostAndUsage"), "what to allow"),
        (refusal("DataUnavailableException", "Data is not available"), "has no data of these days"),
        (refusal("LimitExceededException", "slow down"), "Cost Explorer: slow down"),
        (NoCredentialsError(), "cannot be asked"),
    ],
)
def test_what_aws_refuses_is_one_line_with_what_to_do(aws, error, said) -> None:
    aws.pages = [error]
    done = run()
    assert done.exit_code == 1
    assert done.output.startswith("error: ")
    assert said in done.output
    assert len(done.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ([], "does not know rapid-analytics:stack yet"),
        ([{"TagKey": "rapid-analytics:stack", "Status": "Inactive"}], "`rapid cost --activate` does it"),
        (refusal("ValidationException", "Linked account doesn't have access to cost allocation tags."), "organization"),
    ],
    ids=["unseen", "inactive", "member account"],
)
def test_where_nothing_is_found_the_tag_may_be_why(aws, tags, said) -> None:
    aws.pages, aws.tags = [[day("2026-03-14")]], tags
    done = run()
    assert done.exit_code == 1
    assert said in done.output


def test_a_stack_that_cost_nothing_is_told_so(aws) -> None:
    aws.pages = [[day("2026-03-14")]]
    assert rows(run().stdout)["total"][0] == "0.00"


def test_the_tag_is_activated_on_demand(aws) -> None:
    assert run("--activate").exit_code == 0
    assert aws.asked == [
        ("activate", {"CostAllocationTagsStatus": [{"TagKey": "rapid-analytics:stack", "Status": "Active"}]})
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--month", "March"], "'March' is no month"),
        (["--month", "2026-04"], "has not begun"),
        (["--days", "3", "--month", "2026-02"], "--days and --month"),
        (["--days", "0"], "--days"),
        (["--by", "hour"], "--by"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_by_name(aws, words, said) -> None:
    done = run(*words)
    assert done.exit_code
    assert said in done.output


def test_a_stack_of_an_older_version_is_to_be_deployed_again(aws) -> None:
    aws.outputs = {}
    assert "no output stack_tag; deploy it again" in run().output
