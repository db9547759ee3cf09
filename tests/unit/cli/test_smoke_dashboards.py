"""What a smoke test says of dashboards and of what was imported for them."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from rapid.cli import dashboard_data
from rapid.cli.smoke import dashboards
from rapid.cli.smoke.checks import Checks, Result

ACCOUNT = "123456789012"
NOW = datetime.datetime(2026, 3, 14, tzinfo=datetime.UTC)
WELL = {"IngestionStatus": "COMPLETED", "RowInfo": {"TotalRowsInDataset": 1200}}
WITHOUT_ROWS = {"IngestionStatus": "COMPLETED", "RowInfo": {"TotalRowsInDataset": 0}}
ILL = {"IngestionStatus": "FAILED", "ErrorInfo": {"Type": "SQL_TABLE_NOT_FOUND", "Message": "orders_curated"}}
RUNNING = {"IngestionStatus": "RUNNING"}


class Shown:
    """A stack whose two dashboards share a data set: its imports, the last first, and what comes of another."""

    def __init__(self, before: Sequence[Mapping[str, Any]], then: Sequence[Mapping[str, Any]] = ()) -> None:
        self.masked_outputs: dict[str, Any] = {
            "operations_dashboard": "rapid-dev",
            "dashboard_ids": ["rapid-dev-restaurant", "rapid-dev-sales"],
        }
        self.status = "UPDATE_SUCCESSFUL"
        self.asked: list[str] = []
        self._before, self._then = before, list(then)

    def client(self, _service: str) -> "Shown":
        return self

    def get_dashboard(self, DashboardName: str) -> None:
        assert DashboardName == "rapid-dev"

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": ACCOUNT}

    def describe_dashboard(self, AwsAccountId: str, DashboardId: str) -> dict[str, Any]:
        assert AwsAccountId == ACCOUNT
        assert DashboardId in self.masked_outputs["dashboard_ids"]
        arns = [f"arn:aws:quicksight:us-east-1:{ACCOUNT}:dataset/rapid-dev-orders"]
        return {"Dashboard": {"Version": {"Status": self.status, "DataSetArns": arns}}}

    def get_paginator(self, name: str) -> "Shown":
        assert name == "list_ingestions"
        return self

    def paginate(self, AwsAccountId: str, DataSetId: str) -> list[dict[str, Any]]:
        assert (AwsAccountId, DataSetId) == (ACCOUNT, "rapid-dev-orders")
        times = [NOW - datetime.timedelta(hours=hours) for hours in range(len(self._before))]
        return [{"Ingestions": [{**it, "CreatedTime": at} for it, at in zip(self._before, times, strict=True)]}]

    def create_ingestion(self, AwsAccountId: str, DataSetId: str, IngestionId: str) -> None:
        assert AwsAccountId == ACCOUNT
        assert IngestionId.startswith("rapid-")
        self.asked.append(DataSetId)

    def describe_ingestion(self, AwsAccountId: str, DataSetId: str, IngestionId: str) -> dict[str, Any]:
        assert self.asked == [DataSetId]
        return {"Ingestion": self._then.pop(0)}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard_data, "_POLL_SECONDS", 0)


def seen(stack: Shown, *, named: bool = False) -> dict[str, tuple[Result, str]]:
    checks = Checks()
    dashboards.check(stack, checks, lambda _: None, named=named)
    return {check.name: (check.result, check.seen) for check in checks.all}


def test_dashboards_that_are_there_with_data_pass_and_nothing_is_imported() -> None:
    stack = Shown([RUNNING, WELL, ILL])
    assert seen(stack) == {
        "dashboards": (
            Result.OK,
            "CloudWatch rapid-dev, QuickSight rapid-dev-restaurant, QuickSight rapid-dev-sales",
        ),
        "dashboard data": (Result.OK, "1,200 rows in 1 data set"),
    }
    assert stack.asked == []


@pytest.mark.parametrize("before", [[], [RUNNING], [ILL, WELL], [WITHOUT_ROWS, WELL]])
def test_what_was_not_imported_the_last_time_is_imported_now(before: list[Mapping[str, Any]]) -> None:
    stack = Shown(before, [RUNNING, WELL])
    assert seen(stack)["dashboard data"] == (Result.OK, "1,200 rows in 1 data set")
    assert stack.asked == ["rapid-dev-orders"]


def test_of_named_sources_no_data_set_is_asked_for() -> None:
    assert "dashboard data" not in seen(Shown([ILL]), named=True)


def test_data_sets_without_rows_are_named() -> None:
    result = seen(Shown([], [WITHOUT_ROWS]))["dashboard data"]
    assert result == (Result.OK, "0 rows in 1 data set; without rows: rapid-dev-orders")


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        (ILL, "rapid-dev-orders was not imported: SQL_TABLE_NOT_FOUND: orders_curated"),
        (RUNNING, "the import of rapid-dev-orders has not ended after 0 s"),
    ],
)
def test_an_import_that_fails_or_does_not_end_fails_the_test(
    monkeypatch: pytest.MonkeyPatch, ended: Mapping[str, Any], told: str
) -> None:
    monkeypatch.setattr(dashboard_data, "IMPORT_SECONDS", 0)
    assert seen(Shown([ILL], [ended]))["dashboard data"] == (Result.FAILED, told)


def test_a_dashboard_that_could_not_be_made_fails() -> None:
    stack = Shown([WELL])
    stack.status = "CREATION_FAILED"
    assert seen(stack) == {
        "dashboards": (Result.FAILED, "the QuickSight dashboard rapid-dev-restaurant is in state CREATION_FAILED")
    }


def test_a_stack_without_dashboards_makes_no_check() -> None:
    stack = Shown([])
    stack.masked_outputs = {"dashboard_ids": []}
    assert seen(stack) == {"dashboards": (Result.NOT_MADE, "the stack has no dashboards")}
